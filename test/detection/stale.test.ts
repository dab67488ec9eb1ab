// `stale`: an older generation of the same place, in blocks and in units that nobody is rewriting.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blocksObservation,
  cleanFile,
  cleanFiles,
  damageOf,
  encoded,
  kindsOf,
  placesOf,
  replaced,
  streams,
  unitObservation,
} from './planting.ts';

const PATTERNS_WITH_GENERATIONS = ['stamp', 'counter', 'text', 'random', 'walking'] as const;

describe('planted', () => {
  it.each(PATTERNS_WITH_GENERATIONS)('whole blocks of pattern %s', (pattern) => {
    fc.assert(
      fc.property(
        cleanFiles(pattern),
        fc.nat(),
        fc.integer({ min: 1, max: 9 }),
        (clean, n, back) => {
          const size = clean.stream.blockBytes;
          const block = n % clean.blocks;
          const generation = Math.max(0, clean.generation - back);
          const old = encoded(clean.stream, block, 1, generation);
          const bytes = replaced(clean.bytes, block * size, old);
          const damage = damageOf(blocksObservation(clean, bytes));
          expect(placesOf(damage)).toEqual([['stale', block * size, size]]);
          expect(damage[0]?.from).toMatchObject({ generation, offset: block * size });
        },
      ),
    );
  });

  it('sectors inside blocks, without a header', () => {
    fc.assert(
      fc.property(
        cleanFiles('stamp', [4096, 16_384]),
        fc.nat(),
        fc.integer({ min: 1, max: 9_000 }),
        (clean, n, back) => {
          const size = clean.stream.blockBytes;
          const at = (n % clean.blocks) * size + 512 * (1 + (n % (size / 512 - 1)));
          const generation = Math.max(0, clean.generation - back);
          const old = encoded(clean.stream, 0, clean.blocks, generation);
          const bytes = replaced(clean.bytes, at, old.subarray(at, at + 512));
          const damage = damageOf(blocksObservation(clean, bytes));
          expect(placesOf(damage)).toEqual([['stale', at, 512]]);
          expect(damage[0]?.from?.generation).toBe(generation);
        },
      ),
    );
  });

  it('the whole file: a lost overwrite', () => {
    fc.assert(
      fc.property(cleanFiles(), (clean) => {
        const bytes = encoded(clean.stream, 0, clean.blocks, clean.generation - 1);
        const damage = damageOf(blocksObservation(clean, bytes));
        expect(placesOf(damage)).toEqual([['stale', 0, bytes.length]]);
        expect(damage[0]?.from?.generation).toBe(clean.generation - 1);
      }),
    );
  });

  it('a unit that is whole and older than what was acknowledged', () => {
    fc.assert(
      fc.property(
        streams(),
        fc.integer({ min: 2, max: 30_000 }),
        fc.nat(9),
        (stream, acknowledged, block) => {
          const bytes = encoded(stream, block, 1, acknowledged - 1);
          const unit = { block, acknowledged, started: acknowledged + 1 };
          const damage = damageOf(unitObservation(stream, bytes, unit));
          expect(placesOf(damage)).toEqual([
            ['stale', block * stream.blockBytes, stream.blockBytes],
          ]);
          expect(damage[0]?.from?.generation).toBe(acknowledged - 1);
        },
      ),
    );
  });
});

describe('near-miss', () => {
  it('a newer generation than any that was written is not stale', () => {
    fc.assert(
      fc.property(cleanFiles(), fc.nat(), (clean, n) => {
        const size = clean.stream.blockBytes;
        const block = n % clean.blocks;
        const newer = encoded(clean.stream, block, 1, clean.generation + 1);
        const damage = damageOf(
          blocksObservation(clean, replaced(clean.bytes, block * size, newer)),
        );
        expect(kindsOf(damage)).toEqual(['unexplained']);
      }),
    );
  });

  it('an older generation of another place is not stale', () => {
    fc.assert(
      fc.property(cleanFiles(), (clean) => {
        const size = clean.stream.blockBytes;
        const other = encoded(clean.stream, 3, 1, clean.generation - 1);
        const damage = damageOf(blocksObservation(clean, replaced(clean.bytes, size, other)));
        expect(kindsOf(damage)).toEqual(['misdirected']);
      }),
    );
  });

  it('every generation from the acknowledged to the started one is right', () => {
    fc.assert(
      fc.property(
        streams(),
        fc.integer({ min: 1, max: 30_000 }),
        fc.nat(3),
        (stream, acknowledged, more) => {
          const clean = cleanFile(stream, 1, acknowledged + more);
          const unit = { block: 0, acknowledged, started: acknowledged + 3 };
          expect(damageOf(unitObservation(stream, clean.bytes, unit))).toEqual([]);
        },
      ),
    );
  });
});
