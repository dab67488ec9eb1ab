// A call that a plan lets fail is no failure of a trial, as long as something was read back; any
// other failed call is, and damage is damage whatever the calls said.

import { expect, test } from 'vitest';
import { judge } from '../../../src/diagnose/judge.ts';
import type { TrialOutcome } from '../../../src/domain/trial.ts';

const EXPECTED = [{ promise: 'read-back', source: 'POSIX' }] as const;

function outcome(calls: readonly string[], tries: number): TrialOutcome {
  return {
    opportunities: { reads: tries, writes: 1, bytesRead: 0, bytesWritten: 0 },
    tallies: [{ promise: 'read-back', tries, broken: 0 }],
    observations: [],
    failures: calls.map((call) => {
      const [operation = '', errno = ''] = call.split(' ');
      return { actor: 'writer-0', operation, file: 'data', errno, message: call, atNs: '0' };
    }),
  };
}

test.each([
  [['write EROFS'], 3, ['write EROFS'], 'clean'],
  [['write EROFS'], 3, [], 'failed'],
  [['write EROFS'], 3, ['write EACCES', 'open EROFS'], 'failed'],
  [['write EROFS', 'close EROFS'], 3, ['write EROFS'], 'failed'],
  [['open EROFS'], 0, ['open EROFS'], 'unknown'],
] as const)('%j after %i reads, where %j may fail: %s', (calls, tries, tolerated, verdict) => {
  expect(judge(outcome(calls, tries), EXPECTED, null, tolerated).verdict).toBe(verdict);
});

test('the call that counts is named', () => {
  const judged = judge(outcome(['write EROFS', 'close EIO'], 3), EXPECTED, null, ['write EROFS']);
  expect(judged.because).toBe('close on data: EIO');
});
