// The guarantees of a survey, grouped as a designer of a protocol reads them: what he may build on,
// what he may not, and what nobody has looked at here.

import type { Guarantee, HuntReport } from '../domain/hunt-report.ts';
import { PROMISE_WORDS, type PromiseName } from '../domain/promise.ts';
import { untestedPromises } from './promise-sums.ts';
import { bySurprise } from './surprise.ts';

export interface GuaranteeGroups {
  readonly kept: readonly Guarantee[];
  /** The most surprising first. */
  readonly notKept: readonly Guarantee[];
  /** Guarantees without a try, and promises that were to be tested and were not. */
  readonly notTested: readonly { readonly promise: PromiseName; readonly words: string }[];
}

export function guaranteeGroups(report: HuntReport): GuaranteeGroups {
  const tested = report.guarantees.filter((guarantee) => guarantee.tries > 0);
  const untried = report.guarantees.filter((guarantee) => guarantee.tries === 0);
  const missing = untestedPromises(report).filter(
    (promise) => !untried.some((guarantee) => guarantee.promise === promise),
  );
  return {
    kept: tested.filter((guarantee) => guarantee.kept),
    notKept: bySurprise(tested),
    notTested: [
      ...untried.map(({ promise, words }) => ({ promise, words })),
      ...missing.map((promise) => ({ promise, words: PROMISE_WORDS[promise] })),
    ],
  };
}
