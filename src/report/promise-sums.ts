// Promises summed over the cells of a hunt: how often each was put to the test, how often it was
// broken. The noun of a try differs per promise, because "0 of 31,204 reads" says more than
// "tries".

import type { CellReport, HuntReport } from '../domain/hunt-report.ts';
import { MESSAGE_PROMISES, PROMISES, type PromiseName } from '../domain/promise.ts';
import { countWords, effectiveChances } from './rate-words.ts';

const TRY_NOUNS: Readonly<Record<PromiseName, string>> = {
  'read-back': 'reads of one I/O',
  'unit-atomic': 'reads',
  'fresh-read': 'reads',
  'append-atomic': 'records',
  'replace-atomic': 'reads',
  synced: 'reads of one I/O',
  'ready-whole': 'pickups',
  'message-delivered': 'messages',
  'message-once': 'deliveries',
  'message-whole': 'deliveries',
  'sender-order': 'deliveries',
  'total-order': 'deliveries',
  'message-in-time': 'deliveries',
};

/** What each workload tests; a test holds it to what the workloads themselves declare. */
export const PROMISES_OF_WORKLOADS: ReadonlyMap<string, readonly PromiseName[]> = new Map([
  ['roundtrip', ['read-back', 'synced']],
  ['mailbox', ['unit-atomic', 'fresh-read']],
  ['append', ['append-atomic']],
  ['replace', ['replace-atomic', 'fresh-read']],
  ['transfer', ['read-back']],
  ['exchange', ['replace-atomic', 'fresh-read']],
  ['capture', ['read-back']],
  ['command', ['read-back']],
  ['delivery', ['read-back', 'ready-whole']],
  ['stream', [...MESSAGE_PROMISES]],
]);

export interface PromiseSum {
  readonly promise: PromiseName;
  readonly expected: boolean;
  readonly tries: number;
  readonly broken: number;
  /** Independent chances among the tries. */
  readonly chances: number;
  /** Chances on which the summed rate rests, see effectiveChances. */
  readonly effective: number;
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
    const parts = tested.map(({ tries: of, chances = of }) => ({ tries: of, chances }));
    sums.push({
      promise,
      expected: tested.some((p) => p.expected),
      tries,
      broken: tested.reduce((sum, p) => sum + p.broken, 0),
      chances: parts.reduce((sum, p) => sum + p.chances, 0),
      effective: effectiveChances(parts),
      noun: tryNoun(promise),
    });
  }
  return sums;
}

/** Of a promise never broken; a bound of the sum is none of each cell, so it says what it is of. */
export function keptWords(sum: PromiseSum, cells: readonly CellReport[]): string {
  const tested = cells.filter((cell) =>
    cell.promises.some(({ promise, tries }) => promise === sum.promise && tries > 0),
  );
  const over = tested.length > 1 ? ` over ${tested.length} cells` : '';
  return `${countWords(0, sum.tries, sum.noun, sum.chances)}${over}`;
}

/**
 * Promises that this hunt was to test, expected or of one of its workloads, without a single try:
 * nothing is known of them, which must be said. Others are not missed.
 */
export function untestedPromises(
  report: Pick<HuntReport, 'cells' | 'guarantees' | 'plan'>,
): PromiseName[] {
  const meant = new Set<PromiseName>(report.plan.expectations.map((each) => each.promise));
  for (const { levels } of report.cells) {
    const workload = String(levels.workload);
    for (const promise of PROMISES_OF_WORKLOADS.get(workload) ?? []) meant.add(promise);
  }
  const tested = new Set<PromiseName>(promiseSums(report.cells).map((sum) => sum.promise));
  for (const guarantee of report.guarantees) {
    if (guarantee.tries > 0) tested.add(guarantee.promise);
  }
  return PROMISES.filter((promise) => meant.has(promise) && !tested.has(promise));
}
