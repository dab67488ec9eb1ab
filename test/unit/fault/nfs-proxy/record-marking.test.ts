// However records are cut into fragments and the stream into chunks, the bytes that leave are those
// that came, in their order, and what was wanted was held whole.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HELD_BYTES_MAX,
  marked,
  RecordSplitter,
} from '../../../../src/fault/nfs-proxy/record-marking.ts';

const HEAD_BYTES = 8;

/** Records that begin with 1 are wanted. */
function split(chunks: readonly Buffer[], waits = false) {
  const out: Buffer[] = [];
  const held: Buffer[] = [];
  const asked: number[] = [];
  const splitter: RecordSplitter = new RecordSplitter(HEAD_BYTES, {
    wants(head, lengthBytes) {
      asked.push(lengthBytes);
      return head[0] === 1;
    },
    pass: (bytes) => out.push(Buffer.from(bytes)),
    held({ raw, body }) {
      expect(splitter.isBetween).toBe(true);
      out.push(Buffer.from(raw));
      held.push(Buffer.from(body));
    },
    waits,
    between() {
      if (waits) out.push(Buffer.from('BETWEEN'));
    },
  });
  for (const chunk of chunks) splitter.push(chunk);
  return { out: Buffer.concat(out), held, asked, splitter };
}

function inChunks(stream: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (stream.length + 1)))].sort((a, b) => a - b);
  const edges = [0, ...places, stream.length];
  return edges.slice(1).map((edge, index) => stream.subarray(edges[index], edge));
}

const RECORD = fc.record({
  body: fc
    .tuple(fc.constantFrom(0, 1), fc.uint8Array({ maxLength: 60 }))
    .map(([first, rest]) => Buffer.from([first, ...rest])),
  fragmentBytes: fc.integer({ min: 1, max: 70 }),
});
const CUTS = fc.array(fc.nat(5000), { maxLength: 40 });

describe('a stream of records', () => {
  it('leaves as it came, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(RECORD, { maxLength: 12 }), CUTS, (records, cuts) => {
        const stream = Buffer.concat(
          records.flatMap(({ body, fragmentBytes }) => marked([body], fragmentBytes)),
        );
        const { out, held } = split(inChunks(stream, cuts));
        expect(out.equals(stream)).toBe(true);
        // A first fragment shorter than a head is held too: it does not tell what it begins.
        const wanted = records.filter(({ body }) => body[0] === 1).map(({ body }) => body);
        const ofWanted = held.filter((body) => body[0] === 1);
        expect(ofWanted).toEqual(wanted);
      }),
    );
  });

  it('is asked of once for each record', () => {
    fc.assert(
      fc.property(fc.nat(60), CUTS, (bytes, cuts) => {
        const body = Buffer.alloc(bytes + HEAD_BYTES, 1);
        const stream = Buffer.concat([...marked([body]), ...marked([body])]);
        expect(split(inChunks(stream, cuts)).asked).toEqual([body.length, body.length]);
      }),
    );
  });

  it('is never spoken into within a record', () => {
    fc.assert(
      fc.property(fc.array(RECORD, { maxLength: 8 }), CUTS, (records, cuts) => {
        const parts = records.map(({ body, fragmentBytes }) => {
          return Buffer.concat(marked([body], fragmentBytes));
        });
        const { out } = split(inChunks(Buffer.concat(parts), cuts), true);
        let rest = out;
        for (const part of [...parts, Buffer.alloc(0)]) {
          while (rest.subarray(0, 7).toString() === 'BETWEEN') rest = rest.subarray(7);
          expect(rest.subarray(0, part.length).equals(part)).toBe(true);
          rest = rest.subarray(part.length);
        }
        expect(rest.length).toBe(0);
      }),
    );
  });

  it('says that a record is not over', () => {
    const record = Buffer.concat(marked([Buffer.alloc(40)]));
    const { splitter } = split([record.subarray(0, 30)]);
    expect(splitter.isBetween).toBe(false);
    splitter.push(record.subarray(30));
    expect(splitter.isBetween).toBe(true);
  });

  it('passes what is too large to be held', () => {
    const mark = Buffer.alloc(4);
    mark.writeUInt32BE(0x8000_0000 + HELD_BYTES_MAX + 1);
    const { out, held, asked } = split([mark, Buffer.alloc(100, 1)]);
    expect(out.length).toBe(104);
    expect(held).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('passes a held record whose fragments become too many', () => {
    const fragment = Buffer.alloc(4 + 2 ** 20, 1);
    fragment.writeUInt32BE(2 ** 20);
    const { out, held } = split(Array.from({ length: 66 }, () => fragment));
    expect(held).toEqual([]);
    expect(out.length).toBe(66 * fragment.length);
  });
});

describe('a record that is sent', () => {
  it('has the least number of fragments of a size', () => {
    const parts = marked([Buffer.from('abc'), Buffer.from('defg')], 3);
    expect(Buffer.concat(parts).toString('latin1')).toBe(
      '\0\0\0\u0003abc\0\0\0\u0003def\u0080\0\0\u0001g',
    );
  });
});
