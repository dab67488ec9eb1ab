// Two causes at once, where failures are rare: each is sought among the trials that the other does
// not explain, in turn, until neither changes. One cause alone would leave failures outside that it
// cannot explain.

import type { CellCounts } from './cell-counts.ts';
import { type Conjunction, holds, keyOf } from './conjunction.ts';
import type { FactorSpace } from './factor-space.ts';
import { type Belief, Posterior } from './posterior.ts';

/** Failures outside of the first cause before a second one is sought. */
const UNEXPLAINED_MIN = 3;
const PASSES_MAX = 4;
/** In larger plans it would take too long, and one cause with failures outside is what is said. */
const TRIED_CELLS_MAX = 5000;

/** Both causes, each believed at least so much given the other; null where there are no two. */
export function proposeTwo(
  space: FactorSpace,
  counts: CellCounts,
  first: Conjunction,
  believedAt: number,
): readonly Conjunction[] | null {
  if (first.length === 0) return null;
  let one = first;
  let two: Conjunction = [];
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const second = best(space, counts, one);
    if (!second || second.conjunction.length === 0) return null;
    const again = best(space, counts, second.conjunction);
    if (!again || again.conjunction.length === 0) return null;
    const stable =
      keyOf(again.conjunction) === keyOf(one) && keyOf(second.conjunction) === keyOf(two);
    [one, two] = [again.conjunction, second.conjunction];
    if (!stable) continue;
    const believed = Math.min(again.probability, second.probability) >= believedAt;
    return believed ? [one, two] : null;
  }
  return null;
}

/** What is believed most of the trials that this cause does not explain. */
function best(space: FactorSpace, counts: CellCounts, explained: Conjunction): Belief | null {
  const tried: number[] = [];
  let unexplained = 0;
  for (let cell = 0; cell < space.cellCount; cell++) {
    if (counts.trials[cell] === 0 || holds(explained, space, cell)) continue;
    tried.push(cell);
    unexplained += counts.failures[cell] as number;
  }
  if (unexplained < UNEXPLAINED_MIN) return null;
  if (tried.length > TRIED_CELLS_MAX) return null;
  const failures = (cell: number) => counts.failures[cell] as number;
  const posterior = new Posterior(space, 1);
  posterior.anchorAt(tried.reduce((a, b) => (failures(b) > failures(a) ? b : a)));
  for (const cell of tried) {
    const clean = (counts.trials[cell] as number) - failures(cell);
    if (failures(cell) > 0) posterior.observe(cell, true, failures(cell));
    if (clean > 0) posterior.observe(cell, false, clean);
  }
  return posterior.beliefs()[0] ?? null;
}
