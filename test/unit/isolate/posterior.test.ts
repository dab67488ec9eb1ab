// What is believed after trials: a probability whatever the trials were, the planted cause where
// there is one, "no factor matters" where all fail alike, and nothing that depends on the order in
// which the trials came.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Levels } from '../../../src/domain/cell.ts';
import { literalsOf } from '../../../src/isolate/conjunction.ts';
import { type Belief, logPriorOf, Posterior } from '../../../src/isolate/posterior.ts';
import {
  conjunction,
  countsOf,
  literalsName,
  type VirtualPlan,
  virtualPlan,
} from './virtual-plan.ts';

const PLAN = virtualPlan(
  { kernel: ['5.0', '5.1', '5.2'], sync: ['sync', 'async'], size: [1, 4, 16, 64] },
  { ordered: ['size'] },
);

/** Told of all counts at once, hypotheses from the first failing cell. */
function told(
  plan: VirtualPlan,
  of: (levels: Levels) => readonly [failures: number, trials: number],
): Posterior {
  const posterior = new Posterior(plan.space);
  const counts = countsOf(plan, of);
  for (let cell = 0; cell < plan.space.cellCount; cell++) {
    const [failures, trials] = [counts.failures[cell] as number, counts.trials[cell] as number];
    if (failures > 0) posterior.anchorAt(cell);
    if (failures > 0) posterior.observe(cell, true, failures);
    if (trials > failures) posterior.observe(cell, false, trials - failures);
  }
  return posterior;
}

const best = (plan: VirtualPlan, posterior: Posterior): Belief & { name: string } => {
  const belief = posterior.beliefs()[0] as Belief;
  return { ...belief, name: literalsName(literalsOf(belief.conjunction, plan.space)) };
};
const isKernelAsync = ({ kernel, sync }: Levels) => kernel === '5.1' && sync === 'async';

describe('what is believed most', () => {
  test('a planted pair, with its rates', () => {
    const posterior = told(PLAN, (levels) => (isKernelAsync(levels) ? [3, 300] : [0, 300]));
    const { name, probability, inside, outside } = best(PLAN, posterior);
    expect(name).toBe('kernel=5.1 and sync=async');
    expect(probability).toBeGreaterThan(0.9);
    expect(inside).toBeGreaterThan(0.005);
    expect(inside).toBeLessThan(0.02);
    expect(outside).toBeLessThan(inside / 3);
  });

  test.each<[string, (levels: Levels) => boolean]>([
    ['sync=async', ({ sync }) => sync === 'async'],
    ['kernel=5.1|5.2 and sync=async', ({ kernel, sync }) => kernel !== '5.0' && sync === 'async'],
    ['size=16|64', ({ size }) => Number(size) >= 16],
    [
      'kernel=5.0 and size=1|4 and sync=sync',
      ({ kernel, sync, size }) => {
        return kernel === '5.0' && sync === 'sync' && Number(size) <= 4;
      },
    ],
  ])('%s', (name, fails) => {
    const posterior = told(PLAN, (levels) => (fails(levels) ? [12, 1200] : [0, 1200]));
    expect(best(PLAN, posterior).name).toBe(name);
  });

  test('near miss: where all fail alike, that no factor matters', () => {
    const { name, probability } = best(
      PLAN,
      told(PLAN, () => [2, 600]),
    );
    expect(name).toBe('');
    expect(probability).toBeGreaterThan(0.9);
  });

  test('near miss: twice as often is no cause while failures are few', () => {
    const posterior = told(PLAN, ({ sync }) => (sync === 'async' ? [2, 200] : [1, 200]));
    expect(best(PLAN, posterior).name).toBe('');
  });

  test('a level at which it fails less often is never the cause, whatever the counts', () => {
    // All failing cells from which hypotheses are made have sync=sync.
    for (const scale of [1, 10, 100]) {
      const posterior = told(PLAN, ({ sync }) => {
        return [(sync === 'async' ? 2 : 1) * scale, 200 * scale];
      });
      expect(best(PLAN, posterior).name).toBe('');
    }
  });

  test('a background does not hide the cause', () => {
    const posterior = told(PLAN, (levels) => {
      if (isKernelAsync(levels)) return [6, 600];
      return [levels.kernel === '5.2' && levels.size === 1 ? 1 : 0, 600];
    });
    expect(best(PLAN, posterior).name).toBe('kernel=5.1 and sync=async');
  });

  test('frequent failures as well as rare ones', () => {
    const posterior = told(PLAN, (levels) => (isKernelAsync(levels) ? [5, 6] : [0, 6]));
    const { name, inside } = best(PLAN, posterior);
    expect(name).toBe('kernel=5.1 and sync=async');
    expect(inside).toBeGreaterThan(0.5);
  });
});

