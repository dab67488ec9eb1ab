// Whether failures are spread over the cells, and over every pair of levels, as chance would spread
// them. "No factor matters" is said only then: levels may all fail alike while their combinations
// do not (it fails where two factors agree, or where a sum is odd).

import type { Rng } from '../base/rng.ts';
import type { CellCounts } from './cell-counts.ts';
import type { FactorSpace } from './factor-space.ts';

/** "No factor matters" is not said of a spread that chance makes more seldom than this. */
export const EVEN_AT_LEAST = 0.05;
/** Failures spread at random, so often; a p-value is known to one in this. */
const SPREADS = 399;
/** Of many failures so many are looked at, drawn at random: they show what there is to see. */
const FAILURES_MAX = 200;

/**
 * The probability of a spread as uneven as this, or more, by chance: the smaller one of Pearson's
 * chi-squares over the cells and over all pairs of levels, doubled (Bonferroni), each by Monte
 * Carlo since expected counts are small (Hope, JRSS B 30, 1968). 1 without a failure.
 */
export function evenness(space: FactorSpace, counts: CellCounts, rng: Rng): number {
  const tried: number[] = [];
  const ends: number[] = [];
  let trials = 0;
  const failing: number[] = [];
  for (let cell = 0; cell < space.cellCount; cell++) {
    if ((counts.trials[cell] as number) === 0) continue;
    trials += counts.trials[cell] as number;
    tried.push(cell);
    ends.push(trials);
    for (let failure = 0; failure < (counts.failures[cell] as number); failure++) {
      failing.push(cell);
    }
  }
  if (failing.length === 0 || tried.length < 2) return 1;
  const seen =
    failing.length > FAILURES_MAX ? rng.shuffle(failing).slice(0, FAILURES_MAX) : failing;
  const regions = new Regions(space, tried, counts, seen.length / trials);
  const observed = regions.unevenness(seen);
  const above = [1, 1];
  for (let spread = 0; spread < SPREADS; spread++) {
    const drawn = seen.map(() => tried[indexOf(ends, rng.integer(1, trials))] as number);
    const chance = regions.unevenness(drawn);
    chance.forEach((value, which) => {
      if (value >= (observed[which] as number)) above[which] = (above[which] as number) + 1;
    });
  }
  return Math.min(1, (2 * Math.min(...above)) / (SPREADS + 1));
}

/** Expected failures of cells and of pairs of levels, and how far counts lie from them. */
class Regions {
  private readonly space: FactorSpace;
  private readonly cells = new Map<number, number>();
  private readonly pairs = new Map<number, number>();
  private readonly starts: number[] = [];
  private levels = 0;

  constructor(space: FactorSpace, tried: readonly number[], counts: CellCounts, rate: number) {
    this.space = space;
    for (let factor = 0; factor < space.factors.length; factor++) {
      this.starts.push(this.levels);
      this.levels += space.levelCount(factor);
    }
    for (const cell of tried) {
      const expected = rate * (counts.trials[cell] as number);
      this.cells.set(cell, expected);
      this.eachPair(cell, (pair) => this.pairs.set(pair, (this.pairs.get(pair) ?? 0) + expected));
    }
  }

  unevenness(failing: readonly number[]): [number, number] {
    const cells = new Map<number, number>();
    const pairs = new Map<number, number>();
    for (const cell of failing) {
      cells.set(cell, (cells.get(cell) ?? 0) + 1);
      this.eachPair(cell, (pair) => pairs.set(pair, (pairs.get(pair) ?? 0) + 1));
    }
    return [chiSquare(this.cells, cells), chiSquare(this.pairs, pairs)];
  }

  private eachPair(cell: number, visit: (pair: number) => void): void {
    const factors = this.starts.length;
    for (let first = 0; first < factors; first++) {
      const row = ((this.starts[first] as number) + this.space.levelOf(cell, first)) * this.levels;
      for (let second = first + 1; second < factors; second++) {
        visit(row + (this.starts[second] as number) + this.space.levelOf(cell, second));
      }
    }
  }
}

function chiSquare(expected: ReadonlyMap<number, number>, counted: ReadonlyMap<number, number>) {
  let sum = 0;
  for (const [region, mean] of expected) sum += ((counted.get(region) ?? 0) - mean) ** 2 / mean;
  return sum;
}

/** The first index whose end is not below `at`. */
function indexOf(ends: readonly number[], at: number): number {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] as number) < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
