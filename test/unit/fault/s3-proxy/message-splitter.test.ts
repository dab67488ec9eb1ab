// Messages of HTTP/1.1 in a stream that is cut anywhere: each is found, with all of its bytes and
// none of another's, those that were out already left out; what is no HTTP is said to be none.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MessageSplitter } from '../../../../src/fault/s3-proxy/message-splitter.ts';

interface Seen {
  readonly method: string;
  readonly target: string;
  readonly status: number;
  readonly isOut: boolean;
  bytes: string;
  isWhole: boolean;
}

function splitter(of: 'REQUEST' | 'RESPONSE', isBare = () => false) {
  const seen: Seen[] = [];
  const splits = new MessageSplitter(of, {
    head: ({ method, target, status, isOut }) => {
      seen.push({ method, target, status, isOut, bytes: '', isWhole: false });
      return isBare();
    },
    bytes: (bytes) => {
      (seen.at(-1) as Seen).bytes += bytes.toString('latin1');
    },
    end: () => {
      (seen.at(-1) as Seen).isWhole = true;
    },
  });
  return { seen, splits };
}

function chunked(pieces: readonly string[]): string {
  const frames = pieces.map((piece) => `${piece.length.toString(16)};a=b\r\n${piece}\r\n`).join('');
  return `Transfer-Encoding: chunked\r\n\r\n${frames}0\r\nx-amz-checksum-crc32: AAAAAA==\r\n\r\n`;
}

const body = fc.string({ unit: fc.constantFrom('\r', '\n', '0', 'a', '\xff', ' '), minLength: 1 });
const framed = fc.oneof(
  fc.constant('Content-Length: 0\r\n\r\n'),
  body.map((text) => `Content-Length: ${text.length}\r\n\r\n${text}`),
  fc.array(body).map(chunked),
);
const request = fc
  .tuple(fc.constantFrom('GET', 'PUT', 'POST', 'DELETE'), framed)
  .map(([method, rest]) => `${method} /b/${method} HTTP/1.1\r\nHost: h\r\n${rest}`);

/** Takes all of it, cut at these places. */
function takeCut(splits: MessageSplitter, text: string, cuts: readonly number[], isOut = false) {
  const places = [...new Set(cuts.map((cut) => cut % text.length))].toSorted((a, b) => a - b);
  let from = 0;
  for (const to of [...places, text.length]) {
    if (to > from && !splits.take(Buffer.from(text.slice(from, to), 'latin1'), isOut)) return false;
    from = to;
  }
  return true;
}

describe('messages', () => {
  test('of requests one after another, wherever they are cut', () => {
    fc.assert(
      fc.property(fc.array(request, { minLength: 1 }), fc.array(fc.nat()), (messages, cuts) => {
        const { seen, splits } = splitter('REQUEST');
        expect(takeCut(splits, messages.join(''), cuts)).toBe(true);
        expect(seen.map(({ bytes }) => bytes)).toEqual(messages);
        expect(seen.every(({ isWhole, isOut }) => isWhole && !isOut)).toBe(true);
        expect(seen.map(({ target }) => target)).toEqual(seen.map(({ method }) => `/b/${method}`));
        expect([splits.isBetween, splits.isHolding]).toEqual([true, false]);
      }),
    );
  });

  test('that are out are counted, and not given again', () => {
    fc.assert(
      fc.property(fc.array(request, { minLength: 1 }), fc.array(fc.nat()), (messages, cuts) => {
        const { seen, splits } = splitter('REQUEST');
        expect(takeCut(splits, messages.join(''), cuts, true)).toBe(true);
        expect(seen.map(({ bytes }) => bytes).join('')).toBe('');
        expect(seen.filter(({ isWhole, isOut }) => isWhole && isOut)).toHaveLength(messages.length);
      }),
    );
  });

  test('a head of which the first half is out is given from there on', () => {
    const { seen, splits } = splitter('REQUEST');
    splits.take(Buffer.from('HEAD /b/k HT'), true);
    expect([splits.isBetween, splits.isHolding]).toEqual([false, false]);
    splits.take(Buffer.from('TP/1.1\r\n\r\nHEAD /b/l HTTP/1.1\r\n\r\n'), false);
    expect(seen).toMatchObject([
      { isOut: true, bytes: 'TP/1.1\r\n\r\n' },
      { isOut: false, bytes: 'HEAD /b/l HTTP/1.1\r\n\r\n' },
    ]);
  });

  test('of answers: interim ones, those to HEAD, and one that lasts until the end', () => {
    const isBare = [false, true, false, false];
    const { seen, splits } = splitter('RESPONSE', () => isBare.shift() ?? false);
    const answers = [
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 512\r\n\r\n',
      'HTTP/1.1 204 No Content\r\n\r\n',
      'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nwithout an end',
    ];
    expect(takeCut(splits, answers.join(''), [3, 40, 99])).toBe(true);
    expect(seen.map(({ bytes }) => bytes)).toEqual(answers);
    expect(seen.map(({ status }) => status)).toEqual([100, 200, 204, 200]);
    expect(seen.map(({ isWhole }) => isWhole)).toEqual([true, true, true, false]);
  });

  test('a body much longer than any head may be', () => {
    const { seen, splits } = splitter('REQUEST');
    const text = `PUT /b/k HTTP/1.1\r\nContent-Length: 3000000\r\n\r\n${'x'.repeat(3e6)}`;
    expect(takeCut(splits, text, [100, 2_999_000])).toBe(true);
    expect(seen).toMatchObject([{ isWhole: true }]);
    expect(takeCut(splits, 'HEAD / HTTP/1.1\r\n\r\n', [])).toBe(true);
    expect(seen).toHaveLength(2);
  });
});

test('what is no HTTP/1.1, and a head without an end', () => {
  expect(takeCut(splitter('REQUEST').splits, 'SSH-2.0-client\r\n', [])).toBe(false);
  expect(takeCut(splitter('RESPONSE').splits, '+OK ready\r\n', [])).toBe(false);
  const { seen, splits } = splitter('REQUEST');
  const line = `X-Long: ${'x'.repeat(1000)}\r\n`;
  const head = `GET / HTTP/1.1\r\n${line.repeat(2000)}`;
  expect(takeCut(splits, head, [1000, 500_000, 1_000_000, 1_500_000])).toBe(false);
  expect(seen).toEqual([]);
});

test('any bytes, in any pieces, are no error of ours', () => {
  const bytes = fc.uint8Array({ minLength: 1 });
  fc.assert(
    fc.property(fc.constantFrom('REQUEST', 'RESPONSE'), fc.array(bytes), (of, chunks) => {
      const { splits } = splitter(of);
      for (const chunk of chunks) if (!splits.take(Buffer.from(chunk), false)) return;
    }),
  );
});
