// How often it fails per unit of exposure (hours, bytes, reads, messages), and whether it fails
// early or late within its exposure. The interval of a rate is found from exact Poisson sums: the
// inverse incomplete gamma function that @stdlib offers is off by 1 in 10,000 for some arguments.

import { assert } from '../base/assert.ts';
import { tails } from './fisher.ts';

/** Failures per unit of exposure, with its interval; all null without exposure. */
export interface ExposureRate {
  readonly rate: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * - `warm-up`: the shape lies below 1: failures come early, and less often the longer it runs.
 * - `wear`: the shape lies above 1: the longer it runs, the more often it fails.
 * - `constant`: neither is shown, which does not prove that the rate is constant.
 * - `too-few`: fewer than 5 failures, or all of them at the largest exposure that there was.
 */
export type ShapeVerdict = 'warm-up' | 'wear' | 'constant' | 'too-few';

export interface WeibullFit {
  /** Dimensionless; null where the likelihood has no maximum or fewer than 2 failures. */
  readonly shape: number | null;
  /** Exposure at which 63.2 % have failed, in the unit of the exposures. */
  readonly scale: number | null;
  /** Interval of the shape at 95 %. */
  readonly low: number | null;
  readonly high: number | null;
  readonly verdict: ShapeVerdict;
}

const VERDICT_FAILURES_MIN = 5;
/** Half of the 95 % quantile of chi-square with one degree of freedom, 3.841458820694124. */
const LOG_LIKELIHOOD_DROP = 3.841458820694124 / 2;

/**
 * Rate and exact interval of a count of independent failures over an exposure (Garwood, Biometrika
 * 28, 1936), in failures per unit of exposure. Each tail keeps half of the doubt; with no failure
 * the lower bound is certain, so all of it goes to the upper one: -ln(1 - confidence) / exposure.
 */
export function exposureRate(failures: number, exposure: number, confidence = 0.95): ExposureRate {
  assert(Number.isSafeInteger(failures) && failures >= 0, `impossible count: ${failures}`);
  assert(Number.isFinite(exposure) && exposure >= 0, `impossible exposure: ${exposure}`);
  assert(exposure > 0 || failures === 0, `${failures} failures without exposure`);
  assert(confidence > 0 && confidence < 1, `confidence must lie between 0 and 1: ${confidence}`);
  if (exposure === 0) return { rate: null, low: null, high: null };
  const doubt = 1 - confidence;
  if (failures === 0) return { rate: 0, low: 0, high: -Math.log(doubt) / exposure };
  const canBeLower = (mean: number) => poissonTails(failures - 1, mean).above > doubt / 2;
  const canBeHigher = (mean: number) => poissonTails(failures, mean).atMost > doubt / 2;
  return {
    rate: failures / exposure,
    low: edge(canBeLower, failures, 1 / 2) / exposure,
    high: edge(canBeHigher, failures, 2) / exposure,
  };
}

function poissonTails(count: number, mean: number) {
  return tails(count, { lowest: 0, highest: Infinity, ratio: (value) => mean / (value + 1) });
}

/**
 * Weibull shape by maximum likelihood from the exposures at which trials failed and those at which
 * they ended clean (right-censored), all greater than 0 and in one unit (Cohen, Technometrics 7,
 * 1965). The exposure at a failure must be known better than "somewhere in this trial": when
 * failures are written down at the end of their trials, every rate looks like wear.
 *
 * The interval is the wider of two likelihood-ratio intervals at 95 %. That of the profile
 * likelihood is right when most trials end clean, but with five failures and no clean trial it
 * calls a constant rate "wear" in 1 of 10 simulated data sets. That of the marginal likelihood,
 * which integrates the scale out (Kalbfleisch & Prentice, The Statistical Analysis of Failure Time
 * Data, 1980), is right there, but calls warm-up a little too often where most end clean.
 */
export function fitWeibull(
  failedAt: readonly number[],
  cleanUntil: readonly number[] = [],
): WeibullFit {
  const all = [...failedAt, ...cleanUntil];
  assert(
    all.every((exposure) => Number.isFinite(exposure) && exposure > 0),
    'every exposure must be greater than 0',
  );
  const longest = all.reduce((longer, exposure) => Math.max(longer, exposure), 0);
  // With all failures at the largest exposure the likelihood grows with the shape for ever.
  if (failedAt.length < 2 || failedAt.every((exposure) => exposure === longest)) {
    return { shape: null, scale: null, low: null, high: null, verdict: 'too-few' };
  }
  const profile = new ShapeLikelihood(failedAt, all, longest, 0);
  const marginal = new ShapeLikelihood(failedAt, all, longest, 1);
  const [profileLow, profileHigh] = profile.interval();
  const [marginalLow, marginalHigh] = marginal.interval();
  const low = Math.min(profileLow, marginalLow);
  const high = Math.max(profileHigh, marginalHigh);
  const shape = profile.mode();
  const verdict = verdictOf(failedAt.length, low, high);
  return { shape, scale: profile.scaleAt(shape), low, high, verdict };
}

function verdictOf(failures: number, low: number, high: number): ShapeVerdict {
  if (failures < VERDICT_FAILURES_MIN) return 'too-few';
  if (high < 1) return 'warm-up';
  return low > 1 ? 'wear' : 'constant';
}

/**
 * Log-likelihood of the shape k with the scale replaced by its best value (`lost` 0) or integrated
 * out (`lost` 1), of r failures: (r - lost) ln k - r ln sum t^k + k sum of ln t over the failures.
 * It is strictly concave in k, so it has one mode. Exposures are taken relative to the longest.
 */
class ShapeLikelihood {
  private readonly logs: readonly number[];
  private readonly failures: number;
  private readonly failureLogSum: number;
  private readonly longest: number;
  private readonly lost: 0 | 1;

