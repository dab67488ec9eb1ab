// The search for a smaller trial, over cells whose rates are known: it comes to the cheapest one
// that fails as often, keeps a provocation that helps, takes back what does not hold on fresh
// trials, and decides by what it was told alone.

import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import type { Cell, Levels } from '../../../src/domain/cell.ts';
import type { ShrinkQuestion, ShrinkTry } from '../../../src/domain/shrink.ts';
import type { Verdict } from '../../../src/domain/trial.ts';
import { RateRace } from '../../../src/isolate/rate-race.ts';
import { ShrinkingSchedule } from '../../../src/schedule/shrinking.ts';

const SIZES = [64, 32, 16, 8, 4, 2, 1];
const TIMES = [200, 100, 50];
const READERS = [1, 2, 4];

const CELLS: readonly Cell[] = SIZES.flatMap((size) =>
  TIMES.flatMap((time) => READERS.map((readers) => ({ size, time, readers }))),
).map((levels, index) => ({ index, levels }));

const QUESTION: Pick<ShrinkQuestion, 'start' | 'steps'> = {
  start: 0,
  steps: [
    { factor: 'time', aim: 'cheaper', levels: [100, 50] },
    { factor: 'readers', aim: 'stronger', levels: [2, 4] },
    { factor: 'size', aim: 'cheaper', levels: [32, 16, 8, 4, 2, 1] },
  ],
};

/** Failures per second of trial time, and what a trial takes; milliseconds. */
interface Medium {
  rate(levels: Levels): number;
  verdict?(levels: Levels): Verdict | null;
}

function scheduleOf(steps = QUESTION.steps): ShrinkingSchedule {
  const question = { ...QUESTION, steps } as ShrinkQuestion;
  return new ShrinkingSchedule(
    CELLS,
    question,
    (aim) => new RateRace(aim),
    ({ factor, decision }) => `${factor} ${decision}`,
  );
}

type Trial = readonly [cell: Cell, verdict: Verdict, durationMs: number];

/** Lets it ask for trials until it is done, or `most` are made. */
function search(schedule: ShrinkingSchedule, medium: Medium, seed = 's', most = 5000): Trial[] {
  const rng = createRng(seed);
  const trials: Trial[] = [];
  while (trials.length < most) {
    const cell = schedule.next();
    if (cell === null) break;
    const durationMs = Number(cell.levels.time) + 5;
    const fails = rng.uniform() < -Math.expm1((-medium.rate(cell.levels) * durationMs) / 1000);
    const verdict = medium.verdict?.(cell.levels) ?? (fails ? 'damaged' : 'clean');
    schedule.learn(cell, verdict, durationMs);
    trials.push([cell, verdict, durationMs]);
  }
  return trials;
}

const acceptedOf = ({ tried }: ShrinkingSchedule, aim: ShrinkTry['aim']) =>
  tried.filter((each) => each.aim === aim && each.decision === 'accepted');

