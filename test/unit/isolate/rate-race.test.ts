// Two cells by failures per time: who comes next, what does not count, and when it is decided.

import { describe, expect, test } from 'vitest';
import { RateRace } from '../../../src/isolate/rate-race.ts';

/** So many trials of 100 ms on each side, the first `failing` of which fail. */
function raced(aim: 'cheaper' | 'stronger' | 'confirmation', failing: [number, number], of = 100) {
  const race = new RateRace(aim);
  for (const [side, failures] of [
    ['candidate', failing[0]],
    ['incumbent', failing[1]],
  ] as const) {
    race.add(side, true, 5000);
    for (let trial = 0; trial < of; trial++) race.add(side, trial < failures, 100);
  }
  return race;
}

describe('RateRace', () => {
  test('the side that had less time comes next, however short its trials are', () => {
    const race = new RateRace('cheaper');
    const turns: string[] = [];
    for (let trial = 0; trial < 14; trial++) {
      const side = race.turn();
      turns.push(side);
      race.add(side, false, side === 'candidate' ? 10 : 40);
    }
    expect(turns.slice(0, 4)).toEqual(['candidate', 'incumbent', 'candidate', 'incumbent']);
    expect(Math.abs(race.candidate.seconds - race.incumbent.seconds)).toBeLessThanOrEqual(0.04);
    expect(race.candidate.trials).toBeGreaterThanOrEqual(3 * race.incumbent.trials);
  });

  test('the first trial of each side does not count', () => {
    const race = raced('cheaper', [3, 2], 10);
    expect(race.candidate).toMatchObject({ trials: 10, failures: 3 });
    expect(race.candidate.seconds).toBeCloseTo(1);
    expect(race.incumbent).toMatchObject({ trials: 10, failures: 2 });
  });

  test('few failures decide nothing', () => {
    expect(raced('cheaper', [7, 0]).decision()).toBeNull();
    expect(raced('cheaper', [0, 7]).decision()).toBeNull();
    expect(raced('confirmation', [15, 2]).decision()).toBeNull();
    expect(new RateRace('cheaper').decision()).toBeNull();
  });

  test.each([
    ['cheaper', [8, 1], 'accepted'],
    ['cheaper', [0, 9], 'rejected'],
    ['cheaper', [13, 13], null],
    ['cheaper', [15, 14], 'accepted'],
    ['stronger', [8, 6], null],
    ['stronger', [10, 14], 'rejected'],
    ['stronger', [25, 3], 'accepted'],
    ['confirmation', [12, 8], 'accepted'],
    ['confirmation', [2, 20], 'rejected'],
  ] as const)('%s with %j failures in equal time: %s', (aim, failures, decision) => {
    expect(raced(aim, [...failures]).decision()).toBe(decision);
  });

  test('after thirty failures the estimate decides', () => {
    expect(raced('cheaper', [11, 19]).decision()).toBe('accepted');
    expect(raced('cheaper', [9, 21]).decision()).toBe('rejected');
    expect(raced('cheaper', [9, 20]).decision()).toBeNull();
  });
});
