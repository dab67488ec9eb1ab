// Cells that a cause holds and that stayed clean where that would be a surprise. A cause that holds
// them is too wide there, and a factor that tells them from the others is not innocent, although
// each of its levels has failed somewhere.

import type { CellCounts } from './cell-counts.ts';
import type { Cover } from './cover.ts';
import type { FactorSpace } from './factor-space.ts';
import type { Witnesses } from './witnesses.ts';

/** So many clean trials at the rate of the cause would come in one of a thousand hunts. */
const SURPRISE_LOG = Math.log(1000);
/** Clean trials times the rate after which a cell needs no more of them. */
const CLEAN_ENOUGH = 12;

interface Counted {
  readonly space: FactorSpace;
  readonly counts: CellCounts;
  readonly cover: Cover;
  /** By cause. */
  readonly witnesses: readonly Witnesses[];
}

/** Also those that several causes hold: the least frequent of them decides. */
export function sparedCells({ space, counts, cover, witnesses }: Counted): number[] {
  const least = Math.min(0.99, ...witnesses.map((each) => each.rate));
  const spared: number[] = [];
  for (let cell = 0; cell < space.cellCount; cell++) {
    const by = cover.explainedBy[cell] as number;
    if (by === -1 || counts.failures[cell] !== 0) continue;
    const rate = by >= 0 ? Math.min(0.99, (witnesses[by] as Witnesses).rate) : least;
    if (-(counts.trials[cell] as number) * Math.log1p(-rate) > SURPRISE_LOG) spared.push(cell);
  }
  return spared;
}

/** Whether some two cells inside that were both tried differ in this factor alone. */
export function isSeparable(
  { space, cover, counts }: Omit<Counted, 'witnesses'>,
  factor: number,
): boolean {
  for (let cell = 0; cell < space.cellCount; cell++) {
    if (cover.explainedBy[cell] === -1 || counts.trials[cell] === 0) continue;
    for (let level = 0; level < space.levelCount(factor); level++) {
      const other = space.flip(cell, factor, level);
      if (other < 0 || other === cell || counts.trials[other] === 0) continue;
      if (cover.explainedBy[other] !== -1) return true;
    }
  }
  return false;
}

/**
 * A cell that a cause holds, and of which one cannot say yet whether it fails; -1 where none is.
 */
export function undecidedCell({ counts, cover }: Pick<Counted, 'counts' | 'cover'>): number {
  for (const cells of cover.inside) {
    // Of the cells that fail: clean ones would lower it, and so ask for ever more trials.
    const failing = counts.sum(cells.filter((each) => counts.failures[each] !== 0));
    const rate = (failing.failures + 0.5) / (failing.trials + 1);
    const cell = cells.find(
      (each) =>
        counts.failures[each] === 0 && (counts.trials[each] as number) * rate < CLEAN_ENOUGH,
    );
    if (cell !== undefined) return cell;
  }
  return -1;
}

/** Whether some neighbour in this factor alone is explained too, and is not spared. */
export function distinguishes(
  { space, cover }: Pick<Counted, 'space' | 'cover'>,
  spared: ReadonlySet<number>,
  factor: number,
): boolean {
  for (const cell of spared) {
    for (let level = 0; level < space.levelCount(factor); level++) {
      const other = space.flip(cell, factor, level);
      if (other < 0 || other === cell || spared.has(other)) continue;
      if (cover.explainedBy[other] !== -1) return true;
    }
  }
  return false;
}
