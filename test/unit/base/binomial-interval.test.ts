// The interval against values computed with 60 decimal digits by bisection of the exact binomial
// tails (R's binom.test prints the same in its 7 digits), and against its own definition.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../src/base/assert.ts';
import { binomialInterval } from '../../../src/base/binomial-interval.ts';

const REFERENCE: readonly [number, number, number, number, number][] = [
  [1, 10, 0.95, 0.002528578544461785, 0.44501611702819543],
  [5, 10, 0.95, 0.18708602844739852, 0.8129139715526015],
  [9, 20, 0.95, 0.23057789677592413, 0.6847218669594515],
  [3, 300, 0.95, 0.002067007235092317, 0.02894451125569261],
  [12, 3600, 0.95, 0.001723531603432704, 0.00581541567087133],
  [100, 1000, 0.99, 0.07702169542223594, 0.12687986384068906],
  [299, 300, 0.95, 0.9815687479519322, 0.9999156108676822],
];

/** P(X <= k) for X binomial in n and p; plain summation, good for small n. */
function cumulative(k: number, n: number, p: number): number {
  let term = (1 - p) ** n;
  let sum = term;
  for (let i = 1; i <= k; i++) {
    term *= (((n - i + 1) / i) * p) / (1 - p);
    sum += term;
  }
  return sum;
}

describe('binomialInterval', () => {
  test.each(REFERENCE)('%i of %i at %f', (successes, trials, confidence, low, high) => {
    const interval = binomialInterval(successes, trials, confidence);
    expect(Math.abs((interval.low as number) / low - 1)).toBeLessThan(1e-12);
    expect(Math.abs((interval.high as number) / high - 1)).toBeLessThan(1e-12);
  });

  test('0 of N gives the one-sided bound, about 3/N, also for very many trials', () => {
    expect(binomialInterval(0, 10).high).toBeCloseTo(1 - 0.05 ** 0.1, 14);
    expect((binomialInterval(0, 1e12).high as number) * 1e12).toBeCloseTo(-Math.log(0.05), 9);
    expect(binomialInterval(0, 31_204)).toMatchObject({ rate: 0, low: 0 });
  });

  test('N of N mirrors 0 of N', () => {
    const all = binomialInterval(10, 10);
    expect(all.high).toBe(1);
    expect(all.low).toBeCloseTo(1 - (binomialInterval(0, 10).high as number), 14);
  });

  test('no trials give no rate', () => {
    expect(binomialInterval(0, 0)).toEqual({ rate: null, low: null, high: null });
  });

  test('impossible counts are refused', () => {
    expect(() => binomialInterval(3, 2)).toThrow(InvariantError);
    expect(() => binomialInterval(-1, 2)).toThrow(InvariantError);
    expect(() => binomialInterval(0.5, 2)).toThrow(InvariantError);
  });

  test('each bound leaves 2.5 % in its tail, and the rate lies between them', () => {
    const counts = fc
      .integer({ min: 2, max: 60 })
      .chain((n) => fc.tuple(fc.integer({ min: 1, max: n - 1 }), fc.constant(n)));
    fc.assert(
      fc.property(counts, ([k, n]) => {
        const { rate, low, high } = binomialInterval(k, n);
        expect(low as number).toBeLessThan(rate as number);
        expect(high as number).toBeGreaterThan(rate as number);
        expect(1 - cumulative(k - 1, n, low as number)).toBeCloseTo(0.025, 10);
        expect(cumulative(k, n, high as number)).toBeCloseTo(0.025, 10);
      }),
    );
  });
});
