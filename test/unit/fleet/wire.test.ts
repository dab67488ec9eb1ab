// What crosses to a guest comes out as it went in: bytes, large integers, boards that stay shared.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Boards, fromLine, lineReader, sharedBoard, toLine } from '../../../src/fleet/wire.ts';

type Board = ReturnType<typeof sharedBoard>;

const NO_BOARDS: Boards = {
  numberOf: () => {
    throw new Error('no board was meant');
  },
  boardOf: () => {
    throw new Error('no board was meant');
  },
};

/** Both sides in one: the first board that is sent is the one that comes out. */
function oneSide(): Boards {
  const known = new Map<number, Board>();
  return {
    numberOf: () => 1,
    boardOf: (number, values) => {
      const board = known.get(number) ?? sharedBoard(values);
      known.set(number, board);
      return board;
    },
  };
}

describe('a line', () => {
  test('brings back plain data, bytes and large integers', () => {
    const leaf = fc.oneof(
      fc.integer(),
      fc.string(),
      fc.boolean(),
      fc.bigInt(),
      fc.uint8Array({ maxLength: 64 }),
      fc.constant(null),
    );
    const message = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,8}$/),
      fc.oneof(leaf, fc.array(leaf, { maxLength: 5 })),
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(message, (sent) => {
        const line = toLine(sent, NO_BOARDS);
        expect(line.indexOf('\n')).toBe(line.length - 1);
        expect(fromLine(line, NO_BOARDS)).toEqual(sent);
      }),
    );
  });

  test('takes a Buffer for its bytes, and gives memory of its own', () => {
    const sent = Buffer.from([0, 255, 10, 13]);
    const { bytes } = fromLine(toLine({ bytes: sent }, NO_BOARDS), NO_BOARDS) as {
      bytes: Uint8Array;
    };
    expect([...bytes]).toEqual([0, 255, 10, 13]);
    expect(bytes.buffer.byteLength).toBe(4);
  });

  test('makes one board of one board, however often it crosses', () => {
    const boards = oneSide();
    const board = sharedBoard([1, 2, 3]);
    const line = toLine({ a: board, b: board }, boards);
    const { a, b } = fromLine(line, boards) as { a: Board; b: Board };
    expect([...a]).toEqual([1, 2, 3]);
    expect(a.buffer).toBe(b.buffer);
    expect(a.buffer).not.toBe(board.buffer);
  });
});

test('lines are whole, however their bytes were cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string().map((text) => text.replaceAll('\n', ''))),
      fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
      (lines, cuts) => {
        const taken: string[] = [];
        const read = lineReader((line) => taken.push(line));
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''), 'utf8');
        for (let at = 0; at < bytes.length; ) {
          const length = cuts.next().value as number;
          read(bytes.subarray(at, at + length));
          at += length;
        }
        expect(taken).toEqual(lines);
      },
    ),
  );
});
