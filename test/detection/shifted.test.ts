// `shifted` with what stands at its joint: `missing` (bytes were taken out), `extra` (bytes were
// put in) or `duplicated` (a part stands there twice).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blocksObservation, cleanFiles, damageOf, garbage, joined, placesOf } from './planting.ts';

const files = () => cleanFiles('stamp', [512, 4096]);
/** What is cut inside a header loses what says its time, so that some bytes of it are in doubt. */
const inHeader = (at: number, blockBytes: number) => at % blockBytes > 0 && at % blockBytes < 64;
/** Away from the last block, so that there is something left to be displaced. */
const place = (bytes: Uint8Array, blockBytes: number, n: number) =>
  n % (bytes.length - 2 * blockBytes);

describe('planted', () => {
  it('a deletion: missing at the joint, then shifted to the end', () => {
    fc.assert(
      fc.property(files(), fc.nat(), fc.integer({ min: 1, max: 700 }), (clean, n, count) => {
        const size = clean.stream.blockBytes;
        const at = place(clean.bytes, size, n);
        fc.pre(at + count + 600 < clean.bytes.length);
        fc.pre(!inHeader(at, size) && !inHeader(at + count, size));
        const bytes = joined(clean.bytes.subarray(0, at), clean.bytes.subarray(at + count));
        const damage = damageOf(blocksObservation(clean, bytes));
        const joint = firstDifference(bytes, clean.bytes);
        expect(placesOf(damage)).toEqual([
          ['missing', joint, count],
          ['shifted', joint, bytes.length - joint],
        ]);
        expect(damage[1]?.from?.offset).toBe(joint + count);
      }),
    );
  });

  it('an insertion of foreign bytes: extra at the joint, then shifted to the end', () => {
    fc.assert(
      fc.property(files(), fc.nat(), fc.integer({ min: 16, max: 700 }), (clean, n, count) => {
        const size = clean.stream.blockBytes;
        const at = place(clean.bytes, size, n);
        fc.pre(!inHeader(at, size));
        const inserted = garbage(count, n);
        // What equals the neighbours by chance moves the joint, so the edges are made to differ.
        inserted[0] = (clean.bytes[at] as number) ^ 0x55;
        inserted[count - 1] = at > 0 ? (clean.bytes[at - 1] as number) ^ 0xaa : 1;
        const bytes = joined(clean.bytes.subarray(0, at), inserted, clean.bytes.subarray(at));
        const damage = damageOf(blocksObservation(clean, bytes));
        expect(placesOf(damage)).toEqual([
          ['extra', at, count],
          ['shifted', at + count, clean.bytes.length - at],
        ]);
        expect(damage[1]?.from?.offset).toBe(at);
      }),
    );
  });

  it('a part twice: duplicated, then shifted to the end', () => {
    fc.assert(
      fc.property(files(), fc.nat(), fc.integer({ min: 32, max: 2048 }), (clean, n, count) => {
        const size = clean.stream.blockBytes;
        const from = place(clean.bytes, size, n);
        fc.pre(from + count + 600 < clean.bytes.length);
        fc.pre(!inHeader(from, size) && !inHeader(from + count, size));
        const end = from + count;
        const bytes = joined(clean.bytes.subarray(0, end), clean.bytes.subarray(from));
        const joint = firstDifference(bytes, clean.bytes);
        // Headers begin alike: there the joint is the start of the block.
        fc.pre(!inHeader(joint, size));
        const damage = damageOf(blocksObservation(clean, bytes));
        expect(placesOf(damage)).toEqual([
          ['duplicated', joint, count],
          ['shifted', joint + count, bytes.length - joint - count],
        ]);
        expect(damage[0]?.from?.offset).toBe(joint - count);
      }),
    );
  });

  it('within a window whose length is right: what ran out at the end is not extra', () => {
    fc.assert(
      fc.property(files(), fc.nat(), fc.integer({ min: 1, max: 500 }), (clean, n, count) => {
        const size = clean.stream.blockBytes;
        const at = place(clean.bytes, size, n);
        fc.pre(!inHeader(at, size));
        const long = joined(
          clean.bytes.subarray(0, at),
          garbage(count, n),
          clean.bytes.subarray(at),
        );
        const bytes = long.slice(0, clean.bytes.length);
        const kinds = damageOf(blocksObservation(clean, bytes)).map((one) => one.kind);
        expect(kinds).toContain('shifted');
        expect(kinds).not.toContain('missing');
        expect(kinds.at(-1)).toBe('shifted');
      }),
    );
  });
});

describe('near-miss', () => {
  it('a file that ends early is missing its end, and nothing is shifted', () => {
    fc.assert(
      fc.property(files(), fc.nat(), (clean, n) => {
        const length = n % clean.bytes.length;
        const damage = damageOf(blocksObservation(clean, clean.bytes.slice(0, length)));
        expect(placesOf(damage)).toEqual([['missing', length, clean.bytes.length - length]]);
      }),
    );
  });

  it('a file that goes on has extra bytes, and nothing is shifted', () => {
    fc.assert(
      fc.property(files(), fc.integer({ min: 1, max: 3000 }), fc.nat(), (clean, count, seed) => {
        const bytes = joined(clean.bytes, garbage(count, seed));
        const damage = damageOf(blocksObservation(clean, bytes));
        expect(placesOf(damage)).toEqual([['extra', clean.bytes.length, count]]);
      }),
    );
  });

  it('a block replaced by its neighbour is misdirected, not shifted or duplicated', () => {
    fc.assert(
      fc.property(files(), (clean) => {
        const size = clean.stream.blockBytes;
        const bytes = clean.bytes.slice();
        bytes.set(clean.bytes.subarray(0, size), size);
        expect(placesOf(damageOf(blocksObservation(clean, bytes)))).toEqual([
          ['misdirected', size, size],
        ]);
      }),
    );
  });
});

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  let at = 0;
  while (a[at] === b[at]) at++;
  return at;
}
