// How well the outside of a claim was looked at: every pair of levels that is a fair part of it, so
// that ten thousand trials in one corner excuse none in another.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import type { Level } from '../../../src/domain/cell.ts';
import { CellCounts } from '../../../src/isolate/cell-counts.ts';
import { Cover } from '../../../src/isolate/cover.ts';
import { Coverage } from '../../../src/isolate/coverage.ts';
import { conjunction, type VirtualPlan, virtualPlan } from './virtual-plan.ts';

type Wanted = Readonly<Record<string, readonly Level[]>>;

const PLAN = virtualPlan({ kernel: [0, 1, 2], sync: [0, 1], storage: [0, 1] });
/** Clean trials that each region is to have. */
const ENOUGH = 350;
const PAIR: Wanted = { kernel: [1], sync: [1] };

function coverageOf(plan: VirtualPlan, wanted: Wanted, counts = new CellCounts(plan.cells.length)) {
  const cover = new Cover(plan.space, [conjunction(plan.space, wanted)]);
  return { cover, coverage: new Coverage(plan.space, cover, counts) };
}

/** Tries cells as it asks for them until nothing is missing. */
function sweep(coverage: Coverage, enough: number): number[] {
  const rng = createRng('sweep');
  const cells: number[] = [];
  while (coverage.missing(enough) > 0 && cells.length < 100_000) {
    const cell = coverage.draw(enough, rng);
    coverage.observe(cell);
    cells.push(cell);
  }
  return cells;
}

/** Trials of each pair of levels, by hand. */
function pairCounts({ space }: VirtualPlan, cells: readonly number[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const cell of cells) {
    for (let a = 0; a < space.factors.length; a++) {
      for (let b = a + 1; b < space.factors.length; b++) {
        const name = `${a}=${space.levelOf(cell, a)} ${b}=${space.levelOf(cell, b)}`;
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    }
  }
  return counts;
}

describe('Coverage', () => {
  test('is complete once every fair pair of levels outside was tried for long, not before', () => {
    const { cover, coverage } = coverageOf(PLAN, PAIR);
    const cells = sweep(coverage, ENOUGH);
    for (const cell of cells) expect(cover.outside).toContain(cell);
    const tried = pairCounts(PLAN, cells);
    for (const [pair, held] of pairCounts(PLAN, cover.outside)) {
      const share = held / cover.outside.length;
      if (share < 1 / 7) continue;
      expect(tried.get(pair), pair).toBeGreaterThanOrEqual(ENOUGH);
    }
    expect(coverage.missing(ENOUGH)).toBe(0);
  });

  test('many trials in one cell are no look at the others', () => {
    const { cover, coverage } = coverageOf(PLAN, PAIR);
    const before = coverage.missing(ENOUGH);
    for (let trial = 0; trial < 100_000; trial++) coverage.observe(cover.outside[0] as number);
    expect(coverage.missing(ENOUGH)).toBe(before);
  });

  test('trials go where they are missing: none has much more than it needs', () => {
    const { cover, coverage } = coverageOf(PLAN, PAIR);
    const cells = sweep(coverage, ENOUGH);
    // The pair that is the smallest part of the outside and yet fair says how many there must be.
    const shares = [...pairCounts(PLAN, cover.outside).values()].map(
      (held) => held / cover.outside.length,
    );
    const least = Math.min(...shares.filter((share) => share >= 1 / 7));
    expect(cells.length).toBeLessThan((1.3 * ENOUGH) / least);
  });

  test('more is missing the more is enough, in proportion', () => {
    const { coverage } = coverageOf(PLAN, PAIR);
    expect(coverage.missing(10 * ENOUGH) / coverage.missing(ENOUGH)).toBeCloseTo(10, 1);
  });

  test('trials from before the claim was frozen count as well', () => {
    const counts = new CellCounts(PLAN.cells.length);
    for (let cell = 0; cell < PLAN.cells.length; cell++) counts.add(cell, false, 1000);
    const { coverage } = coverageOf(PLAN, PAIR, counts);
    expect(coverage.missing(ENOUGH)).toBe(0);
    expect(coverage.missing(100 * ENOUGH)).toBeGreaterThan(0);
  });

  test('whatever is claimed, it asks for outside cells that serve, and comes to an end', () => {
    const some = fc.subarray([0, 1], { minLength: 1, maxLength: 1 });
    const claim = fc.record<Record<string, readonly Level[]>>(
      { kernel: fc.subarray([0, 1, 2], { minLength: 1, maxLength: 2 }), sync: some, storage: some },
      { requiredKeys: ['sync'] },
    );
    fc.assert(
      fc.property(claim, fc.integer({ min: 1, max: 150 }), (wanted, enough) => {
        const { cover, coverage } = coverageOf(PLAN, wanted);
        const cells = sweep(coverage, enough);
        const outside = new Set(cover.outside);
        expect(cells.every((cell) => outside.has(cell))).toBe(true);
        expect(coverage.missing(enough)).toBe(0);
        for (const cell of cover.outside) expect(coverage.served(cell, enough)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  test('of a plan with one factor the levels are what is looked at', () => {
    const plan = virtualPlan({ kernel: [0, 1, 2, 3] });
    const { coverage } = coverageOf(plan, { kernel: [2] });
    const cells = sweep(coverage, ENOUGH);
    for (const level of [0, 1, 3]) {
      const tried = cells.filter((cell) => cell === level).length;
      expect(tried).toBeGreaterThanOrEqual(ENOUGH);
    }
    expect(cells).not.toContain(2);
  });
});
