// Fisher's test against exact rational arithmetic and against values that R prints; the ratio of
// rates against R's poisson.test and against its own promise, the coverage, by enumeration.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../src/base/assert.ts';
import { type FailureCount, fisherOneSided, rateRatio } from '../../../src/isolate/fisher.ts';

/** The p-value as a fraction of integers: the hypergeometric tail, term by term. */
function exactly(oldFailures: number, oldTrials: number, newFailures: number, newTrials: number) {
  const failures = oldFailures + newFailures;
  let [tail, all] = [0n, 0n];
  for (let inNew = 0; inNew <= Math.min(failures, newTrials); inNew++) {
    if (failures - inNew > oldTrials) continue;
    const ways = choose(newTrials, inNew) * choose(oldTrials, failures - inNew);
    all += ways;
    if (inNew <= newFailures) tail += ways;
  }
  return quotient(tail, all);
}

function choose(n: number, k: number): bigint {
  let ways = 1n;
  for (let i = 1; i <= k; i++) ways = (ways * BigInt(n - k + i)) / BigInt(i);
  return ways;
}

/** To 40 significant digits and then to a double. */
function quotient(numerator: bigint, denominator: bigint): number {
  const digits = 40 + String(denominator).length - String(numerator).length;
  return Number(`${(numerator * 10n ** BigInt(digits)) / denominator}e-${digits}`);
}

function expectDigits(actual: number, expected: number, digits: number) {
  expect(Math.abs(actual / expected - 1)).toBeLessThan(10 ** -digits);
}

describe('fisherOneSided', () => {
  test('the lady tasting tea: 17 of 70', () => {
    expect(fisherOneSided(3, 4, 1, 4)).toBeCloseTo(17 / 70, 15);
    expect(fisherOneSided(4, 4, 0, 4)).toBeCloseTo(1 / 70, 15);
  });

  test('convictions of twins, as R prints them', () => {
    expect(fisherOneSided(15, 18, 2, 12)).toBeCloseTo(0.0004652, 7);
  });

  test('6 of 1,800 against none of 1,800', () => {
    expect(exactly(6, 1800, 0, 1800)).toBeCloseTo(0.015559932052590002, 17);
    expectDigits(fisherOneSided(6, 1800, 0, 1800), exactly(6, 1800, 0, 1800), 14);
  });

  // Summed with 60 decimal digits.
  test.each([
    [3333, 1e6, 3000, 1e6, 1.4612945580884948e-5],
    [3333, 1e6, 2000, 5e5, 0.9999999999336944],
    [12, 1e6, 40, 1e6, 0.9999820600284062],
    [5e5, 1e6, 499_900, 1e6, 0.4443271754522045],
    [5e5, 1e6, 495_000, 1e6, 7.760295455405932e-13],
    [5e5, 1e6, 480_000, 1e6, 2.3292762905845893e-176],
  ])('12 digits: %i of %i, %i of %i', (oldFailures, oldTrials, failures, trials, expected) => {
    expectDigits(fisherOneSided(oldFailures, oldTrials, failures, trials), expected, 12);
  });

  test('certainties: no failures, no trials on one side, everything failed', () => {
    expect(fisherOneSided(0, 10, 0, 10)).toBe(1);
    expect(fisherOneSided(3, 10, 0, 0)).toBe(1);
    expect(fisherOneSided(0, 0, 3, 10)).toBe(1);
    expect(fisherOneSided(10, 10, 10, 10)).toBe(1);
    expect(fisherOneSided(0, 1e6, 1e6, 1e6)).toBe(1);
  });

  test('a tail below the least double is 0, not a broken number', () => {
    expect(fisherOneSided(1e6, 1e6, 0, 1e6)).toBe(0);
  });

  test('impossible counts are refused', () => {
    expect(() => fisherOneSided(3, 2, 0, 2)).toThrow(InvariantError);
    expect(() => fisherOneSided(0, 2, -1, 2)).toThrow(InvariantError);
    expect(() => fisherOneSided(0.5, 2, 0, 2)).toThrow(InvariantError);
  });

  test('equals the exact fraction, and the two one-sided tails share one term', () => {
    fc.assert(
      fc.property(counts(80), counts(80), (a, b) => {
        const p = fisherOneSided(a.failures, a.trials, b.failures, b.trials);
        const exact = exactly(a.failures, a.trials, b.failures, b.trials);
        expectDigits(p, exact, 12);
        const mirrored = fisherOneSided(b.failures, b.trials, a.failures, a.trials);
        const failures = a.failures + b.failures;
        const term = quotient(
          choose(a.trials, a.failures) * choose(b.trials, b.failures),
          choose(a.trials + b.trials, failures),
        );
        expect(p + mirrored - term).toBeCloseTo(1, 12);
      }),
    );
  });
});

