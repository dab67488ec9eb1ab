// Bodies of S3: the payload inside aws-chunked frames, the lists of parts and keys in XML, headers
// that keep their order and case, and answers made from what an object held before.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { payloadViews, putBack } from '../../../../src/fault/s3-proxy/aws-chunks.ts';
import { DelayedParts, sendingOrder } from '../../../../src/fault/s3-proxy/delayed-parts.ts';
import { EarlierObjects } from '../../../../src/fault/s3-proxy/earlier-objects.ts';
import { deletedKeys } from '../../../../src/fault/s3-proxy/learn.ts';
import { forwarded, headerOf, withValue } from '../../../../src/fault/s3-proxy/raw-headers.ts';
import { partNumbers, Uploads, withoutParts } from '../../../../src/fault/s3-proxy/uploads.ts';

const MIB = 2 ** 20;
const signature = ';chunk-signature=0123456789abcdef';

function framed(chunks: readonly Uint8Array[], trailer = 'x-amz-checksum-crc32:AAAAAA==\r\n') {
  const frames = chunks.flatMap((chunk) => [
    Buffer.from(`${chunk.length.toString(16)}${signature}\r\n`),
    chunk,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...frames, Buffer.from(`0${signature}\r\n${trailer}\r\n`)]);
}

describe('aws-chunked', () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 6 });

  test('the payload is found, and put back changed without touching a frame', () => {
    fc.assert(
      fc.property(chunks, (pieces) => {
        const body = framed(pieces);
        const views = payloadViews(body) as Buffer[];
        const payload = Buffer.concat(views);
        expect(payload).toEqual(Buffer.concat(pieces));
        for (const [at, byte] of payload.entries()) payload[at] = byte ^ 0xff;
        putBack(payload, views);
        expect(body).toEqual(framed(pieces.map((piece) => piece.map((byte) => byte ^ 0xff))));
      }),
    );
  });

  test('frames that are not as they should be', () => {
    const body = framed([new Uint8Array(20)]);
    expect(payloadViews(body.subarray(0, 60))).toBeNull();
    expect(payloadViews(Buffer.from('plain bytes'))).toBeNull();
    expect(payloadViews(Buffer.from('zz\r\nxx\r\n'))).toBeNull();
    expect(payloadViews(Buffer.from('5\r\nabcdefgh\r\n0\r\n\r\n'))).toBeNull();
  });
});

test('parts and keys in XML', () => {
  const xml =
    '<CompleteMultipartUpload><Part><ETag>"a"</ETag><PartNumber>1</PartNumber></Part>' +
    '<Part>\n<PartNumber> 2 </PartNumber></Part></CompleteMultipartUpload>';
  expect(partNumbers(xml)).toEqual([1, 2]);
  expect(partNumbers(withoutParts(xml, new Set([1])))).toEqual([2]);
  expect(withoutParts(xml, new Set())).toBe(xml);
  const keys =
    '<Delete><Object><Key>a&amp;b</Key></Object><Object><Key>&#x63;&#100;</Key></Object>';
  expect(deletedKeys(`${keys}</Delete>`)).toEqual(['a&b', 'cd']);
});

test('parts of one length have offsets, and lost ones are known until they are kept', () => {
  const uploads = new Uploads();
  expect(uploads.offsetOf('u', 1, 500)).toBe(0);
  expect(uploads.offsetOf('u', 3, 100)).toBe(1000);
  uploads.lose('u', 3);
  expect([...uploads.lostOf('u')]).toEqual([3]);
  uploads.keep('u', 3);
  expect([...uploads.lostOf('u'), ...uploads.lostOf('other'), ...uploads.lostOf(null)]).toEqual([]);
});

test('parts that are sent later go in their order or in reverse, and within a limit', () => {
  const delayed = new DelayedParts();
  const part = (partNumber: number, bytes: number, isReversed = false) => {
    const body = Buffer.alloc(bytes);
    return { partNumber, target: '/', headers: [], body, content: body, isReversed };
  };
  const numbers = (parts: ReturnType<typeof sendingOrder>) => parts.map((each) => each.partNumber);
  expect([delayed.isEmpty, delayed.has('u'), delayed.has(null)]).toEqual([true, false, false]);
  for (const number of [3, 1, 2, 3]) delayed.hold('u', part(number, 10 * MIB));
  delayed.hold('v', part(1, 30 * MIB, true));
  delayed.hold('v', part(2, 1, true));
  expect([delayed.hasRoom(4 * MIB), delayed.hasRoom(3 * MIB)]).toEqual([false, true]);
  delayed.forget('u', 1);
  expect(delayed.hasRoom(13 * MIB)).toBe(true);
  expect(numbers(sendingOrder(delayed.take('u')))).toEqual([2, 3]);
  expect(numbers(sendingOrder(delayed.take('v')))).toEqual([2, 1]);
  expect([delayed.isEmpty, delayed.take('v'), delayed.hasRoom(64 * MIB)]).toEqual([true, [], true]);
});

test('headers keep their order and case; those of the connection are left out', () => {
  const headers = ['Host', 'h:1', 'Connection', 'close', 'X-A', '1', 'x-a', '2', 'ETag', '"e"'];
  expect(headerOf(headers, 'x-a')).toBe('1');
  expect(headerOf(headers, 'absent')).toBeNull();
  expect(forwarded(headers, 'x-a')).toEqual(['Host', 'h:1', 'ETag', '"e"']);
  expect(withValue(headers, 'etag', '"f"').at(-1)).toBe('"f"');
});

describe('earlier objects', () => {
  test('ranges of what was there before', () => {
    const objects = new EarlierObjects(1000);
    objects.put('/b/k', Buffer.from('0123456789'), '"old"');
    expect(objects.answer('/b/k', null, false)).toBeNull();
    objects.put('/b/k', Buffer.from('new'), '"new"');
    const said = (range: string | null, isHead = false) => {
      const { status, headers, body } = objects.answer('/b/k', range, isHead) ?? {};
      const range206 = headers?.[headers.indexOf('Content-Range') + 1];
      return [status, String(body), headers?.includes('Content-Range') ? range206 : null];
    };
    expect(said(null)).toEqual([200, '0123456789', null]);
    expect(said(null, true)).toEqual([200, '', null]);
    expect(said('bytes=2-4')).toEqual([206, '234', 'bytes 2-4/10']);
    expect(said('bytes=8-')).toEqual([206, '89', 'bytes 8-9/10']);
    expect(said('bytes=-3')).toEqual([206, '789', 'bytes 7-9/10']);
    expect(said('bytes=10-12')).toEqual([416, '', 'bytes */10']);
  });

  test('a limit of memory, and what is not known', () => {
    const objects = new EarlierObjects(100);
    for (const key of ['/a', '/b']) {
      objects.put(key, Buffer.alloc(20), '"1"');
      objects.put(key, Buffer.alloc(20), '"2"');
    }
    expect([objects.has('/a'), objects.has('/b')]).toEqual([true, true]);
    objects.put('/c', Buffer.alloc(40), '"1"');
    expect([objects.has('/a'), objects.has('/b')]).toEqual([false, true]);
    objects.put('/b', null, '');
    expect(objects.has('/b')).toBe(false);
    objects.deleted('/c');
    expect(objects.has('/c')).toBe(true);
    objects.clear();
    expect(objects.has('/c')).toBe(false);
  });
});
