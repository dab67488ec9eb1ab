// How sure a count of a count is. Every rate that is shown carries this interval, and a promise
// that was never broken carries its upper bound, so that "0 of 40" is not read as "never".

import quantile from '@stdlib/stats-base-dists-beta-quantile';
import { assert } from './assert.ts';

export interface BinomialInterval {
  /** successes / trials; null without trials. */
  readonly rate: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * Clopper-Pearson ("exact") interval of a proportion (Clopper & Pearson, Biometrika 26, 1934).
 *
 * Between the extremes it is two-sided, each tail (1 - confidence) / 2. At 0 of N and N of N one
 * bound is certain (0 or 1), so all of the doubt goes to the other: with 0 of N at 95 % the upper
 * bound is 1 - 0.05^(1/N), which is about 3/N (the "rule of three").
 */
export function binomialInterval(
  successes: number,
  trials: number,
  confidence = 0.95,
): BinomialInterval {
  assert(
    Number.isSafeInteger(successes) && Number.isSafeInteger(trials),
    `counts must be integers: ${successes} of ${trials}`,
  );
  assert(successes >= 0 && successes <= trials, `impossible count: ${successes} of ${trials}`);
  assert(confidence > 0 && confidence < 1, `confidence must lie between 0 and 1: ${confidence}`);
  if (trials === 0) return { rate: null, low: null, high: null };
  const doubt = 1 - confidence;
  // expm1 and log keep the digits that 1 - doubt ** (1 / trials) loses for many trials.
  const reach = Math.log(doubt) / trials;
  if (successes === 0) return { rate: 0, low: 0, high: -Math.expm1(reach) };
  if (successes === trials) return { rate: 1, low: Math.exp(reach), high: 1 };
  return {
    rate: successes / trials,
    low: quantile(doubt / 2, successes, trials - successes + 1),
    high: quantile(1 - doubt / 2, successes + 1, trials - successes),
  };
}
