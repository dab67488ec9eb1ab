// Trials that were planned together: each task is told its outcomes in its own order, however they
// came in, and dear factors are changed seldom.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import { type Task, TrialQueue } from '../../../src/isolate/trial-queue.ts';
import { virtualPlan } from './virtual-plan.ts';

const CHEAP = virtualPlan({ a: [0, 1, 2], b: [0, 1] });

/** A task that remembers what it was told. */
function task(cells: readonly number[]): Task & { told: (readonly (boolean | null)[])[] } {
  const told: (readonly (boolean | null)[])[] = [];
  return {
    cells,
    told,
    settle: (failed) => {
      told.push([...failed]);
    },
  };
}

const taken = (queue: TrialQueue) => {
  const cells: number[] = [];
  while (!queue.isEmpty) cells.push(queue.take());
  return cells;
};

describe('TrialQueue', () => {
  test('gives out in the order in which it was given, and settles each task once', () => {
    const queue = new TrialQueue(CHEAP.space);
    const [one, two] = [task([4, 1]), task([2])];
    queue.add([one, two]);
    expect(queue.isCostly).toBe(false);
    expect(taken(queue)).toEqual([4, 1, 2]);
    queue.settle(4, true);
    expect(one.told).toEqual([]);
    queue.settle(1, null);
    expect(one.told).toEqual([[true, null]]);
    queue.settle(2, false);
    expect(two.told).toEqual([[false]]);
  });

  test('outcomes in any order reach the trial that was given out first for their cell', () => {
    const cell = fc.integer({ min: 0, max: 5 });
    const cells = fc.array(cell, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(cells, { minLength: 1, maxLength: 8 }), fc.string(), (lists, seed) => {
        const queue = new TrialQueue(CHEAP.space);
        const tasks = lists.map(task);
        queue.add(tasks);
        const order = createRng(seed).shuffle(taken(queue));
        const seen = new Map<number, number>();
        // The k-th outcome of a cell is even or odd with k.
        for (const each of order) {
          const count = seen.get(each) ?? 0;
          seen.set(each, count + 1);
          queue.settle(each, count % 2 === 0);
        }
        const given = new Map<number, number>();
        for (const { cells: planned, told } of tasks) {
          const expected = planned.map((each) => {
            const count = given.get(each) ?? 0;
            given.set(each, count + 1);
            return count % 2 === 0;
          });
          expect(told).toEqual([expected]);
        }
      }),
    );
  });

  test("the outcome of a trial that nobody asked for is nobody's", () => {
    const queue = new TrialQueue(CHEAP.space);
    const one = task([3, 0]);
    queue.add([one]);
    queue.settle(3, true);
    queue.settle(5, true);
    expect(taken(queue)).toEqual([3, 0]);
    queue.settle(0, false);
    expect(one.told).toEqual([]);
    queue.settle(3, false);
    expect(one.told).toEqual([[false, false]]);
    queue.settle(3, true);
    expect(one.told.length).toBe(1);
  });

  test('clear forgets what was planned, and not what is under way', () => {
    const queue = new TrialQueue(CHEAP.space);
    const [under, planned] = [task([1]), task([2, 3])];
    queue.add([under, planned]);
    expect(queue.take()).toBe(1);
    expect(queue.take()).toBe(2);
    queue.clear();
    expect(queue.isEmpty).toBe(true);
    queue.settle(1, true);
    queue.settle(2, true);
    queue.settle(3, true);
    expect(under.told).toEqual([[true]]);
    expect(planned.told).toEqual([]);
  });

  test('a task need not want to know', () => {
    const queue = new TrialQueue(CHEAP.space);
    queue.add([{ cells: [0] }]);
    queue.settle(queue.take(), true);
    expect(queue.isEmpty).toBe(true);
  });
});

describe('a factor that is dear to change', () => {
  const DEAR = virtualPlan(
    { size: [1, 2], kernel: ['5.0', '5.1', '5.2'], mode: ['b', 'd'] },
    { cost: { kernel: 300 } },
  );
  const kernels = (cells: readonly number[]) => cells.map((cell) => DEAR.space.levelOf(cell, 1));
  const changes = (levels: readonly number[]) =>
    levels.filter((level, at) => at > 0 && level !== levels[at - 1]).length;
  const all = () => Array.from({ length: DEAR.space.cellCount }, (_, cell) => task([cell]));

  test('goes through its levels in blocks, up and then down again', () => {
    const queue = new TrialQueue(DEAR.space);
    expect(queue.isCostly).toBe(true);
    queue.add(all());
    const up = kernels(taken(queue));
    queue.add(all());
    const down = kernels(taken(queue));
    queue.add(all());
    const again = kernels(taken(queue));
    expect(up).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]);
    expect(down).toEqual(up.toReversed());
    expect(again).toEqual(up);
    // ABBA: no change between two blocks, and each level early as often as late.
    expect(changes([...up, ...down, ...again])).toBe(6);
  });

  test('pairs are settled in their own order all the same', () => {
    const queue = new TrialQueue(DEAR.space);
    const cellOf = (kernel: string) =>
      DEAR.cells.findIndex(({ levels }) => levels.kernel === kernel);
    const pair = task([cellOf('5.2'), cellOf('5.0')]);
    queue.add([pair]);
    const [first, second] = taken(queue);
    expect([second, first]).toEqual(pair.cells);
    queue.settle(first as number, true);
    queue.settle(second as number, false);
    expect(pair.told).toEqual([[false, true]]);
  });

  test('two dear factors: the one that comes first changes less often', () => {
    const plan = virtualPlan(
      { kernel: [0, 1], host: [0, 1, 2], size: [0, 1] },
      { cost: { kernel: 300, host: 20 } },
    );
    const queue = new TrialQueue(plan.space);
    queue.add(plan.cells.map((_, cell) => task([cell])));
    const cells = taken(queue);
    const levels = (factor: number) => cells.map((cell) => plan.space.levelOf(cell, factor));
    expect(changes(levels(0))).toBe(1);
    expect(changes(levels(1))).toBe(5);
  });
});
