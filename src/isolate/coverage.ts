// How well the cells outside of a claim were tried, region by region: a second cause hides where
// nobody looked, so that a large number of trials elsewhere does not exclude it. Regions are pairs
// of levels that hold a fair share of the outside.

import type { Rng } from '../base/rng.ts';
import type { CellCounts } from './cell-counts.ts';
import type { Cover } from './cover.ts';
import type { FactorSpace } from './factor-space.ts';

/** Regions with a smaller share of the outside are not asked for: what is left out has a bound. */
const SHARE_MIN = 1 / 7;
/** Outside cells looked at to find one that serves many regions. */
const CANDIDATES = 32;

export class Coverage {
  private readonly space: FactorSpace;
  private readonly cells: readonly number[];
  /** Number of the first level of each factor. */
  private readonly starts: number[] = [];
  private readonly levelCount: number;
  /** Trials of each pair of levels. */
  private readonly trials: Float64Array;
  /** Pairs that hold a fair share of the outside, with that share. */
  private readonly regions = new Map<number, number>();

  constructor(space: FactorSpace, { outside }: Cover, counts: CellCounts) {
    this.space = space;
    this.cells = outside;
    let levels = 0;
    for (let factor = 0; factor < space.factors.length; factor++) {
      this.starts.push(levels);
      levels += space.levelCount(factor);
    }
    this.levelCount = levels;
    this.trials = new Float64Array(levels * levels);
    const held = new Float64Array(levels * levels);
    for (const cell of outside) {
      this.addTo(held, cell, 1);
      const trials = counts.trials[cell] as number;
      if (trials > 0) this.addTo(this.trials, cell, trials);
    }
    held.forEach((count, pair) => {
      const share = count / outside.length;
      if (share >= SHARE_MIN) this.regions.set(pair, share);
    });
  }

  observe(cell: number): void {
    this.addTo(this.trials, cell, 1);
  }

  /** About how many more trials outside are due until each region has had `enough`. */
  missing(enough: number): number {
    let most = 0;
    for (const [pair, share] of this.regions) {
      most = Math.max(most, (enough - (this.trials[pair] as number)) / share);
    }
    return Math.ceil(most);
  }

  /** An outside cell in regions that were tried least. */
  draw(enough: number, rng: Rng): number {
    let best = rng.pick(this.cells);
    let most = this.served(best, enough);
    for (let tries = 1; tries < CANDIDATES; tries++) {
      const cell = rng.pick(this.cells);
      const served = this.served(cell, enough);
      if (served > most) [best, most] = [cell, served];
    }
    return best;
  }

  /** What a trial of this cell is worth: for each region what is missing there, by its share. */
  served(cell: number, enough: number): number {
    let served = 0;
    this.eachPair(cell, (pair) => {
      const share = this.regions.get(pair);
      if (share === undefined) return;
      const missing = 1 - (this.trials[pair] as number) / enough;
      if (missing > 0) served += missing / share;
    });
    return served;
  }

  private addTo(sums: Float64Array, cell: number, count: number): void {
    this.eachPair(cell, (pair) => {
      sums[pair] = (sums[pair] as number) + count;
    });
  }

  private eachPair(cell: number, visit: (pair: number) => void): void {
    const factors = this.starts.length;
    for (let first = 0; first < factors; first++) {
      const row =
        ((this.starts[first] as number) + this.space.levelOf(cell, first)) * this.levelCount;
      // A plan of one factor has no pairs: its levels are the regions.
      const from = factors === 1 ? first : first + 1;
      for (let second = from; second < factors; second++) {
        visit(row + (this.starts[second] as number) + this.space.levelOf(cell, second));
      }
    }
  }
}
