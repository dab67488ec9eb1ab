// Sums over the actors of a trial: opportunities, and how often each promise was tested and broken.

import type { PromiseName, PromiseTally } from '../domain/promise.ts';
import type { Opportunities, TrialOutcome } from '../domain/trial.ts';
import type { CheckResult } from './run-check.ts';

export const NO_OPPORTUNITIES: Opportunities = {
  reads: 0,
  writes: 0,
  bytesRead: 0,
  bytesWritten: 0,
};

export function sumOpportunities(parts: readonly Partial<Opportunities>[]): Opportunities {
  const sum = { ...NO_OPPORTUNITIES };
  for (const part of parts) {
    sum.reads += part.reads ?? 0;
    sum.writes += part.writes ?? 0;
    sum.bytesRead += part.bytesRead ?? 0;
    sum.bytesWritten += part.bytesWritten ?? 0;
  }
  return sum;
}

/** One tally a promise, in order of first appearance; those never tried are left out. */
export function sumTallies(parts: readonly PromiseTally[]): PromiseTally[] {
  const sums = new Map<PromiseName, { tries: number; broken: number }>();
  for (const { promise, tries, broken } of parts) {
    const sum = sums.get(promise) ?? { tries: 0, broken: 0 };
    sums.set(promise, { tries: sum.tries + tries, broken: sum.broken + broken });
  }
  return [...sums]
    .filter(([, sum]) => sum.tries > 0)
    .map(([promise, sum]) => ({ promise, ...sum }));
}

/** Of a trial in which files are written and then checked. */
export function checkedOutcome(
  writes: readonly Partial<Opportunities>[],
  checks: readonly CheckResult[],
  failures: TrialOutcome['failures'],
): TrialOutcome {
  return {
    opportunities: sumOpportunities([...writes, ...checks]),
    tallies: sumTallies(checks.flatMap((check) => check.tallies)),
    observations: checks
      .flatMap((check) => check.observations)
      .map((observation, seq) => ({ ...observation, seq })),
    failures,
  };
}

/** Readers of a unit that is rewritten have no more chances of a break than there were rewrites. */
export function withChances(tallies: readonly PromiseTally[], rewrites: number): PromiseTally[] {
  return tallies.map((tally) => ({ ...tally, chances: Math.min(tally.tries, rewrites) }));
}