describe('ShrinkingSchedule', () => {
  test('what has failed is not said to have never failed because a comparison has begun', () => {
    const schedule = scheduleOf();
    search(schedule, { rate: () => 3 }, 's', 1);
    while (acceptedOf(schedule, 'cheaper').length === 0)
      search(schedule, { rate: () => 3 }, 't', 1);
    const { levels } = schedule.incumbent;
    const before = schedule.countOf(levels);
    expect(before.failures).toBeGreaterThan(0);
    search(schedule, { rate: () => 0 }, 'u', 2);
    expect(schedule.underWay()?.decision).toBe('open');
    expect(schedule.countOf(levels)).toEqual(before);
  });

  test('what was decided counts as it was, also where nothing failed in it', () => {
    const schedule = scheduleOf([{ factor: 'time', aim: 'cheaper', levels: [100] }]);
    const start = CELLS[0] as Cell;
    search(schedule, { rate: ({ time }) => (time === 200 ? 0 : 40) });
    const last = schedule.tried.findLast(({ against }) => against === start.levels);
    expect(last?.decision).not.toBe('open');
    expect(schedule.countOf(start.levels)).toEqual(last?.incumbent);
  });

  test('where nothing matters it ends with the cheapest trial, and confirms it', () => {
    const schedule = scheduleOf();
    search(schedule, { rate: () => 3 });
    expect(schedule.concluded()).toBe('nothing smaller is left to try');
    expect(schedule.incumbent.levels).toEqual({ size: 1, time: 50, readers: 1 });
    expect(schedule.confirmed).toBe(true);
    expect(acceptedOf(schedule, 'stronger')).toEqual([]);
    expect(schedule.tried.at(-1)?.aim).toBe('confirmation');
  });

  test('a size below which it does not fail is kept: nearly always the least one', () => {
    const sizes = Array.from({ length: 60 }, (_, seed) => {
      const schedule = scheduleOf();
      search(schedule, { rate: ({ size }) => (Number(size) >= 8 ? 3 : 0) }, String(seed));
      expect(schedule.confirmed).toBe(true);
      return Number(schedule.incumbent.levels.size);
    });
    expect(Math.min(...sizes)).toBe(8);
    expect(sizes.filter((size) => size === 8).length).toBeGreaterThanOrEqual(54);
  });

  test('a provocation that multiplies the rate is kept at its strongest level', () => {
    const schedule = scheduleOf();
    search(schedule, { rate: ({ readers }) => 0.7 * Number(readers) ** 2 });
    expect(schedule.incumbent.levels.readers).toBe(4);
    expect(acceptedOf(schedule, 'stronger').map(({ levels }) => levels.readers)).toEqual([2, 4]);
  });

  test('what fails far less often when smaller stays as it was', () => {
    const schedule = scheduleOf();
    const rate = ({ size, time }: Levels) => (size === 64 && time === 200 ? 4 : 0.1);
    search(schedule, { rate });
    expect(schedule.incumbent.levels).toEqual({ size: 64, time: 200, readers: 1 });
    expect(schedule.confirmed).toBe(false);
    expect(schedule.tried.every(({ decision }) => decision === 'rejected')).toBe(true);
  });

  test('small losses do not add up: each is measured against the best so far', () => {
    // Every halving of the size loses 40 %: what is allowed once is too much when done twice.
    const sizes = ['a', 'b', 'c', 'd', 'e'].map((seed) => {
      const schedule = scheduleOf();
      search(schedule, { rate: ({ size }) => 3 * 0.6 ** (6 - Math.log2(Number(size))) }, seed);
      return Number(schedule.incumbent.levels.size);
    });
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(16);
  });

  test('told again of its trials, it goes on as it would have', () => {
    const medium = { rate: ({ size }: Levels) => (Number(size) >= 4 ? 4 : 1) };
    const whole = scheduleOf();
    const trials = search(whole, medium);
    for (const cut of [0, 1, 7, 40, trials.length - 1]) {
      const resumed = scheduleOf();
      for (const [cell, verdict, durationMs] of trials.slice(0, cut)) {
        expect(resumed.next()).toBe(cell);
        resumed.learn(cell, verdict, durationMs);
      }
      expect(resumed.next()).toBe(trials[cut]?.[0] ?? null);
    }
  });

  test('a candidate that cannot be judged is given up, and counted nowhere', () => {
    const schedule = scheduleOf([{ factor: 'size', aim: 'cheaper', levels: [1] }]);
    const verdict = ({ size }: Levels) => (size === 1 ? ('unknown' as const) : null);
    const trials = search(schedule, { rate: () => 3, verdict });
    expect(trials.length).toBeLessThan(40);
    expect(schedule.incumbent.levels.size).toBe(64);
    expect(schedule.tried[0]).toMatchObject({ decision: 'rejected', candidate: { trials: 0 } });
  });

  test('one that was interrupted says what is under way, and news are told once', () => {
    const schedule = scheduleOf();
    search(schedule, { rate: () => 3 }, 's', 6);
    expect(schedule.underWay()).toMatchObject({ factor: 'time', decision: 'open' });
    expect(schedule.concluded()).toBeNull();
    expect(schedule.news()).toBeNull();
    search(schedule, { rate: () => 3 });
    expect(schedule.news()).toMatch(/^time accepted; /);
    expect(schedule.news()).toBeNull();
    expect(schedule.underWay()).toBeNull();
  });

  test('with nothing to try it is done at once', () => {
    const schedule = scheduleOf([]);
    expect(schedule.next()).toBeNull();
    expect(schedule.countOf(schedule.incumbent.levels)).toMatchObject({ trials: 0 });
  });
});
