// `torn`: more than one generation inside a unit meant to be atomic.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  damageOf,
  encoded,
  joined,
  kindsOf,
  placesOf,
  replaced,
  streams,
  unitObservation,
} from './planting.ts';

const units = streams('stamp', [4096, 16_384, 65_536]);
const generations = fc.integer({ min: 1, max: 40_000 });

describe('planted', () => {
  it('a new beginning and an old end, torn at any sector', () => {
    fc.assert(
      fc.property(units, generations, fc.nat(), fc.nat(9), (stream, old, where, block) => {
        const size = stream.blockBytes;
        const tear = 512 * (1 + (where % (size / 512 - 1)));
        const bytes = joined(
          encoded(stream, block, 1, old + 1).subarray(0, tear),
          encoded(stream, block, 1, old).subarray(tear),
        );
        const unit = { block, acknowledged: old, started: old + 1 };
        const damage = damageOf(unitObservation(stream, bytes, unit));
        expect(placesOf(damage)).toEqual([['torn', block * size + tear, size - tear]]);
        expect(damage[0]?.generations).toEqual([
          { generation: old + 1, offset: block * size },
          { generation: old, offset: block * size + tear },
        ]);
      }),
    );
  });

  it('an old beginning and a new end', () => {
    fc.assert(
      fc.property(units, generations, fc.nat(), (stream, old, where) => {
        const size = stream.blockBytes;
        const tear = 512 * (1 + (where % (size / 512 - 1)));
        const bytes = joined(
          encoded(stream, 2, 1, old).subarray(0, tear),
          encoded(stream, 2, 1, old + 1).subarray(tear),
        );
        const unit = { block: 2, acknowledged: old, started: old + 1 };
        const damage = damageOf(unitObservation(stream, bytes, unit));
        expect(placesOf(damage)).toEqual([['torn', 2 * size, tear]]);
        expect(damage[0]?.generations?.map((one) => one.generation)).toEqual([old, old + 1]);
      }),
    );
  });

  it('torn at any word of the body', () => {
    fc.assert(
      fc.property(units, generations, fc.nat(), (stream, old, where) => {
        const size = stream.blockBytes;
        const tear = 64 + 8 * (1 + (where % (size / 8 - 10)));
        const bytes = joined(
          encoded(stream, 0, 1, old + 1).subarray(0, tear),
          encoded(stream, 0, 1, old).subarray(tear),
        );
        const unit = { block: 0, acknowledged: old, started: old + 1 };
        const damage = damageOf(unitObservation(stream, bytes, unit));
        expect(placesOf(damage)).toEqual([['torn', tear, size - tear]]);
      }),
    );
  });

  it('three generations, and sectors in turn', () => {
    fc.assert(
      fc.property(
        units,
        generations,
        fc.array(fc.nat(2), { minLength: 8, maxLength: 8 }),
        (stream, old, turns) => {
          const size = stream.blockBytes;
          const part = size / 8;
          fc.pre(new Set(turns).size > 1);
          const bytes = joined(
            ...turns.map((add, index) =>
              encoded(stream, 0, 1, old + add).subarray(index * part, (index + 1) * part),
            ),
          );
          const unit = { block: 0, acknowledged: old, started: old + 2 };
          const [damage, ...others] = damageOf(unitObservation(stream, bytes, unit));
          expect(others).toEqual([]);
          const newest = Math.max(...turns);
          const first = turns.findIndex((add) => add !== newest);
          const last = turns.findLastIndex((add) => add !== newest);
          expect(damage?.kind).toBe('torn');
          expect(damage?.offset).toBe(first * part);
          expect(damage?.length).toBe((last + 1 - first) * part);
          const starts = turns
            .map((add, index) => ({ generation: old + add, offset: index * part }))
            .filter((_one, index) => index === 0 || turns[index] !== turns[index - 1]);
          expect(damage?.generations).toEqual(starts);
        },
      ),
    );
  });

  it.each(['counter', 'text', 'random', 'walking'] as const)('pattern %s', (pattern) => {
    fc.assert(
      fc.property(streams(pattern, [4096]), generations, fc.nat(), (stream, old, where) => {
        const tear = 512 * (1 + (where % 7));
        const bytes = joined(
          encoded(stream, 0, 1, old + 1).subarray(0, tear),
          encoded(stream, 0, 1, old).subarray(tear),
        );
        const unit = { block: 0, acknowledged: old, started: old + 1 };
        const damage = damageOf(unitObservation(stream, bytes, unit));
        expect(kindsOf(damage)).toEqual(['torn']);
        expect(damage[0]?.offset).toBeGreaterThanOrEqual(tear);
        expect(damage[0]?.offset).toBeLessThan(tear + 8);
      }),
      { numRuns: 30 },
    );
  });

  it('and a flipped bit elsewhere in the unit: both', () => {
    fc.assert(
      fc.property(units, generations, fc.nat(), fc.nat(7), (stream, old, where, bit) => {
        const size = stream.blockBytes;
        const tear = size / 2;
        const bytes = joined(
          encoded(stream, 0, 1, old + 1).subarray(0, tear),
          encoded(stream, 0, 1, old).subarray(tear),
        );
        const at = 64 + (where % (size - 64));
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
        const unit = { block: 0, acknowledged: old, started: old + 1 };
        const damage = damageOf(unitObservation(stream, bytes, unit));
        expect(kindsOf(damage)).toEqual(['flipped', 'torn']);
        expect(damage.find((one) => one.kind === 'flipped')).toMatchObject({
          offset: at,
          length: 1,
        });
      }),
    );
  });
});