  constructor(failedAt: readonly number[], all: readonly number[], longest: number, lost: 0 | 1) {
    this.logs = all.map((exposure) => Math.log(exposure / longest));
    this.failures = failedAt.length;
    this.failureLogSum = failedAt.reduce((sum, exposure) => sum + Math.log(exposure / longest), 0);
    this.longest = longest;
    this.lost = lost;
  }

  mode(): number {
    const rises = (shape: number) => this.slope(shape) > 0;
    return rises(1) ? edge(rises, 1, 2) : edge((shape) => !rises(shape), 1, 1 / 2);
  }

  /** Where the log-likelihood has dropped by half of the chi-square quantile. */
  interval(): [number, number] {
    const mode = this.mode();
    const floor = this.value(mode) - LOG_LIKELIHOOD_DROP;
    const isLikely = (shape: number) => this.value(shape) > floor;
    return [edge(isLikely, mode, 1 / 2), edge(isLikely, mode, 2)];
  }

  scaleAt(shape: number): number {
    return this.longest * (this.powerSum(shape) / this.failures) ** (1 / shape);
  }

  private value(shape: number): number {
    const { failures, lost, failureLogSum } = this;
    return (
      (failures - lost) * Math.log(shape) -
      failures * Math.log(this.powerSum(shape)) +
      shape * failureLogSum
    );
  }

  private slope(shape: number): number {
    let [sum, weighted] = [0, 0];
    for (const log of this.logs) {
      const power = Math.exp(shape * log);
      sum += power;
      weighted += power * log;
    }
    const { failures, lost, failureLogSum } = this;
    return (failures - lost) / shape - (failures * weighted) / sum + failureLogSum;
  }

  private powerSum(shape: number): number {
    return this.logs.reduce((sum, log) => sum + Math.exp(shape * log), 0);
  }
}

/**
 * Where `holds` ends, going from `start` (> 0, where it holds) by `factor` (2 or 1/2) until it does
 * not and then halving the gap to the last digit of a double.
 */
function edge(holds: (value: number) => boolean, start: number, factor: number): number {
  let inside = start;
  let outside = start * factor;
  while (holds(outside)) {
    inside = outside;
    outside *= factor;
    assert(outside > 0 && outside < Infinity, `no edge between ${start} and ${outside}`);
  }
  for (;;) {
    const middle = (inside + outside) / 2;
    if (middle === inside || middle === outside) return inside;
    if (holds(middle)) inside = middle;
    else outside = middle;
  }
}
