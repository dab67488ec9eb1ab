// `foreign`: at least 8 bytes that nobody of this hunt wrote. `unexplained` is an answer too.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blocksObservation,
  cleanFiles,
  damageOf,
  differingRange,
  encoded,
  garbage,
  hexNumber,
  kindsOf,
  placesOf,
  replaced,
  streams,
  unitObservation,
} from './planting.ts';

const OF_A_PLACE = ['misdirected', 'stale', 'torn', 'shifted', 'duplicated', 'reordered'];

describe('planted', () => {
  it('random bytes in whole sectors', () => {
    fc.assert(
      fc.property(
        cleanFiles(),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 8 }),
        (clean, n, seed, sectors) => {
          const length = Math.min(512 * sectors, clean.bytes.length);
          const at = Math.min((n % (clean.bytes.length / 512)) * 512, clean.bytes.length - length);
          const bytes = replaced(clean.bytes, at, garbage(length, seed));
          const damage = damageOf(blocksObservation(clean, bytes));
          expect(kindsOf(damage)).toEqual(['foreign']);
          expect(damage).toHaveLength(1);
          const [first, count] = differingRange(bytes, clean.bytes);
          // A byte at the edge may be right by chance; a sector's edge is then nearer the truth.
          expect([at, first]).toContain(damage[0]?.offset);
          expect([at + length, first + count]).toContain(
            (damage[0]?.offset ?? 0) + (damage[0]?.length ?? 0),
          );
        },
      ),
    );
  });

  it('a block of another hunt names that hunt', () => {
    fc.assert(
      fc.property(cleanFiles(), fc.nat(), hexNumber, fc.nat(900), (clean, n, hunt, file) => {
        fc.pre(hunt !== clean.stream.hunt);
        const size = clean.stream.blockBytes;
        const block = n % clean.blocks;
        const other = encoded({ ...clean.stream, hunt, file }, 77, 1, 9);
        const damage = damageOf(
          blocksObservation(clean, replaced(clean.bytes, block * size, other)),
        );
        expect(placesOf(damage)).toEqual([['foreign', block * size, size]]);
        expect(damage[0]?.from).toEqual({ hunt, file, offset: 77 * size, generation: 9 });
      }),
    );
  });

  it('a unit full of garbage', () => {
    fc.assert(
      fc.property(streams(), fc.nat(), (stream, seed) => {
        const bytes = garbage(stream.blockBytes, seed);
        const unit = { block: 0, acknowledged: 4, started: 5 };
        expect(kindsOf(damageOf(unitObservation(stream, bytes, unit)))).toEqual(['foreign']);
      }),
    );
  });
});

describe('near-miss', () => {
  it('fewer than 8 foreign bytes are flips or unexplained, never foreign', () => {
    fc.assert(
      fc.property(
        cleanFiles(),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 2, max: 7 }),
        (clean, n, seed, count) => {
          const at = (n % (clean.bytes.length / 512)) * 512 + 128;
          const bytes = replaced(clean.bytes, at, garbage(count, seed));
          const kinds = kindsOf(damageOf(blocksObservation(clean, bytes)));
          for (const kind of kinds) expect(['flipped', 'unexplained']).toContain(kind);
        },
      ),
    );
  });
});

describe('fuzz', () => {
  const patterns = fc.constantFrom('stamp', 'alternating', 'walking', 'counter', 'text', 'random');
  it('random bytes never throw and never get a claim of place', () => {
    const windows = patterns.chain((pattern) => cleanFiles(pattern as 'stamp', [512, 4096]));
    fc.assert(
      fc.property(windows, fc.uint8Array({ minLength: 0, maxLength: 9000 }), (clean, bytes) => {
        const damage = damageOf(blocksObservation(clean, bytes));
        for (const one of damage) {
          expect(OF_A_PLACE).not.toContain(one.kind);
          expect(one.because.length).toBeGreaterThan(10);
          expect(one.length).toBeGreaterThan(0);
          expect(one.offset).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('random bytes in units and records never throw', () => {
    fc.assert(
      fc.property(
        streams(),
        fc.uint8Array({ maxLength: 5000 }),
        fc.integer({ min: 0, max: 9 }),
        (stream, bytes, acknowledged) => {
          const cut = bytes.subarray(0, stream.blockBytes);
          const unit = { block: 3, acknowledged, started: acknowledged + 2 };
          const observation = unitObservation(stream, cut, unit);
          const kinds = kindsOf(damageOf(observation));
          for (const kind of kinds) expect(OF_A_PLACE).not.toContain(kind);
          const expected = {
            shape: 'records',
            stream,
            recordsOfWriter: [2, acknowledged],
          } as const;
          const records = { ...observation, offset: 0, bytes, returned: bytes.length, expected };
          for (const kind of kindsOf(damageOf(records))) expect(OF_A_PLACE).not.toContain(kind);
        },
      ),
    );
  });

  it('stamped bytes cut and pasted at random never throw', () => {
    const cuts = fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(3000)), { maxLength: 6 });
    fc.assert(
      fc.property(cleanFiles('stamp', [512, 4096]), cuts, (clean, pastes) => {
        const bytes = clean.bytes.slice();
        for (const [from, to, length] of pastes) {
          const piece = clean.bytes.subarray(from % bytes.length).subarray(0, length);
          const at = to % bytes.length;
          bytes.set(piece.subarray(0, bytes.length - at), at);
        }
        const damage = damageOf(blocksObservation(clean, bytes));
        const wrong = bytes.some((byte, index) => byte !== clean.bytes[index]);
        expect(damage.length > 0).toBe(wrong);
      }),
    );
  });
});