describe('near-miss', () => {
  it('a unit of one generation with garbage or zeros in it is not torn', () => {
    fc.assert(
      fc.property(units, generations, (stream, generation) => {
        const whole = encoded(stream, 0, 1, generation);
        const unit = { block: 0, acknowledged: generation, started: generation };
        const zeros = replaced(whole, 1024, new Uint8Array(512));
        expect(kindsOf(damageOf(unitObservation(stream, zeros, unit)))).toEqual(['zeroed']);
        const place = encoded(stream, 7, 1, generation).subarray(1024, 1536);
        const moved = replaced(whole, 1024, place);
        expect(kindsOf(damageOf(unitObservation(stream, moved, unit)))).toEqual(['misdirected']);
      }),
    );
  });

  it('a whole unit that is newer than anything started is unexplained', () => {
    fc.assert(
      fc.property(units, generations, (stream, generation) => {
        const whole = encoded(stream, 0, 1, generation + 1);
        const unit = { block: 0, acknowledged: generation, started: generation };
        expect(kindsOf(damageOf(unitObservation(stream, whole, unit)))).toEqual(['unexplained']);
      }),
    );
  });
});

describe('missing and absent units', () => {
  it('short, empty and absent', () => {
    fc.assert(
      fc.property(units, generations, fc.nat(), (stream, generation, where) => {
        const size = stream.blockBytes;
        const returned = where % size;
        const bytes = encoded(stream, 1, 1, generation).subarray(0, returned);
        const unit = { block: 1, acknowledged: generation, started: generation };
        const short = damageOf(unitObservation(stream, bytes, unit));
        expect(placesOf(short)).toEqual([['missing', size + returned, size - returned]]);
        const absent = damageOf(unitObservation(stream, new Uint8Array(0), unit, -1));
        expect(placesOf(absent)).toEqual([['missing', size, size]]);
        expect(absent[0]?.because).toContain('absent');
        const allowed = { ...unit, mayBeAbsent: true };
        expect(damageOf(unitObservation(stream, new Uint8Array(0), allowed, -1))).toEqual([]);
        expect(damageOf(unitObservation(stream, new Uint8Array(0), allowed, 0))).toEqual([]);
      }),
    );
  });
});
