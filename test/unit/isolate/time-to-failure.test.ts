// Rates against values computed with 40 decimal digits (their first five are Garwood's table), the
// Weibull fit against the NIST handbook and a much-quoted data set, and its verdicts by simulation.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../src/base/assert.ts';
import { createRng, type Rng } from '../../../src/base/rng.ts';
import {
  exposureRate,
  fitWeibull,
  type ShapeVerdict,
  type WeibullFit,
} from '../../../src/isolate/time-to-failure.ts';

function expectDigits(actual: number | null, expected: number, digits: number) {
  expect(Math.abs((actual as number) / expected - 1)).toBeLessThan(10 ** -digits);
}

describe('exposureRate', () => {
  test.each([
    [1, 0.95, 0.025317807984289876, 5.571643390938899],
    [2, 0.95, 0.2422092785439649, 7.224687667723961],
    [5, 0.95, 1.6234863901184204, 11.66833207932267],
    [10, 0.95, 4.7953886961324335, 18.39035604201778],
    [30, 0.95, 20.240874021420915, 42.82686539480767],
    [100, 0.95, 81.36399125092314, 121.62679379242638],
    [1000, 0.95, 938.9730184076952, 1063.952136016302],
    [10_000, 0.95, 9804.952467260184, 10197.951624661473],
    [1, 0.99, 0.005012541823544282, 7.430129500280122],
    [10, 0.99, 3.7169221314671175, 21.39782749965427],
    [10_000, 0.99, 9744.295609572955, 10260.473826873618],
  ])('%i failures at %f', (failures, confidence, low, high) => {
    const exposure = 2.5e6;
    const interval = exposureRate(failures, exposure, confidence);
    expect(interval.rate).toBe(failures / exposure);
    expectDigits(interval.low, low / exposure, 12);
    expectDigits(interval.high, high / exposure, 12);
  });

  test('no failure: all of the doubt in the upper bound, -ln(alpha) / T', () => {
    const { rate, low, high } = exposureRate(0, 72);
    expect([rate, low]).toEqual([0, 0]);
    expectDigits(high, -Math.log(0.05) / 72, 14);
  });

  test('no exposure gives no rate; impossible values are refused', () => {
    expect(exposureRate(0, 0)).toEqual({ rate: null, low: null, high: null });
    expect(() => exposureRate(1, 0)).toThrow(InvariantError);
    expect(() => exposureRate(1.5, 2)).toThrow(InvariantError);
    expect(() => exposureRate(1, Number.NaN)).toThrow(InvariantError);
    expect(() => exposureRate(1, 2, 1)).toThrow(InvariantError);
  });

  test('each bound leaves its tail, by plain summation', () => {
    const cumulative = (count: number, mean: number) => {
      let [term, sum] = [Math.exp(-mean), Math.exp(-mean)];
      for (let i = 1; i <= count; i++) {
        term *= mean / i;
        sum += term;
      }
      return sum;
    };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.double({ min: 0.5, max: 0.999, noNaN: true }),
        (failures, confidence) => {
          const { low, high } = exposureRate(failures, 1, confidence);
          const tail = (1 - confidence) / 2;
          expect(1 - cumulative(failures - 1, low as number)).toBeCloseTo(tail, 11);
          expect(cumulative(failures, high as number)).toBeCloseTo(tail, 11);
        },
      ),
    );
  });
});

/** NIST/SEMATECH e-Handbook 8.4.1.3: 10 of 20 units failed in a test of 500 hours. */
const NIST_FAILED = [54, 187, 216, 240, 244, 335, 361, 373, 375, 386];
const NIST_CLEAN = Array.from({ length: 10 }, () => 500);
/** Lieblein & Zelen 1956, millions of revolutions of 23 ball bearings, all failed. */
const BEARINGS = [
  ...[17.88, 28.92, 33.0, 41.52, 42.12, 45.6, 48.48, 51.84, 51.96, 54.12, 55.56, 67.8, 68.64],
  ...[68.64, 68.88, 84.12, 93.12, 98.64, 105.12, 105.84, 127.92, 128.04, 173.4],
];

