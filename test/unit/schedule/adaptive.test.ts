// The adaptive schedule: cells and verdicts of a hunt brought to whoever advises it, and back. News
// come when the stage changes, and the end when the adviser has nothing left to find out.

import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import type { Cell } from '../../../src/domain/cell.ts';
import type { Adviser } from '../../../src/domain/ports.ts';
import type { Verdict } from '../../../src/domain/trial.ts';
import { FactorSpace } from '../../../src/isolate/factor-space.ts';
import { Isolator } from '../../../src/isolate/isolator.ts';
import { adaptiveSchedule } from '../../../src/schedule/adaptive.ts';

/** Numbered as a plan does of which some cells were left out. */
const CELLS: readonly Cell[] = [5, 7, 12].map((index) => ({ index, levels: { n: index } }));

/** Asks for cells in turn; remembers what it was told. */
class Noting implements Adviser {
  stage = 'discover';
  isSettled = false;
  readonly told: [number, boolean | null][] = [];
  private asked = 0;

  next(): number {
    return this.asked++ % 4;
  }

  learn(cell: number, failed: boolean | null): void {
    this.told.push([cell, failed]);
  }
}

describe('adaptiveSchedule', () => {
  test('positions become cells, and null where there is none', () => {
    const schedule = adaptiveSchedule(CELLS, new Noting(), () => null);
    const asked = Array.from({ length: 5 }, () => schedule.next());
    expect(asked).toEqual([CELLS[0], CELLS[1], CELLS[2], null, CELLS[0]]);
  });

  test('verdicts become outcomes at the position of their cell', () => {
    const adviser = new Noting();
    const schedule = adaptiveSchedule(CELLS, adviser, () => null);
    const verdicts: Verdict[] = ['clean', 'damaged', 'failed', 'unknown'];
    verdicts.forEach((verdict, at) => {
      schedule.learn(CELLS[at % 3] as Cell, verdict, 1);
    });
    expect(adviser.told).toEqual([
      [0, false],
      [1, true],
      [2, true],
      [0, null],
    ]);
  });

  test("a cell of another plan is nobody's", () => {
    const adviser = new Noting();
    const schedule = adaptiveSchedule(CELLS, adviser, () => null);
    schedule.learn({ index: 6, levels: {} }, 'damaged', 1);
    expect(adviser.told).toEqual([]);
  });

  test('news are told once, when the stage changes, in the words of that moment', () => {
    const adviser = new Noting();
    let words: string | null = 'first';
    const schedule = adaptiveSchedule(CELLS, adviser, () => words);
    expect(schedule.news()).toBeNull();
    adviser.stage = 'search';
    expect(schedule.news()).toBe('first');
    words = 'second';
    expect(schedule.news()).toBeNull();
    adviser.stage = 'certify';
    expect(schedule.news()).toBe('second');
    adviser.stage = 'search';
    words = null;
    expect(schedule.news()).toBeNull();
  });

  test('it is concluded when the adviser is settled, and not before', () => {
    const adviser = new Noting();
    const schedule = adaptiveSchedule(CELLS, adviser, () => null);
    expect(schedule.concluded()).toBeNull();
    adviser.isSettled = true;
    expect(schedule.concluded()).toBe('what the failures need was isolated');
  });
});

describe('steered by an isolator', () => {
  const product = ['sync', 'async'].flatMap((sync) =>
    ['5.0', '5.1', '5.2'].map((kernel) => ({ sync, kernel })),
  );
  const cells: readonly Cell[] = product.map((levels, index) => ({ index: index + 10, levels }));
  const space = new FactorSpace(
    [
      { name: 'sync', ordered: false, levels: ['sync', 'async'] },
      { name: 'kernel', ordered: false, levels: ['5.0', '5.1', '5.2'] },
    ],
    cells,
  );

  function hunt(seed: string, fails: (cell: Cell) => boolean, most = 1000) {
    const isolator = new Isolator(space, createRng(seed));
    const schedule = adaptiveSchedule(cells, isolator, () => isolator.stage);
    const chance = createRng(`nature ${seed}`);
    const order: number[] = [];
    const news: string[] = [];
    while (schedule.concluded() === null && order.length < most) {
      const cell = schedule.next() as Cell;
      order.push(cell.index);
      schedule.learn(cell, fails(cell) && chance.uniform() < 0.3 ? 'damaged' : 'clean', 10);
      const said = schedule.news();
      if (said !== null) news.push(said);
    }
    return { order, news, concluded: schedule.concluded() };
  }
  const isAsync = ({ levels }: Cell) => levels.sync === 'async';

  test('it comes to an end, and each stage is told once', () => {
    const { news, concluded, order } = hunt('a', isAsync);
    expect(concluded).not.toBeNull();
    expect(order.length).toBeLessThan(1000);
    expect(news[0]).toBe('search');
    expect(news.at(-1)).toBe('settled');
    for (const [at, stage] of news.entries()) expect(stage).not.toBe(news[at - 1]);
  });

  test('the same seed and verdicts give the same order, another seed another', () => {
    expect(hunt('a', isAsync)).toEqual(hunt('a', isAsync));
    expect(hunt('a', isAsync).order).not.toEqual(hunt('b', isAsync).order);
  });

  test('without a failure it is the balanced one and never ends', () => {
    const { order, news, concluded } = hunt('a', () => false, 60);
    for (let round = 0; round < 10; round++) {
      expect(new Set(order.slice(6 * round, 6 * round + 6)).size).toBe(6);
    }
    expect([news, concluded]).toEqual([[], null]);
  });
});
