// Two counts of failures compared: Fisher's exact test for "the new build fails less", and the
// exact interval of the ratio of two rates. The tails are summed here from ratios of neighbouring
// terms, because a hypergeometric tail taken from logarithms of factorials (as in @stdlib) loses
// its digits at a million trials, and the sums need nothing but multiplications.

import { assert } from '../base/assert.ts';
import { binomialInterval } from '../base/binomial-interval.ts';

/** A discrete distribution with one mode, given by the ratios of its neighbouring terms. */
export interface TermRatios {
  /** The least value that can occur. */
  readonly lowest: number;
  /** The greatest value that can occur; may be Infinity where the ratios fall to 0. */
  readonly highest: number;
  /** P(value + 1) / P(value), for lowest <= value < highest. */
  readonly ratio: (value: number) => number;
}

/** Trials and how many of them failed; 0 <= failures <= trials. */
export interface FailureCount {
  readonly failures: number;
  readonly trials: number;
}

export interface RateRatio {
  /** Rate of the first over rate of the second; Infinity when only the first failed. */
  readonly ratio: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** Terms smaller than this share of their sum are beyond its last digit, with all that follow. */
const NEGLIGIBLE = 1e-20;

/**
 * P(X <= at) and P(X > at), each with its own full precision, so that no tail is found as
 * 1 - other. The term at `at` is taken as 1 and both sides are summed outwards from it; all terms
 * are positive, so nothing cancels: the relative error is about 1e-16 times the square root of the
 * number of terms between `at` and the mode. Tails below 1e-308 come out as 0.
 */
export function tails(
  at: number,
  { lowest, highest, ratio }: TermRatios,
): { readonly atMost: number; readonly above: number } {
  if (at < lowest) return { atMost: 0, above: 1 };
  if (at >= highest) return { atMost: 1, above: 0 };
  let below = 1;
  for (let value = at, term = 1; value > lowest; value--) {
    term /= ratio(value - 1);
    below += term;
    if (term <= below * NEGLIGIBLE || below === Infinity) break;
  }
  let above = 0;
  for (let value = at, term = 1; value < highest; value++) {
    term *= ratio(value);
    above += term;
    if (term <= above * NEGLIGIBLE || above === Infinity) break;
  }
  // Only the side that holds the mode can overflow, and then the other is below 1e-308.
  return { atMost: 1 / (1 + above / below), above: 1 / (1 + below / above) };
}

/**
 * One-sided p-value of Fisher's exact test (Fisher, The Design of Experiments, 1935): given how
 * many failures there were in all, the probability that so few or fewer of them fall on the new
 * trials, were there no difference. It is 1 without any failure or without trials on one side.
 *
 * It holds for a number of trials that was fixed in advance; looked at again and again it errs more
 * often than it says (src/isolate/proof-rule.ts does not).
 */
export function fisherOneSided(
  oldFailures: number,
  oldTrials: number,
  newFailures: number,
  newTrials: number,
): number {
  assertCount({ failures: oldFailures, trials: oldTrials });
  assertCount({ failures: newFailures, trials: newTrials });
  const failures = oldFailures + newFailures;
  return tails(newFailures, {
    lowest: Math.max(0, failures - oldTrials),
    highest: Math.min(failures, newTrials),
    ratio: (value) =>
      ((newTrials - value) * (failures - value)) /
      ((value + 1) * (oldTrials - failures + value + 1)),
  }).atMost;
}

/**
 * Ratio of the failure rates of `a` and `b` with its exact interval, by conditioning on the sum of
 * the failures (Przyborowski & Wilenski, Biometrika 31, 1940; Lehmann, Testing Statistical
 * Hypotheses, section 4.5): the share of failures that fell on `a` is binomial, and its
 * Clopper-Pearson bounds s become ratios s / (1 - s) x trials of b / trials of a.
 *
 * Both tails always keep half of the doubt, also when one side never failed (then `low` is 0, or
 * `ratio` and `high` are Infinity), so that the coverage is never below `confidence`. All three
 * are null when nothing is known: no failures at all, or no trials on one side.
 *
 * It is exact for events that are counted per exposure (Poisson). It is conservative, that is wider
 * than needed, for few failures, since counts are discrete, and for rates that are not small: a
 * trial fails at most once, so its counts scatter less than Poisson counts by a factor 1 - rate.
 */
export function rateRatio(a: FailureCount, b: FailureCount, confidence = 0.95): RateRatio {
  assertCount(a);
  assertCount(b);
  assert(confidence > 0 && confidence < 1, `confidence must lie between 0 and 1: ${confidence}`);
  const failures = a.failures + b.failures;
  if (failures === 0 || a.trials === 0 || b.trials === 0) {
    return { ratio: null, low: null, high: null };
  }
  const oneSided = a.failures === 0 || b.failures === 0;
  // binomialInterval puts all of the doubt into one tail there; half of it is the other tail's.
  const share = binomialInterval(
    a.failures,
    failures,
    oneSided ? (1 + confidence) / 2 : confidence,
  );
  const fromOdds = (odds: number) => (odds * b.trials) / a.trials;
  const fromShare = (part: number) => fromOdds(part / (1 - part));
  return {
    ratio: fromOdds(a.failures / b.failures),
    low: fromShare(share.low as number),
    high: fromShare(share.high as number),
  };
}

function assertCount({ failures, trials }: FailureCount): void {
  assert(
    Number.isSafeInteger(failures) && Number.isSafeInteger(trials),
    `counts must be integers: ${failures} of ${trials}`,
  );
  assert(failures >= 0 && failures <= trials, `impossible count: ${failures} of ${trials}`);
}
