// How far captures came, in words.

import { expect, test } from 'vitest';
import type { CaptureAccount } from '../../../src/domain/capture.ts';
import type { StoredTrial } from '../../../src/domain/ports.ts';
import { CaptureSums, captureWords } from '../../../src/report/capture-words.ts';

const KIB = 1024;

function outcome(capture: Partial<CaptureAccount>, errno?: string): StoredTrial['outcome'] {
  const failure = { actor: 'writer-0', operation: 'write', file: 'data', message: '', atNs: '0' };
  return {
    opportunities: { reads: 0, writes: 0, bytesRead: 0, bytesWritten: 0 },
    tallies: [],
    failures: errno === undefined ? [] : [{ ...failure, errno }],
    capture: {
      plannedBytes: 64 * KIB,
      acknowledgedBytes: 64 * KIB,
      durableBytes: 0,
      leftBytes: 64 * KIB,
      savedBytes: 64 * KIB,
      outages: 0,
      outageMs: 0,
      ...capture,
    },
  };
}

function wordsOf(...outcomes: StoredTrial['outcome'][]): string[] {
  const sums = new CaptureSums();
  for (const each of outcomes) sums.add(each);
  return captureWords(sums.report());
}

test('nothing where nothing was captured', () => {
  expect(new CaptureSums().report()).toBeNull();
  expect(captureWords(null)).toEqual([]);
});

test('how far, what ended it, what is left and what can be saved', () => {
  const half = { acknowledgedBytes: 32 * KIB, leftBytes: 32 * KIB, savedBytes: 32 * KIB };
  const nothing = { acknowledgedBytes: 48 * KIB, leftBytes: 0, savedBytes: 0 };
  expect(wordsOf(outcome({}), outcome(half, 'EACCES'))).toEqual([
    '1 of 2 captures came to their end',
    '1 capture ended with EACCES from write, after 32KiB of 64KiB; 32KiB are left, 32KiB can be ' +
      'saved: all that had been acknowledged is there',
  ]);
  expect(wordsOf(outcome(half, 'EACCES'), outcome(nothing, 'EACCES'))[1]).toBe(
    '2 captures ended with EACCES from write, after 32KiB to 48KiB of 64KiB; 0B to 32KiB are ' +
      'left, 0B to 32KiB can be saved: up to 48KiB that had been acknowledged are not there',
  );
});

test('where nobody could look, and what was survived', () => {
  const unseen = { acknowledgedBytes: KIB, leftBytes: null, savedBytes: null };
  expect(wordsOf(outcome(unseen, 'ETIMEDOUT'))[1]).toMatch(/; nobody could look what is left$/);
  const survived = outcome({ outages: 2, outageMs: 1500 });
  expect(wordsOf(survived, outcome({}))).toEqual([
    '2 of 2 captures came to their end',
    '1 capture met errors and went on, for up to 1.5s',
  ]);
});
