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

export function sparedCells({ counts, cover, witnesses }: Counted): number[] {
  return cover.inside.flatMap((cells, cause) => {
    const rate = Math.min(0.99, (witnesses[cause] as Witnesses).rate);
    return cells.filter(
      (cell) =>
        counts.failures[cell] === 0 &&
        -(counts.trials[cell] as number) * Math.log1p(-rate) > SURPRISE_LOG,
    );
  });
}

/**
 * A cell that a cause holds, and of which one cannot say yet whether it fails; -1 where none is.
 */
export function undecidedCell({ counts, cover, witnesses }: Counted): number {
  for (const [cause, cells] of cover.inside.entries()) {
    const { rate } = witnesses[cause] as Witnesses;
    const cell = cells.find(
      (each) =>
        counts.failures[each] === 0 && (counts.trials[each] as number) * rate < CLEAN_ENOUGH,
    );
    if (cell !== undefined) return cell;
  }
  return -1;
}

/** Whether some neighbour in this factor alone, explained like the cell itself, is not spared. */
export function distinguishes(
  { space, cover }: Pick<Counted, 'space' | 'cover'>,
  spared: ReadonlySet<number>,
  factor: number,
): boolean {
  for (const cell of spared) {
    for (let level = 0; level < space.levelCount(factor); level++) {
      const other = space.flip(cell, factor, level);
      if (other < 0 || other === cell || spared.has(other)) continue;
      if (cover.explainedBy[other] === cover.explainedBy[cell]) return true;
    }
  }
  return false;
}
