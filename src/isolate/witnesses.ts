// "Does not matter" needs a witness at every level: one failure there, inside the claim. A level is
// given trials until it has failed or has been clean so often that it is called "not seen".

import betainc from '@stdlib/math-base-special-betainc';
import type { CellCounts } from './cell-counts.ts';
import type { Cover } from './cover.ts';
import type { FactorSpace } from './factor-space.ts';

/** Clean trials times the rate after which a level is called not seen: e^-4.6 is 1 %. */
export const CLEAN_ENOUGH = 4.6;
/** The share of hunts in which a second cause may be missed that is as strong as the first. */
export const MISSED = 0.001;
/** A level that would fail so seldom by chance less often than this modulates the rate. */
export const IMPROBABLE = 0.01;
/** Cells that are looked at to find one which serves many levels at once. */
const CANDIDATES_MAX = 64;

export interface LevelCount {
  readonly factor: number;
  readonly level: number;
  trials: number;
  failures: number;
}

export class Witnesses {
  readonly levels: readonly LevelCount[];
  private readonly space: FactorSpace;
  private readonly byFactor: LevelCount[][];
  private trials = 0;
  private failures = 0;

  /** Counts the cells that one cause of the cover alone explains. */
  constructor(space: FactorSpace, cover: Cover, cause: number, counts: CellCounts) {
    this.space = space;
    const inside = cover.inside[cause] ?? [];
    this.byFactor = space.factors.map(({ levels }, factor) =>
      levels.map((_, level) => ({ factor, level, trials: 0, failures: 0 })),
    );
    const present = new Set<LevelCount>();
    for (const cell of inside) {
      for (const level of this.levelsOf(cell)) present.add(level);
    }
    this.levels = [...present];
    for (const cell of inside) {
      const trials = counts.trials[cell] as number;
      if (trials > 0) this.count(cell, trials, counts.failures[cell] as number);
    }
  }

  observe(cell: number, failed: boolean): void {
    this.count(cell, 1, failed ? 1 : 0);
  }

  /** Expected rate of failures inside. */
  get rate(): number {
    return (this.failures + 0.5) / (this.trials + 1);
  }

  /**
   * Clean trials of some cells after which they hold an equal cause with a probability of `MISSED`
   * only. Of its rate no more is known than k failures in t trials, a gamma distribution, so that
   * it stays silent in n trials with (1 + n/t)^-k: the rate that few failures tell wants far more.
   */
  get cleanEnough(): number {
    return (this.trials + 1) * (MISSED ** (-1 / Math.max(1, this.failures)) - 1);
  }

  isOpen({ failures, trials }: LevelCount): boolean {
    return failures === 0 && trials * this.rate < CLEAN_ENOUGH;
  }

  get openLevels(): LevelCount[] {
    return this.levels.filter((level) => this.isOpen(level));
  }

  /** The probability of the level that fails least, were all levels of its factor alike. */
  get leastProbability(): number {
    return this.leastOf(this.levels);
  }

  /** The same of the levels of these factors alone. */
  leastProbabilityOf(factors: ReadonlySet<number>): number {
    return this.leastOf(this.levels.filter(({ factor }) => factors.has(factor)));
  }

  private leastOf(levels: readonly LevelCount[]): number {
    return levels.reduce((least, level) => {
      const share = level.trials / this.trials;
      return Math.min(least, binomialAtMost(level.failures, this.failures, share));
    }, 1);
  }

  /** How many levels would get a witness if this cell failed. */
  served(cell: number): number {
    let served = 0;
    for (const level of this.levelsOf(cell)) if (this.isOpen(level)) served++;
    return served;
  }

  /**
   * Of a random choice of cells the one that serves most; `draw` gives an index below its bound.
   */
  bestOf(cells: readonly number[], draw: (bound: number) => number, tries = CANDIDATES_MAX) {
    let best = cells[draw(cells.length)] as number;
    let most = this.served(best);
    for (let at = 1; at < Math.min(tries, 4 * cells.length); at++) {
      const cell = cells[draw(cells.length)] as number;
      const served = this.served(cell);
      if (served > most) [best, most] = [cell, served];
    }
    return best;
  }

  private levelsOf(cell: number): LevelCount[] {
    return this.byFactor.map(
      (levels, factor) => levels[this.space.levelOf(cell, factor)] as LevelCount,
    );
  }

  private count(cell: number, trials: number, failures: number): void {
    this.trials += trials;
    this.failures += failures;
    for (const level of this.levelsOf(cell)) {
      level.trials += trials;
      level.failures += failures;
    }
  }
}

/** P(X <= k) for X binomial (n, share), as an incomplete beta function. */
export function binomialAtMost(k: number, n: number, share: number): number {
  if (k >= n || share <= 0) return 1;
  if (share >= 1) return 0;
  return betainc(1 - share, n - k, k + 1, true, false);
}
