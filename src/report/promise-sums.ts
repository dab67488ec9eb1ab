// Promises summed over the cells of a hunt: how often each was put to the test, how often it was
// broken. The noun of a try differs per promise, because "0 of 31,204 reads" says more than
// "tries".

import type { CellReport, HuntReport } from '../domain/hunt-report.ts';
import { PROMISES, type PromiseName } from '../domain/promise.ts';

const TRY_NOUNS: Readonly<Record<PromiseName, string>> = {
  'read-back': 'tries',
  'unit-atomic': 'reads',
  'fresh-read': 'reads',
  'append-atomic': 'tries',
  'replace-atomic': 'reads',
  synced: 'tries',
};

export interface PromiseSum {
  readonly promise: PromiseName;
  readonly expected: boolean;
  readonly tries: number;
  readonly broken: number;
  readonly noun: string;
}

export function tryNoun(promise: PromiseName): string {
  return TRY_NOUNS[promise] ?? 'tries';
}

/** In the order of PROMISES; promises that were never tested are left out. */
export function promiseSums(cells: readonly CellReport[]): PromiseSum[] {
  const sums: PromiseSum[] = [];
  for (const promise of PROMISES) {
    const tested = cells.flatMap((cell) => cell.promises.filter((p) => p.promise === promise));
    const tries = tested.reduce((sum, p) => sum + p.tries, 0);
    if (tries === 0) continue;
    sums.push({
      promise,
      expected: tested.some((p) => p.expected),
      tries,
      broken: tested.reduce((sum, p) => sum + p.broken, 0),
      noun: tryNoun(promise),
    });
  }
  return sums;
}

/** Promises without a single try: nothing is known of them, which must be said. */
export function untestedPromises(report: Pick<HuntReport, 'cells' | 'guarantees'>): PromiseName[] {
  const tested = new Set<PromiseName>(promiseSums(report.cells).map((sum) => sum.promise));
  for (const guarantee of report.guarantees) {
    if (guarantee.tries > 0) tested.add(guarantee.promise);
  }
  return PROMISES.filter((promise) => !tested.has(promise));
}
