// The marginal likelihoods against exact fractions of integers, and the probability of one rate
// being below another against its integral, where rates are rare as those that are hunted.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BetaPrior, probabilityBelow } from '../../../src/isolate/log-beta.ts';
import { binomialAtMost } from '../../../src/isolate/witnesses.ts';

/** A positive rational: 0.1 is [1, 10] here, which the double 0.1 is only nearly. */
type Fraction = readonly [numerator: bigint, denominator: bigint];

/** a (a+1) ... (a+n-1). */
function rising([numerator, denominator]: Fraction, n: number): Fraction {
  let product = 1n;
  for (let at = 0n; at < n; at++) product *= numerator + denominator * at;
  return [product, denominator ** BigInt(n)];
}

/** log of the likelihood, from one fraction of integers. */
function exactly(a: Fraction, b: Fraction, failures: number, trials: number): number {
  const sum: Fraction = [a[0] * b[1] + b[0] * a[1], a[1] * b[1]];
  const [failing, clean] = [rising(a, failures), rising(b, trials - failures)];
  const all = rising(sum, trials);
  return logOf(failing[0] * clean[0] * all[1], failing[1] * clean[1] * all[0]);
}

function logOf(numerator: bigint, denominator: bigint): number {
  const shift = Math.max(0, 40 + String(denominator).length - String(numerator).length);
  const digits = String((numerator * 10n ** BigInt(shift)) / denominator);
  return Math.log(Number(`0.${digits}`)) + (digits.length - shift) * Math.LN10;
}

function expectDigits(actual: number, expected: number, digits: number) {
  const scale = Math.max(Math.abs(expected), 1e-300);
  expect(Math.abs(actual - expected) / scale, `${actual} ${expected}`).toBeLessThan(10 ** -digits);
}

