// What a trace is called: nothing is clean of which a part was not seen.

import { expect, test } from 'vitest';
import { verdictOf } from '../../../src/trace/trace-account.ts';

const verdict = (flags: number, lostEvents: number, unread: number, complaint: string | null) =>
  verdictOf(
    { flagCounts: new Map(flags ? [['short-write', flags]] : []), lostEvents },
    {
      unread,
      complaint,
    },
  );

test('clean only where all was seen, and what was flagged stays so', () => {
  expect(verdict(0, 0, 0, null)).toBe('clean');
  expect(verdict(0, 1, 0, null)).toBe('unknown');
  expect(verdict(0, 0, 1, null)).toBe('unknown');
  expect(verdict(0, 0, 0, 'the tracer ended by itself')).toBe('unknown');
  expect(verdict(1, 1, 1, 'the tracer ended by itself')).toBe('flagged');
});
