// Sums over the actors of a trial.

import { expect, test } from 'vitest';
import { NO_OPPORTUNITIES, sumOpportunities, sumTallies } from '../../../src/workload/tally.ts';

test('opportunities of all actors are added; what an actor does not say counts as none', () => {
  expect(sumOpportunities([])).toEqual(NO_OPPORTUNITIES);
  expect(
    sumOpportunities([{ reads: 2, bytesRead: 8 }, { writes: 3 }, { reads: 1, bytesWritten: 5 }]),
  ).toEqual({ reads: 3, writes: 3, bytesRead: 8, bytesWritten: 5 });
});

test('one tally a promise; a promise that was never tried is not claimed', () => {
  expect(
    sumTallies([
      { promise: 'unit-atomic', tries: 10, broken: 1 },
      { promise: 'fresh-read', tries: 0, broken: 0 },
      { promise: 'unit-atomic', tries: 5, broken: 2 },
    ]),
  ).toEqual([{ promise: 'unit-atomic', tries: 15, broken: 3 }]);
});
