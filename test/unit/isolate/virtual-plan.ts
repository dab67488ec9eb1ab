// Plans of virtual cells for the tests of isolation: every combination of a few levels, less what a
// test leaves out, and a nature that fails as the test says. No I/O, no clock.

import { createRng } from '../../../src/base/rng.ts';
import type { Cell, Level, Levels } from '../../../src/domain/cell.ts';
import type { FactorSpec, IsolationFacts, Literal } from '../../../src/domain/isolation.ts';
import { CellCounts } from '../../../src/isolate/cell-counts.ts';
import { type Conjunction, levelSet } from '../../../src/isolate/conjunction.ts';
import { FactorSpace } from '../../../src/isolate/factor-space.ts';
import type { Isolator } from '../../../src/isolate/isolator.ts';

export interface VirtualPlan {
  readonly factors: readonly FactorSpec[];
  readonly cells: readonly Cell[];
  readonly space: FactorSpace;
}

interface PlanParts {
  /** Factors of which ranges are hypotheses. */
  readonly ordered?: readonly string[];
  /** What a change of level costs, in trials. */
  readonly cost?: Readonly<Record<string, number>>;
  /** As a constraint: only these cells are in the plan. */
  readonly where?: (levels: Levels) => boolean;
}

export function virtualPlan(
  levels: Readonly<Record<string, readonly Level[]>>,
  { ordered = [], cost = {}, where = () => true }: PlanParts = {},
): VirtualPlan {
  let product: Levels[] = [{}];
  for (const [name, each] of Object.entries(levels)) {
    product = product.flatMap((before) => each.map((level) => ({ ...before, [name]: level })));
  }
  const cells = product.filter(where).map((each, index) => ({ index, levels: each }));
  const factors = Object.entries(levels).map(([name, each]) => ({
    name,
    ordered: ordered.includes(name),
    levels: each,
    cost: cost[name] ?? 0,
  }));
  return { factors, cells, space: new FactorSpace(factors, cells) };
}

/** A small one that has what matters: some levels, two of them, and an ordered factor. */
export const PLAN = virtualPlan(
  {
    kernel: ['5.0', '5.1', '5.2'],
    sync: ['sync', 'async'],
    storage: ['local', 'nfs'],
    size: [1, 4, 16, 64],
  },
  { ordered: ['size'] },
);

/** `conjunction(space, { kernel: ['5.1'], sync: ['async'] })`. */
export function conjunction(
  { factors }: FactorSpace,
  wanted: Readonly<Record<string, readonly Level[]>>,
): Conjunction {
  return Object.entries(wanted).map(([name, levels]) => {
    const factor = factors.findIndex((each) => each.name === name);
    const all = factors[factor]?.levels ?? [];
    return levelSet(
      factor,
      levels.map((level) => all.indexOf(level)),
      all.length,
    );
  });
}

/** Counts of each cell as the test says them: [failures, trials]. */
export function countsOf(
  { cells }: Pick<VirtualPlan, 'cells'>,
  of: (levels: Levels) => readonly [failures: number, trials: number],
): CellCounts {
  const counts = new CellCounts(cells.length);
  cells.forEach(({ levels }, cell) => {
    const [failures, trials] = of(levels);
    counts.add(cell, true, failures);
    counts.add(cell, false, trials - failures);
  });
  return counts;
}

/** What a trial of a cell came to; null where nothing may be concluded. */
export type Nature = (levels: Levels, uniform: number) => boolean | null;

/** Fails with this probability. */
export function failingAt(rate: (levels: Levels) => number): Nature {
  return (levels, uniform) => uniform < rate(levels);
}

/** Lets it ask until it is settled, or `most` trials are made; returns what it asked for. */
export function drive(
  isolator: Isolator,
  { cells }: Pick<VirtualPlan, 'cells'>,
  nature: Nature,
  { seed, most }: { readonly seed: string; readonly most: number },
): (readonly [cell: number, failed: boolean | null])[] {
  const chance = createRng(`nature/${seed}`);
  const trials: (readonly [number, boolean | null])[] = [];
  while (!isolator.isSettled && trials.length < most) {
    const cell = isolator.next();
    const failed = nature((cells[cell] as Cell).levels, chance.uniform());
    isolator.learn(cell, failed);
    trials.push([cell, failed]);
  }
  return trials;
}

/** `['kernel=5.1 and sync=async']`: each cause of the claim, factors by name. */
export function causesOf({ causes }: Pick<IsolationFacts, 'causes'>): string[] {
  return causes.map(({ literals }) => literalsName(literals)).toSorted();
}

export function literalsName(literals: readonly Literal[]): string {
  return literals
    .map(({ factor, levels }) => `${factor}=${levels.join('|')}`)
    .toSorted()
    .join(' and ');
}
