// The stamp of messages, of any length: each is known again, cut short it is known as far as it is
// long, and any piece of it, anywhere in a delivery, is found.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type MessageStream,
  messageTotal,
  tellableNumbers,
} from '../../../src/domain/message-stream.ts';
import { messageBytes, messageParts, numberIn, wholeMessage } from '../../../src/stamp/message.ts';

const STREAM = fc.record({
  tag: fc.nat(2 ** 31),
  senders: fc.integer({ min: 1, max: 5 }),
  count: fc.integer({ min: 1, max: 500 }),
  lengthBytes: fc.oneof(fc.nat(40), fc.nat(3000)),
});

function withNumber(): fc.Arbitrary<[MessageStream, number]> {
  return STREAM.chain((stream) => fc.tuple(fc.constant(stream), fc.nat(messageTotal(stream) - 1)));
}

const joined = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

describe('a whole message', () => {
  test('has its length and says its number as far as it is long', () => {
    fc.assert(
      fc.property(withNumber(), ([stream, number]) => {
        const bytes = messageBytes(stream, number);
        expect(bytes.length).toBe(stream.lengthBytes);
        expect(wholeMessage(stream, bytes)).toBe(number % tellableNumbers(stream));
        expect(numberIn(bytes)).toBe(number % tellableNumbers(stream));
      }),
    );
  });

  test('of 8 bytes or more is whole no longer when a bit changes, nor of another trial', () => {
    fc.assert(
      fc.property(withNumber(), fc.nat(), fc.nat(7), ([stream, number], at, bit) => {
        fc.pre(stream.lengthBytes >= 8);
        const bytes = messageBytes(stream, number).slice();
        bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ (1 << bit);
        expect(wholeMessage(stream, bytes)).toBe(-1);
        const other = { ...stream, tag: stream.tag + 1 };
        expect(wholeMessage(other, messageBytes(stream, number))).toBe(-1);
      }),
    );
  });

  test('is none that is longer, shorter, or beyond the last', () => {
    const stream = { tag: 7, senders: 2, count: 10, lengthBytes: 100 };
    const bytes = messageBytes(stream, 3);
    expect(wholeMessage(stream, bytes.subarray(1))).toBe(-1);
    expect(wholeMessage(stream, joined(bytes, bytes.subarray(0, 1)))).toBe(-1);
    expect(wholeMessage(stream, messageBytes(stream, 20))).toBe(-1);
  });
});

describe('the parts of a delivery', () => {
  test('two messages one after the other are both found, each from end to end', () => {
    fc.assert(
      fc.property(withNumber(), fc.nat(), ([stream, one], draw) => {
        fc.pre(stream.lengthBytes >= 8);
        const other = draw % messageTotal(stream);
        const bytes = joined(messageBytes(stream, one), messageBytes(stream, other));
        const { lengthBytes } = stream;
        expect(messageParts(stream, bytes)).toEqual([
          { number: one, from: 0, to: lengthBytes, inside: 0 },
          { number: other, from: lengthBytes, to: 2 * lengthBytes, inside: 0 },
        ]);
      }),
    );
  });

  test('a piece of the body is found after any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.nat(8), (before, skipped) => {
        const stream = { tag: 7, senders: 2, count: 10, lengthBytes: 200 };
        const piece = messageBytes(stream, 13).subarray(32 + 8 * skipped);
        const parts = messageParts(stream, joined(before, piece));
        expect(parts.at(-1)).toMatchObject({ number: 13, to: before.length + piece.length });
      }),
    );
  });

  test('whatever the bytes are, parts are in them, in order, and right', () => {
    fc.assert(
      fc.property(STREAM, fc.uint8Array({ maxLength: 300 }), (stream, bytes) => {
        let end = 0;
        for (const { number, from, to, inside } of messageParts(stream, bytes)) {
          expect(from).toBeGreaterThanOrEqual(end);
          expect(to).toBeGreaterThan(from);
          const meant = messageBytes(stream, number).subarray(inside, inside + to - from);
          expect(Buffer.compare(bytes.subarray(from, to), meant)).toBe(0);
          end = to;
        }
        expect(end).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});
