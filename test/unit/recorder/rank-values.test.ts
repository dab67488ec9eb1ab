// The values at ranks are those that sorting gives, whatever the numbers and however they lie in
// parts.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { valuesAtRanks } from '../../../src/recorder/rank-values.ts';

const FEW = fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 60 });
const ANY = fc.array(fc.double({ noNaN: true }), { maxLength: 60 });
/** Of one bucket, and just beside it. */
const NEAR = fc.array(fc.double({ min: 1, max: 1.01, noNaN: true }), { maxLength: 60 });

it('are what sorting gives', () => {
  const parts = fc.array(fc.oneof(FEW, ANY, NEAR), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(parts, fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), (some, places) => {
      const sorted = Float64Array.from(some.flat()).sort();
      fc.pre(sorted.length > 0);
      const ranks = places.map((place) => place % sorted.length);
      const values = valuesAtRanks(
        some.map((part) => Float64Array.from(part)),
        ranks,
      );
      // By ===, since -0 and 0 are one value.
      expect(values.every((value, index) => value === sorted[ranks[index] as number])).toBe(true);
    }),
  );
});

it('leaves the numbers as they were', () => {
  const part = Float64Array.from([3, 1, 2]);
  expect(valuesAtRanks([part], [0, 1, 2])).toEqual([1, 2, 3]);
  expect([...part]).toEqual([3, 1, 2]);
});
