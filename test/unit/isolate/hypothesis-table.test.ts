// The counts of every hypothesis against counting by hand: whatever order trials and hypotheses
// come in.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Conjunction, holds, type Weighed } from '../../../src/isolate/conjunction.ts';
import { HypothesisTable } from '../../../src/isolate/hypothesis-table.ts';
import { setsHolding } from '../../../src/isolate/level-sets.ts';
import { conjunctionsOf } from '../../../src/isolate/posterior.ts';
import { type VirtualPlan, virtualPlan } from './virtual-plan.ts';

interface Step {
  /** A trial of this cell, or the hypotheses that hold it. */
  readonly cell: number;
  readonly what: 'clean' | 'failed' | 'anchor';
  readonly count: number;
}

/** Two to four factors with two to four levels, of which some cells may be missing. */
const PLAN: fc.Arbitrary<VirtualPlan> = fc
  .tuple(
    fc.array(fc.tuple(fc.integer({ min: 2, max: 4 }), fc.boolean()), {
      minLength: 2,
      maxLength: 4,
    }),
    fc.boolean(),
  )
  .map(([sizes, holes]) => {
    const levels = Object.fromEntries(
      sizes.map(([count], at) => [`f${at}`, Array.from({ length: count }, (_, level) => level)]),
    );
    const ordered = sizes.flatMap(([, isOrdered], at) => (isOrdered ? [`f${at}`] : []));
    return virtualPlan(levels, {
      ordered,
      where: (cell) => !holes || Number(cell.f0) <= Number(cell.f1) + 1,
    });
  });

const STEPS = fc.array(
  fc.record<Step>({
    cell: fc.nat(),
    what: fc.constantFrom('clean', 'clean', 'failed', 'anchor'),
    count: fc.integer({ min: 1, max: 5 }),
  }),
  { maxLength: 60 },
);

function hypothesesAt({ space }: VirtualPlan, cell: number): Weighed[] {
  const sets = space.factors.map((_, factor) =>
    setsHolding(space, factor, space.levelOf(cell, factor)),
  );
  return [...conjunctionsOf(sets)];
}

describe('HypothesisTable', () => {
  test('counts as one would by hand, also for hypotheses that come after their trials', () => {
    fc.assert(
      fc.property(PLAN, STEPS, (plan, steps) => {
        const table = new HypothesisTable(plan.space);
        const trials: { cell: number; failures: number; count: number }[] = [];
        for (const { cell: drawn, what, count } of steps) {
          const cell = drawn % plan.space.cellCount;
          if (what === 'anchor') {
            table.add(hypothesesAt(plan, cell));
          } else {
            table.observe(cell, what === 'failed', count);
            trials.push({ cell, failures: what === 'failed' ? count : 0, count });
          }
        }
        const sum = (conjunction: Conjunction, of: 'failures' | 'count') =>
          trials.reduce((total, trial) => {
            return holds(conjunction, plan.space, trial.cell) ? total + trial[of] : total;
          }, 0);
        expect(table.allTrials).toBe(sum([], 'count'));
        expect(table.allFailures).toBe(sum([], 'failures'));
        for (let at = 0; at < table.size; at++) {
          const conjunction = table.conjunctions[at] as Conjunction;
          expect(table.trials[at]).toBe(sum(conjunction, 'count'));
          expect(table.failures[at]).toBe(sum(conjunction, 'failures'));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a hypothesis that comes again is the same one, with the prior it had', () => {
    const plan = virtualPlan({ a: [0, 1, 2], b: [0, 1] });
    const table = new HypothesisTable(plan.space);
    const some = hypothesesAt(plan, 0);
    table.add(some);
    const { size } = table;
    expect(size).toBe(some.length);
    table.observe(0, true);
    table.add(some.map((each) => ({ ...each, logPrior: -99 })));
    expect(table.size).toBe(size);
    expect(Math.min(...table.logPriors.slice(0, size))).toBeGreaterThan(-99);
    expect(table.trials[0]).toBe(1);
    table.add(hypothesesAt(plan, 5));
    expect(table.size).toBeGreaterThan(size);
  });

  test('more hypotheses than it has room for at first', () => {
    const levels = Array.from({ length: 5 }, (_, level) => level);
    const plan = virtualPlan({ a: levels, b: levels, c: levels, d: levels });
    const table = new HypothesisTable(plan.space);
    table.add(hypothesesAt(plan, 0));
    expect(table.size).toBeGreaterThan(10_000);
    for (let cell = 0; cell < plan.space.cellCount; cell++) table.observe(cell, cell === 0);
    for (const at of [0, 255, 256, 5000, table.size - 1]) {
      const conjunction = table.conjunctions[at] as Conjunction;
      const share = conjunction.reduce((product, { size }) => product * (size / 5), 1);
      expect(table.trials[at]).toBeCloseTo(share * plan.space.cellCount, 9);
      expect(table.failures[at]).toBe(1);
    }
  });
});
