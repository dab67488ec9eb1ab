// Selection gives what sorting would.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nthLeast } from '../../../src/recorder/nth-least.ts';

it('is the value at its place in the sorted order', () => {
  const few = fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 60 });
  const any = fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(fc.oneof(few, any), fc.nat(), (values, place) => {
      const nth = place % values.length;
      const sorted = Float64Array.from(values).sort();
      expect(nthLeast(Float64Array.from(values), nth) === sorted[nth]).toBe(true);
    }),
  );
});
