// The cells that fail, those first that fail most surely: where a fix has to prove itself, and
// where a search for something smaller begins.

import { binomialInterval } from '../base/binomial-interval.ts';
import type { Cell } from '../domain/cell.ts';
import type { CellReport, HuntReport } from '../domain/hunt-report.ts';
import type { Cause, Count, Isolation } from '../domain/isolation.ts';
import { NOT_APPLICABLE } from './factor-space.ts';

export interface GuiltyCell extends Cell, Count {}

/** More would only spread the trials of a proof thin. */
const BEST_MAX = 4;
/** Of the best lower bound; what fails far more seldom would dilute the control. */
const BEST_SHARE = 0.5;

/**
 * Each was seen to fail; inside of the claim where there is one. In order of the lower bound of
 * their rate, so that 9 of 20 comes before 1 of 1.
 */
export function guiltyCells({
  cells,
  isolation,
}: Pick<HuntReport, 'cells' | 'isolation'>): GuiltyCell[] {
  const failing = cells.filter(({ damaged, failed }) => damaged + failed > 0).map(countOf);
  const causes = claimedCauses(isolation);
  const inside = failing.filter((cell) => causes.some((cause) => isInside(cell, cause)));
  return (inside.length > 0 ? inside : failing).toSorted((a, b) => lowOf(b) - lowOf(a));
}

/** The best few of cells in that order; all of them where none has failed. */
export function fewBest<Guilty extends Count>(cells: readonly Guilty[]): Guilty[] {
  const [best] = cells;
  if (!best || best.failures === 0) return [...cells];
  return cells.slice(0, BEST_MAX).filter((cell) => lowOf(cell) >= BEST_SHARE * lowOf(best));
}

export function countOf({
  cell,
  levels,
  trials,
  damaged,
  failed,
  unknown,
}: CellReport): GuiltyCell {
  return { index: cell, levels, trials: trials - unknown, failures: damaged + failed };
}

function claimedCauses(isolation: Isolation | null): readonly Cause[] {
  return isolation === null || isolation.claim === 'none' ? [] : isolation.causes;
}

export function isInside({ levels }: Pick<Cell, 'levels'>, { literals }: Cause): boolean {
  return literals.every((literal) =>
    literal.levels.includes(levels[literal.factor] ?? NOT_APPLICABLE),
  );
}

function lowOf({ failures, trials }: Count): number {
  return binomialInterval(failures, trials).low ?? 0;
}