describe('fitWeibull', () => {
  test('the NIST example: shape 1.7208, scale 606.5280', () => {
    const fit = fitWeibull(NIST_FAILED, NIST_CLEAN);
    expect(fit.shape).toBeCloseTo(1.7208, 4);
    expect(fit.scale).toBeCloseTo(606.528, 3);
    expectDigits(fit.shape, 1.7207972608013569, 12);
    expectDigits(fit.scale, 606.527558003572, 12);
    // The lower bound is that of the marginal likelihood, the upper one that of the profile.
    expectDigits(fit.low, 0.7967667925359905, 12);
    expectDigits(fit.high, 2.885737865741303, 12);
    expect(fit.verdict).toBe('constant');
  });

  test('ball bearings wear: shape 2.102, scale 81.88', () => {
    const fit = fitWeibull(BEARINGS);
    expectDigits(fit.shape, 2.102058875194621, 12);
    expectDigits(fit.scale, 81.87833405163154, 12);
    expectDigits(fit.low, 1.4558010758247215, 12);
    expectDigits(fit.high, 2.7915351729008635, 12);
    expect(fit.verdict).toBe('wear');
  });

  test('the unit of the exposures changes the scale alone', () => {
    const plain = fitWeibull(NIST_FAILED, NIST_CLEAN);
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e12, noNaN: true }), (unit) => {
        const scaled = fitWeibull(
          NIST_FAILED.map((exposure) => exposure * unit),
          NIST_CLEAN.map((exposure) => exposure * unit),
        );
        expectDigits(scaled.shape, plain.shape as number, 10);
        expectDigits(scaled.scale, (plain.scale as number) * unit, 10);
        expectDigits(scaled.low, plain.low as number, 10);
        expectDigits(scaled.high, plain.high as number, 10);
      }),
    );
  });

  test('raising exposures to a power divides the shape by it', () => {
    const plain = fitWeibull(BEARINGS);
    const powered = fitWeibull(BEARINGS.map((exposure) => exposure ** 3));
    expectDigits(powered.shape, (plain.shape as number) / 3, 10);
    expectDigits(powered.high, (plain.high as number) / 3, 10);
    expect(powered.verdict).toBe('warm-up');
  });

  test('the shape lies in its interval, whatever the data', () => {
    const exposures = fc.array(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), {
      minLength: 2,
      maxLength: 30,
    });
    fc.assert(
      fc.property(exposures, exposures, (failed, clean) => {
        const { shape, low, high } = fitWeibull(failed, clean);
        fc.pre(shape !== null);
        expect(low as number).toBeLessThan(shape as number);
        expect(high as number).toBeGreaterThan(shape as number);
      }),
    );
  });

  test('too few: under 5 failures, or all at the end of the longest trial', () => {
    expect(fitWeibull([3, 4, 5, 6], [10]).verdict).toBe('too-few');
    expect(fitWeibull([3, 4, 5, 6], [10]).shape).not.toBeNull();
    const nothing: WeibullFit = {
      shape: null,
      scale: null,
      low: null,
      high: null,
      verdict: 'too-few',
    };
    expect(fitWeibull([], [10, 10])).toEqual(nothing);
    expect(fitWeibull([3], [10])).toEqual(nothing);
    expect(fitWeibull([10, 10, 10, 10, 10, 10], [10, 10, 10])).toEqual(nothing);
  });

  test('exposures of 0 or less are refused', () => {
    expect(() => fitWeibull([0, 1])).toThrow(InvariantError);
    expect(() => fitWeibull([1, 2], [-1])).toThrow(InvariantError);
  });
});

interface Setting {
  readonly shape: number;
  readonly trials: number;
  /** Where clean trials end, in units of the scale. */
  readonly end: number;
}

/** Verdicts of data sets that a Weibull law made; those with fewer than 5 failures are dropped. */
function simulate({ shape, trials, end }: Setting, sets: number, rng: Rng) {
  const verdicts: Record<ShapeVerdict, number> = {
    'warm-up': 0,
    wear: 0,
    constant: 0,
    'too-few': 0,
  };
  for (let counted = 0; counted < sets; ) {
    const exposures = Array.from(
      { length: trials },
      () => (-Math.log1p(-rng.uniform())) ** (1 / shape),
    );
    const failed = exposures.filter((exposure) => exposure < end && exposure > 0);
    if (failed.length < 5) continue;
    const clean = exposures.filter((exposure) => exposure >= end).map(() => end);
    verdicts[fitWeibull(failed, clean).verdict]++;
    counted++;
  }
  return verdicts;
}

describe('verdicts of simulated data', () => {
  test.each([
    { shape: 1, trials: 5, end: Infinity },
    { shape: 1, trials: 10, end: Infinity },
    { shape: 1, trials: 60, end: 0.1 },
    { shape: 1, trials: 200, end: 0.1 },
  ])('a constant rate is called so 19 times of 20: $trials trials until $end', (setting) => {
    const sets = 600;
    const verdicts = simulate(setting, sets, createRng(`constant ${setting.trials}`));
    // 5 % and three standard deviations of the simulation.
    const most = sets * (0.05 + 3 * Math.sqrt((0.05 * 0.95) / sets));
    expect(verdicts['warm-up'] + verdicts.wear).toBeLessThan(most);
  });

  test('warm-up and wear are told apart', () => {
    const early = simulate({ shape: 0.4, trials: 60, end: 0.5 }, 100, createRng('early'));
    expect(early['warm-up']).toBeGreaterThan(90);
    expect(early.wear).toBe(0);
    const late = simulate({ shape: 3, trials: 60, end: 0.8 }, 100, createRng('late'));
    expect(late.wear).toBeGreaterThan(90);
    expect(late['warm-up']).toBe(0);
  });
});
