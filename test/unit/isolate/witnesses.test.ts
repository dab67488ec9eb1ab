// Who has shown that a level does not matter: one failure there, inside the claim. And when a level
// has been clean for so long that it is called not seen.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import type { Levels } from '../../../src/domain/cell.ts';
import { CellCounts } from '../../../src/isolate/cell-counts.ts';
import { Cover } from '../../../src/isolate/cover.ts';
import { CLEAN_ENOUGH, MISSED, Witnesses } from '../../../src/isolate/witnesses.ts';
import { conjunction, countsOf, virtualPlan } from './virtual-plan.ts';

const PLAN = virtualPlan({ kernel: ['5.0', '5.1'], sync: ['sync', 'async'], size: [1, 4, 16] });
const COVER = new Cover(PLAN.space, [conjunction(PLAN.space, { sync: ['async'] })]);
const INSIDE = COVER.inside[0] as readonly number[];

function witnessesOf(of: (levels: Levels) => readonly [number, number] = () => [0, 0]) {
  return new Witnesses(PLAN.space, COVER, 0, countsOf(PLAN, of));
}

const cellOf = (wanted: Levels) =>
  PLAN.cells.findIndex(({ levels }) =>
    Object.entries(wanted).every(([factor, level]) => levels[factor] === level),
  );
/** `kernel=5.1`: those that still want a witness. */
const openOf = (witnesses: Witnesses) =>
  witnesses.openLevels.map(({ factor, level }) => {
    const { name, levels } = PLAN.factors[factor] as (typeof PLAN.factors)[number];
    return `${name}=${levels[level]}`;
  });

describe('Witnesses', () => {
  test('every level that occurs inside wants one, and none outside', () => {
    const open = openOf(witnessesOf());
    expect(open.toSorted()).toEqual(
      ['kernel=5.0', 'kernel=5.1', 'size=1', 'size=16', 'size=4', 'sync=async'].toSorted(),
    );
  });

  test('a failure is a witness for all levels of its cell, a clean trial for none', () => {
    const witnesses = witnessesOf();
    const cell = cellOf({ kernel: '5.1', sync: 'async', size: 4 });
    witnesses.observe(cell, false);
    expect(openOf(witnesses).length).toBe(6);
    expect(witnesses.served(cell)).toBe(3);
    witnesses.observe(cell, true);
    expect(openOf(witnesses).toSorted()).toEqual(['kernel=5.0', 'size=1', 'size=16']);
    expect(witnesses.served(cell)).toBe(0);
    expect(witnesses.served(cellOf({ kernel: '5.0', sync: 'async', size: 4 }))).toBe(1);
  });

  test('failures outside are witnesses of nothing', () => {
    const witnesses = witnessesOf(({ sync }) => (sync === 'sync' ? [5, 10] : [0, 10]));
    expect(openOf(witnesses).length).toBe(6);
  });

  test('a level that stays clean is closed after 4.6 expected failures, not before', () => {
    const witnesses = witnessesOf(({ sync, size }) =>
      sync === 'async' && size !== 16 ? [50, 100] : [0, 0],
    );
    const cell = cellOf({ kernel: '5.0', sync: 'async', size: 16 });
    let trials = 0;
    for (; openOf(witnesses).includes('size=16'); trials++) witnesses.observe(cell, false);
    expect(trials * witnesses.rate).toBeGreaterThanOrEqual(CLEAN_ENOUGH);
    expect((trials - 2) * witnesses.rate).toBeLessThan(CLEAN_ENOUGH);
  });

  test('an equal cause elsewhere is silent for so long as seldom as it says', () => {
    for (const [failures, trials] of [
      [3, 50],
      [5, 400],
      [20, 400],
    ] as const) {
      const witnesses = witnessesOf(({ sync, kernel, size }) => {
        return sync === 'async' && kernel === '5.0' && size === 1 ? [failures, trials] : [0, 0];
      });
      const rng = createRng(`rates after ${failures}`);
      const draws = 100_000;
      let silent = 0;
      for (let draw = 0; draw < draws; draw++) {
        // Gamma distributed: the sum of exponential waits.
        let waits = 0;
        for (let wait = 0; wait < failures; wait++) waits -= Math.log(1 - rng.uniform());
        silent += Math.exp((-waits / trials) * witnesses.cleanEnough);
      }
      expect(silent / draws / MISSED, `${failures} in ${trials}`).toBeGreaterThan(0.7);
      expect(silent / draws / MISSED, `${failures} in ${trials}`).toBeLessThan(1.3);
    }
  });

  test('few failures tell a rate badly: far more clean trials are enough than after many', () => {
    const found = (failures: number) =>
      witnessesOf(({ sync, kernel, size }) =>
        sync === 'async' && kernel === '5.0' && size === 1 ? [failures, 100 * failures] : [0, 0],
      );
    const times = (failures: number) => found(failures).cleanEnough * found(failures).rate;
    expect(times(200)).toBeLessThan(7.3);
    expect(times(20)).toBeGreaterThan(8);
    expect(times(5)).toBeGreaterThan(14);
  });

  test('the least probable level is that which fails too seldom', () => {
    const even = witnessesOf(({ sync }) => (sync === 'async' ? [4, 100] : [0, 100]));
    expect(even.leastProbability).toBeGreaterThan(0.3);
    const seldom = witnessesOf(({ sync, size }) => {
      if (sync === 'sync') return [0, 100];
      return [size === 16 ? 1 : 20, 100];
    });
    expect(seldom.leastProbability).toBeLessThan(1e-4);
  });

  test('counts what was tried before and what comes after alike', () => {
    const outcomes = fc.array(fc.tuple(fc.nat(PLAN.cells.length - 1), fc.boolean()), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(outcomes, fc.nat(60), (trials, cut) => {
        const counts = new CellCounts(PLAN.cells.length);
        const inside = trials.filter(([cell]) => COVER.explainedBy[cell] === 0);
        for (const [cell, failed] of inside.slice(0, cut)) counts.add(cell, failed);
        const split = new Witnesses(PLAN.space, COVER, 0, counts);
        for (const [cell, failed] of inside.slice(cut)) split.observe(cell, failed);
        const whole = new Witnesses(PLAN.space, COVER, 0, new CellCounts(PLAN.cells.length));
        for (const [cell, failed] of inside) whole.observe(cell, failed);
        expect(split.levels).toEqual(whole.levels);
        expect(split.rate).toBe(whole.rate);
      }),
    );
  });
});

describe('bestOf', () => {
  test('takes a cell that serves many levels at once', () => {
    const witnesses = witnessesOf();
    witnesses.observe(cellOf({ kernel: '5.1', sync: 'async', size: 4 }), true);
    const rng = createRng('best');
    const draw = (bound: number) => rng.integer(0, bound - 1);
    for (let look = 0; look < 20; look++) {
      const { levels } = PLAN.cells[witnesses.bestOf(INSIDE, draw)] as (typeof PLAN.cells)[number];
      expect(levels).toMatchObject({ sync: 'async', kernel: '5.0' });
      expect(levels.size).not.toBe(4);
    }
  });

  test('of a cover of one cell it is that', () => {
    const cell = INSIDE[0] as number;
    expect(witnessesOf().bestOf([cell], () => 0)).toBe(cell);
  });
});
