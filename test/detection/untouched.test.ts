// `untouched`: the read returned success and never filled the buffer, so its poison is still there.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStampKernel } from '../../src/stamp/kernel.ts';
import {
  blocksObservation,
  cleanFiles,
  damageOf,
  encoded,
  garbage,
  kindsOf,
  placesOf,
  replaced,
  streams,
  unitObservation,
} from './planting.ts';

const kernel = createStampKernel(65_536);

function poisoned(bytes: Uint8Array, at: number, length: number, strideBytes: number): Uint8Array {
  kernel.memory.set(bytes.subarray(at, at + length));
  kernel.poison(0, length, strideBytes);
  return replaced(bytes, at, kernel.memory.slice(0, length));
}

describe('planted', () => {
  it('every word poisoned: sectors that were not filled', () => {
    fc.assert(
      fc.property(cleanFiles(), fc.nat(), fc.integer({ min: 1, max: 8 }), (clean, n, sectors) => {
        const length = Math.min(512 * sectors, clean.bytes.length);
        const at = Math.min((n % (clean.bytes.length / 512)) * 512, clean.bytes.length - length);
        const bytes = poisoned(clean.bytes, at, length, 8);
        const damage = damageOf(blocksObservation(clean, bytes));
        expect(placesOf(damage)).toEqual([['untouched', at, length]]);
      }),
    );
  });

  it('the last word of each sector poisoned, the rest left over from an earlier read', () => {
    fc.assert(
      fc.property(streams('stamp', [4096, 16_384]), fc.nat(), (stream, seed) => {
        const size = stream.blockBytes;
        for (const leftover of [encoded(stream, 0, 1, 4), garbage(size, seed)]) {
          const bytes = poisoned(leftover, 0, size, 512);
          const unit = { block: 0, acknowledged: 9, started: 9 };
          const damage = damageOf(unitObservation(stream, bytes, unit));
          expect(placesOf(damage)).toEqual([['untouched', 0, size]]);
        }
      }),
    );
  });
});

describe('near-miss', () => {
  it('a sector that ends with something else is not untouched', () => {
    fc.assert(
      fc.property(cleanFiles(), fc.nat(), fc.nat(), (clean, n, seed) => {
        const at = (n % (clean.bytes.length / 512)) * 512;
        const bytes = replaced(clean.bytes, at, garbage(512, seed));
        expect(kindsOf(damageOf(blocksObservation(clean, bytes)))).not.toContain('untouched');
      }),
    );
  });
});