describe('BetaPrior', () => {
  test('a uniform prior by hand: k! (n - k)! / (n + 1)!', () => {
    const uniform = new BetaPrior(1, 1);
    expect(uniform.logLikelihood(0, 0)).toBe(0);
    expectDigits(uniform.logLikelihood(0, 1), Math.log(1 / 2), 14);
    expectDigits(uniform.logLikelihood(1, 3), Math.log(1 / 12), 14);
    expectDigits(uniform.logLikelihood(2, 4), Math.log(1 / 30), 14);
    expectDigits(uniform.logLikelihood(4, 4), Math.log(1 / 5), 14);
  });

  test.each<[Fraction, Fraction, number, number]>([
    [[1n, 2n], [50n, 1n], 0, 300],
    [[1n, 2n], [50n, 1n], 11, 3102],
    [[1n, 2n], [2n, 1n], 40, 60],
    [[2n, 1n], [1n, 1n], 12, 12],
    [[2n, 1n], [1n, 1n], 1999, 2000],
  ])('12 digits: Beta(%s, %s), %i of %i', (a, b, failures, trials) => {
    const prior = new BetaPrior(Number(a[0]) / Number(a[1]), Number(b[0]) / Number(b[1]));
    expectDigits(prior.logLikelihood(failures, trials), exactly(a, b, failures, trials), 12);
  });

  // Large logs that nearly cancel: the likelihood itself keeps nine digits, the tables fourteen.
  test.each([
    [0, 300],
    [3, 2000],
    [0, 9020],
    [3, 20_000],
  ])('background, %i of %i', (failures, trials) => {
    const exact = exactly([1n, 10n], [100n, 1n], failures, trials);
    const actual = new BetaPrior(0.1, 100).logLikelihood(failures, trials);
    expect(Math.abs(actual - exact)).toBeLessThan(1e-9);
  });

  test('whatever the order in which counts are asked for', () => {
    const count = fc.tuple(fc.integer({ min: 0, max: 1500 }), fc.integer({ min: 0, max: 1500 }));
    fc.assert(
      fc.property(fc.array(count, { minLength: 1, maxLength: 5 }), (counts) => {
        const prior = new BetaPrior(0.5, 50);
        for (const [failures, clean] of counts) {
          const trials = failures + clean;
          const exact = exactly([1n, 2n], [50n, 1n], failures, trials);
          expect(prior.logLikelihood(failures, trials)).toBeCloseTo(exact, 9);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('one more trial: what it was before, split between failing and clean', () => {
    const prior = new BetaPrior(0.1, 100);
    for (const [failures, trials] of [
      [0, 0],
      [0, 500],
      [7, 900],
    ] as const) {
      const both =
        Math.exp(prior.logLikelihood(failures + 1, trials + 1)) +
        Math.exp(prior.logLikelihood(failures, trials + 1));
      expectDigits(both, Math.exp(prior.logLikelihood(failures, trials)), 11);
      const failing = prior.logLikelihood(failures + 1, trials + 1);
      const share = Math.exp(failing - prior.logLikelihood(failures, trials));
      expectDigits(prior.mean(failures, trials), share, 11);
    }
  });
});

type Shape = readonly [a: number, b: number];

/**
 * P(q < p / factor) by the trapezoidal rule over log odds, where both densities are smooth; the
 * normalising constants are those of the sums themselves.
 */
function integrated(q: Shape, p: Shape, factor: number): number {
  const step = 0.004;
  const density = ([a, b]: Shape, odds: number) =>
    Math.exp(a * odds - (a + b) * Math.log1p(Math.exp(odds)));
  const points = Array.from({ length: 30_000 }, (_, at) => -110 + at * step);
  const all = points.reduce((sum, odds) => sum + density(q, odds), 0);
  let [below, weight, total, at] = [0, 0, 0, 0];
  for (const odds of points) {
    const rate = 1 / (1 + Math.exp(-odds)) / factor;
    const bound = Math.log(rate / (1 - rate));
    while (at < points.length && (points[at] as number) <= bound) {
      below += density(q, points[at] as number);
      at++;
    }
    const likely = density(p, odds);
    weight += likely * (below / all);
    total += likely;
  }
  return weight / total;
}

describe('probabilityBelow', () => {
  // Beta(0.1, 100) outside and Beta(0.5, 50) inside, before and after counts.
  test.each<[string, Shape, Shape, number]>([
    ['before any trial', [0.1, 100], [0.5, 50], 3],
    ['6 of 1,800 inside, nothing in 1,800 outside', [0.1, 1900], [6.5, 1844], 3],
    ['6 of 1,800 inside, 2 of 1,800 outside', [2.1, 1898], [6.5, 1844], 3],
    ['20 of 6,000 inside, 1 of 20,000 outside', [1.1, 20_099], [20.5, 6030], 3],
    ['as often outside as inside', [10.1, 3090], [10.5, 3040], 3],
  ])('is the integral to 0.01: %s', (_, q, p, factor) => {
    const exact = integrated(q, p, factor);
    expect(Math.abs(probabilityBelow(q, p, factor) - exact)).toBeLessThan(0.01);
  });

  test('a rate with one failure at least, rare: two digits, also of a small probability', () => {
    for (const [q, p] of [
      [
        [1.5, 4000],
        [4.5, 3000],
      ],
      [
        [9, 4000],
        [4.5, 3000],
      ],
      [
        [30, 9000],
        [12, 9000],
      ],
    ] as [Shape, Shape][]) {
      expectDigits(probabilityBelow(q, p, 3), integrated(q, p, 3), 1.7);
    }
  });

  test('two equal rates: each is the lower one half of the time', () => {
    expectDigits(probabilityBelow([3, 900], [3, 900], 1), 0.5, 12);
  });

  test('falls with the factor and lies between 0 and 1', () => {
    const shape = fc.tuple(fc.double({ min: 0.1, max: 50, noNaN: true }), fc.integer({ min: 2 }));
    fc.assert(
      fc.property(shape, shape, fc.double({ min: 1, max: 30, noNaN: true }), (q, p, factor) => {
        const below = probabilityBelow(q, p, factor);
        expect(below).toBeGreaterThanOrEqual(0);
        expect(below).toBeLessThanOrEqual(1);
        expect(probabilityBelow(q, p, factor * 1.5)).toBeLessThanOrEqual(below + 1e-9);
      }),
    );
  });
});

describe('binomialAtMost', () => {
  function exactAtMost(k: number, n: number, [over, under]: Fraction): number {
    let sum = 0n;
    let ways = 1n;
    for (let at = 0n; at <= k; at++) {
      sum += ways * over ** at * (under - over) ** (BigInt(n) - at);
      ways = (ways * (BigInt(n) - at)) / (at + 1n);
    }
    const scaled = (sum * 10n ** 30n) / under ** BigInt(n);
    return Number(scaled) / 1e30;
  }

  test.each<[number, number, Fraction]>([
    [0, 13, [1n, 4n]],
    [2, 13, [1n, 4n]],
    [11, 12, [9n, 10n]],
    [3, 200, [1n, 9n]],
  ])('P(X <= %i) of %i at %s is the exact sum', (k, n, share) => {
    const actual = binomialAtMost(k, n, Number(share[0]) / Number(share[1]));
    expectDigits(actual, exactAtMost(k, n, share), 12);
  });

  test('certainties', () => {
    expect(binomialAtMost(5, 5, 0.5)).toBe(1);
    expect(binomialAtMost(0, 5, 0)).toBe(1);
    expect(binomialAtMost(4, 5, 1)).toBe(0);
    expect(binomialAtMost(0, 0, 0.5)).toBe(1);
  });
});
