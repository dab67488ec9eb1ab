// The guarantees of a survey, grouped as a designer of a protocol reads them: what he may build on,
// what he may not, and of what nobody can speak here.

import type { Guarantee, HuntReport } from '../domain/hunt-report.ts';
import { PROMISE_WORDS } from '../domain/promise.ts';
import { untestedPromises } from './promise-sums.ts';
import { bySurprise } from './surprise.ts';

export interface GuaranteeGroups {
  readonly kept: readonly Guarantee[];
  /** The most surprising first. */
  readonly notKept: readonly Guarantee[];
  /** Sentences: what was tried too little, and promises that were to be tested and were not. */
  readonly notTested: readonly string[];
}

export function guaranteeGroups(report: HuntReport): GuaranteeGroups {
  const [tested, untested] = [true, false].map((wanted) =>
    report.guarantees.filter((each) => isTested(each) === wanted),
  ) as [Guarantee[], Guarantee[]];
  const missing = untestedPromises(report).filter(
    (promise) => !untested.some((guarantee) => guarantee.promise === promise),
  );
  return {
    kept: tested.filter((guarantee) => guarantee.kept),
    notKept: bySurprise(tested),
    notTested: [
      ...untested.map(({ words }) => words),
      ...missing.map((promise) => `${promise}: ${PROMISE_WORDS[promise]}`),
    ],
  };
}

const isTested = ({ tries, enough }: Guarantee) => tries > 0 && enough !== false;
