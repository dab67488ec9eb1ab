// Old and fixed in turn: the sides alternate ABBA, a pair stays a pair, the seed and what it was
// told decide everything, and a trial that cannot be judged is made again and enters no count.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import type { Cell } from '../../../src/domain/cell.ts';
import type { ProofSide } from '../../../src/domain/proof.ts';
import type { Verdict } from '../../../src/domain/trial.ts';
import { type CellPair, interleavedSchedule } from '../../../src/schedule/interleaved.ts';

/** Old cells are 0, 1, 2, ...; the fixed one of each has its number and 100. */
function pairsOf(count: number): CellPair[] {
  const cell = (index: number): Cell => ({ index, levels: { n: index } });
  return Array.from({ length: count }, (_, at) => ({ old: cell(at), fixed: cell(100 + at) }));
}

function scheduleOf(count: number, seed: string, control = true) {
  const told: [ProofSide, boolean][] = [];
  const comparison = {
    add: (side: ProofSide, failed: boolean) => void told.push([side, failed]),
    concluded: () => (told.length >= 12 ? 'enough' : null),
    news: () => `${told.length} told`,
  };
  const schedule = interleavedSchedule(pairsOf(count), createRng(seed), comparison, control);
  return { schedule, told };
}

/** Indices of the cells that are asked for, each told with the verdict at its place. */
function sequence(count: number, seed: string, verdicts: readonly Verdict[], control = true) {
  const { schedule, told } = scheduleOf(count, seed, control);
  const cells = verdicts.map((verdict) => {
    const cell = schedule.next() as Cell;
    schedule.learn(cell, verdict, 1);
    return cell.index;
  });
  return { cells, told, next: schedule.next()?.index };
}

const clean = (trials: number): Verdict[] => Array.from({ length: trials }, () => 'clean');
const sideOf = (index: number): ProofSide => (index < 100 ? 'old' : 'fixed');
const COUNT = fc.integer({ min: 1, max: 5 });
const SEED = fc.string({ maxLength: 8 });
const VERDICTS = fc.array(fc.constantFrom<Verdict>('clean', 'damaged', 'failed', 'unknown'), {
  maxLength: 60,
});

describe('interleavedSchedule', () => {
  test('old, fixed, fixed, old, and again', () => {
    const { cells, told } = sequence(1, 's', clean(8));
    expect(cells).toEqual([0, 100, 100, 0, 0, 100, 100, 0]);
    const sides = ['old', 'fixed', 'fixed', 'old', 'old', 'fixed', 'fixed', 'old'];
    expect(told.map(([side]) => side)).toEqual(sides);
  });

  test('the two trials of a pair differ in nothing but the fix', () => {
    fc.assert(
      fc.property(COUNT, SEED, (count, seed) => {
        const { cells } = sequence(count, seed, clean(8 * count));
        for (let at = 0; at < cells.length; at += 2) {
          const [a, b] = [cells[at] as number, cells[at + 1] as number];
          expect(a % 100).toBe(b % 100);
          expect(sideOf(a)).not.toBe(sideOf(b));
        }
      }),
    );
  });

  test('every pair once in a round, in an order that the seed decides', () => {
    const { cells } = sequence(5, 'a', clean(40));
    const pairs = cells.filter((_, at) => at % 2 === 0).map((index) => index % 100);
    for (let at = 0; at < pairs.length; at += 5) {
      expect(new Set(pairs.slice(at, at + 5)).size).toBe(5);
    }
    expect(sequence(5, 'a', clean(40)).cells).toEqual(cells);
    expect(sequence(5, 'b', clean(40)).cells).not.toEqual(cells);
  });

  test('a trial of verdict unknown is made again and is not told', () => {
    const { cells, told } = sequence(1, 's', ['clean', 'unknown', 'unknown', 'damaged', 'failed']);
    expect(cells).toEqual([0, 100, 100, 100, 100]);
    expect(told).toEqual([
      ['old', false],
      ['fixed', true],
      ['fixed', true],
    ]);
  });

  test('told again of its trials, it goes on as it would have', () => {
    fc.assert(
      fc.property(COUNT, SEED, VERDICTS, fc.nat(60), (count, seed, verdicts, cut) => {
        const whole = sequence(count, seed, verdicts);
        const resumed = sequence(count, seed, verdicts.slice(0, cut));
        expect(whole.cells.slice(0, resumed.cells.length)).toEqual(resumed.cells);
        const goesOn = cut < whole.cells.length ? whole.cells[cut] : whole.next;
        expect(resumed.next).toBe(goesOn);
      }),
    );
  });

  test('without a control only the fixed cells are tried, each in its turn', () => {
    const { cells, told } = sequence(3, 's', clean(9), false);
    expect(cells.every((index) => index >= 100)).toBe(true);
    for (const round of [0, 3, 6]) expect(new Set(cells.slice(round, round + 3)).size).toBe(3);
    expect(told.every(([side]) => side === 'fixed')).toBe(true);
  });

  test('when to stop and what is new is asked of the comparison', () => {
    const { schedule } = scheduleOf(1, 's');
    expect(schedule.concluded()).toBeNull();
    for (let trial = 0; trial < 12; trial++) {
      schedule.learn(schedule.next() as Cell, 'clean', 1);
    }
    expect(schedule.concluded()).toBe('enough');
    expect(schedule.news()).toBe('12 told');
  });
});
