// The cells of a plan as small integers: which level of which factor each cell has, and which cell
// differs from another in one factor alone. All of isolation counts on these, so that a decision
// over a hundred thousand cells stays a matter of milliseconds.

import { assert } from '../base/assert.ts';
import type { Cell, Level } from '../domain/cell.ts';
import type { FactorSpec } from '../domain/isolation.ts';

/** The level of a factor that a cell does not have (arms of other workloads). */
export const NOT_APPLICABLE: Level = 'n/a';
/** Above this many combinations cells are found through a map instead of a dense table. */
const DENSE_MAX = 4_000_000;

export class FactorSpace {
  readonly factors: readonly FactorSpec[];
  readonly cellCount: number;
  /** Every combination of levels is a cell of the plan. */
  readonly isFull: boolean;
  /** Level index of cell c and factor f at [c * factors.length + f]. */
  private readonly levels: Uint16Array;
  private readonly strides: readonly number[];
  private readonly dense: Int32Array | null;
  private readonly sparse = new Map<number, number>();

  /** @param factors those that vary, with every level that occurs in `cells` */
  constructor(factors: readonly FactorSpec[], cells: readonly Pick<Cell, 'levels'>[]) {
    this.factors = factors;
    this.cellCount = cells.length;
    this.levels = new Uint16Array(cells.length * factors.length);
    let combinations = 1;
    this.strides = factors.map(({ levels }) => {
      const stride = combinations;
      combinations *= levels.length;
      return stride;
    });
    this.isFull = combinations === cells.length;
    assert(combinations <= Number.MAX_SAFE_INTEGER, `${combinations} combinations of levels`);
    this.dense = combinations <= DENSE_MAX ? new Int32Array(combinations).fill(-1) : null;
    const indices = factors.map(
      ({ levels }) => new Map(levels.map((level, index) => [level, index])),
    );
    cells.forEach((cell, at) => {
      factors.forEach(({ name }, factor) => {
        const index = indices[factor]?.get(cell.levels[name] ?? NOT_APPLICABLE);
        assert(index !== undefined, `${name}=${cell.levels[name]} is a level of the factor`);
        this.levels[at * factors.length + factor] = index;
      });
      const key = this.keyOf(at);
      if (this.dense) this.dense[key] = at;
      else this.sparse.set(key, at);
    });
  }

  /** Index of the level that `cell` has of `factor`. */
  levelOf(cell: number, factor: number): number {
    return this.levels[cell * this.factors.length + factor] as number;
  }

  levelCount(factor: number): number {
    return (this.factors[factor] as FactorSpec).levels.length;
  }

  /** The cell that differs from `cell` in this factor alone, or -1 where the plan has none. */
  flip(cell: number, factor: number, level: number): number {
    const stride = this.strides[factor] as number;
    const key = this.keyOf(cell) + (level - this.levelOf(cell, factor)) * stride;
    return this.dense ? (this.dense[key] as number) : (this.sparse.get(key) ?? -1);
  }

  private keyOf(cell: number): number {
    let key = 0;
    const count = this.factors.length;
    for (let factor = 0; factor < count; factor++) {
      key += (this.levels[cell * count + factor] as number) * (this.strides[factor] as number);
    }
    return key;
  }
}

/** The factors of which the cells have more than one level, with the levels that occur. */
export function factorsOf(
  cells: readonly Pick<Cell, 'levels'>[],
  ordered: (factor: string) => boolean,
  cost: (factor: string) => number = () => 0,
): FactorSpec[] {
  const seen = new Map<string, Set<Level>>();
  for (const { levels } of cells) {
    for (const name of Object.keys(levels)) if (!seen.has(name)) seen.set(name, new Set());
  }
  for (const { levels } of cells) {
    for (const [name, set] of seen) set.add(levels[name] ?? NOT_APPLICABLE);
  }
  return [...seen].flatMap(([name, set]) => {
    if (set.size < 2) return [];
    const isOrdered = ordered(name) && [...set].every((level) => typeof level === 'number');
    const levels = isOrdered ? [...set].toSorted((a, b) => Number(a) - Number(b)) : [...set];
    return [{ name, ordered: isOrdered, levels, cost: cost(name) }];
  });
}