describe('beliefs', () => {
  const TRIALS = fc.array(
    fc.record({ cell: fc.nat(), failed: fc.boolean(), count: fc.integer({ min: 1, max: 200 }) }),
    { minLength: 1, maxLength: 25 },
  );

  test('are probabilities, best first, and sum to 1', () => {
    fc.assert(
      fc.property(TRIALS, (trials) => {
        const posterior = new Posterior(PLAN.space);
        for (const { cell, failed, count } of trials) {
          const at = cell % PLAN.space.cellCount;
          posterior.observe(at, failed, failed ? Math.min(count, 3) : count);
          if (failed) posterior.anchorAt(at);
        }
        const all = posterior.beliefs(Number.MAX_SAFE_INTEGER);
        const sum = all.reduce((total, { probability }) => total + probability, 0);
        expect(sum).toBeCloseTo(1, 9);
        const few = posterior.beliefs();
        expect(few).toEqual(all.slice(0, few.length));
        for (const [at, { probability, inside, outside }] of all.entries()) {
          expect(probability).toBeLessThanOrEqual(all[at - 1]?.probability ?? 1);
          expect(inside).toBeGreaterThan(0);
          expect(inside).toBeLessThan(1);
          expect(outside).toBeLessThanOrEqual(inside);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('do not depend on the order of the trials, nor on when a hypothesis came', () => {
    fc.assert(
      fc.property(TRIALS, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), (trials, anchors) => {
        const [early, late] = [new Posterior(PLAN.space), new Posterior(PLAN.space)];
        const cellOf = (drawn: number) => drawn % PLAN.space.cellCount;
        for (const anchor of anchors) early.anchorAt(cellOf(anchor));
        for (const { cell, failed, count } of trials) early.observe(cellOf(cell), failed, count);
        for (const { cell, failed, count } of trials.toReversed()) {
          for (let trial = 0; trial < count; trial++) late.observe(cellOf(cell), failed);
        }
        for (const anchor of anchors) late.anchorAt(cellOf(anchor));
        expect(late.beliefs()).toEqual(early.beliefs());
      }),
      { numRuns: 40 },
    );
  });

  test('before any failure there is nothing but "no factor matters"', () => {
    const posterior = new Posterior(PLAN.space);
    posterior.observe(0, false, 1000);
    expect(posterior.beliefs()).toMatchObject([{ conjunction: [], probability: 1 }]);
  });

  test('how much they explain a cell: all that holds it', () => {
    const posterior = told(PLAN, (levels) => (isKernelAsync(levels) ? [3, 300] : [0, 300]));
    const beliefs = posterior.beliefs();
    const at = (wanted: Levels) =>
      PLAN.cells.findIndex(({ levels }) =>
        Object.entries(wanted).every(([factor, level]) => levels[factor] === level),
      );
    const guilty = posterior.explained(at({ kernel: '5.1', sync: 'async', size: 4 }), beliefs);
    expect(guilty).toBeGreaterThan(0.9);
    expect(posterior.explained(at({ kernel: '5.0', sync: 'sync' }), beliefs)).toBeLessThan(0.1);
  });
});

describe('a plan with constraints', () => {
  // The place decides the host: "place=a" and "host=h" hold the same cells.
  const CONFOUNDED = virtualPlan(
    { place: ['a', 'b'], host: ['h', 'i'], sync: ['sync', 'async'] },
    { where: ({ place, host }) => (place === 'a') === (host === 'h') },
  );

  test('what always changes together is believed under its first name alone', () => {
    const posterior = told(CONFOUNDED, ({ place }) => (place === 'a' ? [5, 100] : [0, 100]));
    const [best, ...others] = posterior.beliefs();
    expect(best?.conjunction.map(({ factor }) => factor)).toEqual([0]);
    expect(best?.probability).toBeGreaterThan(0.5);
    for (const { conjunction: each } of others) {
      expect(each.map(({ factor }) => factor)).not.toEqual([1]);
    }
  });
});

test('the prior of a conjunction is the one with which it was made', () => {
  const posterior = told(PLAN, () => [1, 100]);
  for (const { conjunction: each } of posterior.beliefs()) {
    expect(logPriorOf(each, PLAN.space)).toBeLessThan(0);
  }
  const one = logPriorOf(conjunction(PLAN.space, { sync: ['async'] }), PLAN.space);
  const two = logPriorOf(
    conjunction(PLAN.space, { sync: ['async'], kernel: ['5.1', '5.2'] }),
    PLAN.space,
  );
  // 0.35 over three factors and two levels.
  expect(one).toBeCloseTo(Math.log(0.35 / 3 / 2), 12);
  expect(two).toBeLessThan(one);
});
