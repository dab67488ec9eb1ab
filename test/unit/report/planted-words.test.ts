// What a report says of faults that were planted: found, missed, and accused without any.

import { expect, it } from 'vitest';
import type { FaultReceipt } from '../../../src/domain/fault.ts';
import type { TrialOutcome, Verdict } from '../../../src/domain/trial.ts';
import { PlantedSums, plantedWords } from '../../../src/report/planted-words.ts';

const RECEIPT: FaultReceipt = {
  ...{ fault: 1, kind: 'flip', operation: 'write', path: '/x', offset: 0, length: 8 },
  ...{ what: 'word 0 ^ 0x1', atNs: '1', atMs: 1 },
};

function sumsOf(trials: readonly [fired: number | null, verdict: Verdict][]) {
  const sums = new PlantedSums();
  for (const [fired, verdict] of trials) {
    const planted = fired === null ? {} : { planted: Array<FaultReceipt>(fired).fill(RECEIPT) };
    const none = { reads: 0, writes: 0, bytesRead: 0, bytesWritten: 0 };
    const outcome: TrialOutcome = {
      ...{ opportunities: none, tallies: [], observations: [], failures: [] },
      ...planted,
    };
    sums.add({ ...outcome, observations: 0 } as never, verdict);
  }
  return sums.report();
}

it('says nothing of a plan that plants nothing', () => {
  expect(sumsOf([[null, 'damaged']])).toBeNull();
  expect(plantedWords(sumsOf([[null, 'clean']]))).toEqual([]);
});

it('sets found beside missed, and false accusations beside the silent', () => {
  const report = sumsOf([
    [1, 'damaged'],
    [2, 'failed'],
    [1, 'clean'],
    [1, 'unknown'],
    [0, 'clean'],
    [0, 'damaged'],
    [0, 'unknown'],
  ]);
  expect(report).toEqual({
    ...{ fired: { flip: 5 }, accused: 2, silent: 1, unknown: 2, others: 2, falselyAccused: 1 },
  });
  expect(plantedWords(report)).toEqual([
    'faults fired on purpose: flip 5 times; 2 of 3 trials with one failed; 1 of 2 without; ' +
      '2 trials could not be judged',
  ]);
});

it('says that none fired', () => {
  expect(plantedWords(sumsOf([[0, 'clean']]))).toEqual(['no fault fired; 0 of 1 without']);
});
