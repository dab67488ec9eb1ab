// The balanced schedule: every cell once a round, in an order that the seed alone decides.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import type { Cell } from '../../../src/domain/cell.ts';
import { balancedSchedule } from '../../../src/schedule/balanced.ts';

function cellsOf(count: number): Cell[] {
  return Array.from({ length: count }, (_, index) => ({ index, levels: { n: index } }));
}

function sequence(count: number, seed: string, length: number): (number | undefined)[] {
  const schedule = balancedSchedule(cellsOf(count), createRng(seed));
  return Array.from({ length }, () => schedule.next()?.index);
}

const COUNT = fc.integer({ min: 1, max: 40 });
const SEED = fc.string({ maxLength: 8 });

describe('balancedSchedule', () => {
  test('each cell once in each round', () => {
    fc.assert(
      fc.property(COUNT, SEED, (count, seed) => {
        const order = sequence(count, seed, 3 * count);
        for (const round of [0, 1, 2]) {
          const part = order.slice(round * count, (round + 1) * count);
          expect(new Set(part).size).toBe(count);
        }
      }),
    );
  });

  test('the same seed gives the same order, another seed another', () => {
    expect(sequence(30, 'a', 90)).toEqual(sequence(30, 'a', 90));
    expect(sequence(30, 'a', 30)).not.toEqual(sequence(30, 'b', 30));
  });

  test('no round repeats the order of the one before', () => {
    const order = sequence(30, 'a', 90);
    expect(order.slice(0, 30)).not.toEqual(order.slice(30, 60));
    expect(order.slice(30, 60)).not.toEqual(order.slice(60, 90));
  });

  test('what it is told changes nothing, and it never comes to an end', () => {
    const schedule = balancedSchedule(cellsOf(3), createRng('a'));
    const order = Array.from({ length: 9 }, () => {
      const cell = schedule.next() as Cell;
      schedule.learn(cell, 'damaged', 1);
      return cell.index;
    });
    expect(order).toEqual(sequence(3, 'a', 9));
    expect(schedule.concluded()).toBeNull();
    expect(schedule.news()).toBeNull();
  });

  test('without cells there is nothing to try', () => {
    expect(balancedSchedule([], createRng('a')).next()).toBeNull();
  });
});