function counts(trialsMax: number): fc.Arbitrary<FailureCount> {
  return fc
    .integer({ min: 1, max: trialsMax })
    .chain((trials) =>
      fc.record({ failures: fc.integer({ min: 0, max: trials }), trials: fc.constant(trials) }),
    );
}

describe('rateRatio', () => {
  // Beta quantiles with 30 decimal digits; the first row is the example of R's poisson.test.
  test.each([
    [11, 800, 21, 3011, 1.971488095238095, 0.8584264033916397, 4.277265943654075],
    [5, 100, 10, 100, 0.5, 0.13409686459458353, 1.605498371209231],
    [40, 300, 12, 600, 6.666666666666667, 3.428840806721187, 13.959640289345302],
    [300, 100_000, 100, 90_000, 2.7, 2.146286097160602, 3.420660058278542],
  ])('%i of %i over %i of %i', (aFailures, aTrials, bFailures, bTrials, ...expected) => {
    const { ratio, low, high } = rateRatio(
      { failures: aFailures, trials: aTrials },
      { failures: bFailures, trials: bTrials },
    );
    expectDigits(ratio as number, expected[0] as number, 14);
    expectDigits(low as number, expected[1] as number, 11);
    expectDigits(high as number, expected[2] as number, 11);
  });

  test('failures on one side only: a certain bound and one with half of the doubt', () => {
    const some = { failures: 6, trials: 1800 };
    const none = { failures: 0, trials: 1800 };
    const onlyFirst = rateRatio(some, none);
    expect(onlyFirst).toMatchObject({ ratio: Infinity, high: Infinity });
    expectDigits(onlyFirst.low as number, 1.1774247257241774, 13);
    const onlySecond = rateRatio(none, some);
    expect(onlySecond).toMatchObject({ ratio: 0, low: 0 });
    expectDigits(onlySecond.high as number, 0.8493111942973238, 13);
  });

  test('nothing known gives nothing', () => {
    const nothing = { ratio: null, low: null, high: null };
    expect(rateRatio({ failures: 0, trials: 9 }, { failures: 0, trials: 9 })).toEqual(nothing);
    expect(rateRatio({ failures: 0, trials: 0 }, { failures: 3, trials: 9 })).toEqual(nothing);
    expect(rateRatio({ failures: 3, trials: 9 }, { failures: 0, trials: 0 })).toEqual(nothing);
  });

  test('swapped sides give the reciprocals, and the ratio lies in its interval', () => {
    fc.assert(
      fc.property(counts(400), counts(400), (a, b) => {
        fc.pre(a.failures + b.failures > 0);
        const there = rateRatio(a, b);
        const back = rateRatio(b, a);
        expect(there.low as number).toBeLessThanOrEqual(there.ratio as number);
        expect(there.high as number).toBeGreaterThanOrEqual(there.ratio as number);
        expect((there.low as number) * (1 + 1e-9)).toBeGreaterThanOrEqual(
          1 / (back.high as number),
        );
        expect((there.high as number) * (1 + 1e-9)).toBeGreaterThanOrEqual(
          1 / (back.low as number),
        );
      }),
    );
  });

  test('covers the true ratio in 95 % of all outcomes at least, also where rates are high', () => {
    const [aTrials, bTrials] = [30, 20];
    const probability = (k: number, n: number, p: number) =>
      Number(choose(n, k)) * p ** k * (1 - p) ** (n - k);
    let least = 1;
    for (const aRate of [0.01, 0.05, 0.1, 0.2, 0.4, 0.7]) {
      for (const bRate of [0.01, 0.05, 0.1, 0.2, 0.4, 0.7]) {
        let covered = 0;
        for (let a = 0; a <= aTrials; a++) {
          for (let b = 0; b <= bTrials; b++) {
            const { low, high } = rateRatio(
              { failures: a, trials: aTrials },
              { failures: b, trials: bTrials },
            );
            const ratio = aRate / bRate;
            if (low !== null && high !== null && (ratio < low || ratio > high)) continue;
            covered += probability(a, aTrials, aRate) * probability(b, bTrials, bRate);
          }
        }
        least = Math.min(least, covered);
      }
    }
    expect(least).toBeGreaterThan(0.95);
    expect(least).toBeLessThan(0.99);
  });
});
