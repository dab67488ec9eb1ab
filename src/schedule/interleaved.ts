// Old and fixed in turn: old, fixed, fixed, old (ABBA), so that whatever drifts, a medium that
// fills or a host that warms up, hits both alike. The two trials of a pair are made in cells that
// differ in nothing but the fix; which cells, a seeded order decides, each once before any a second
// time.

import { assert } from '../base/assert.ts';
import type { Rng } from '../base/rng.ts';
import type { Cell } from '../domain/cell.ts';
import type { Comparison, Schedule } from '../domain/ports.ts';
import type { ProofSide } from '../domain/proof.ts';

export interface CellPair {
  readonly old: Cell;
  readonly fixed: Cell;
}

const ABBA: readonly ProofSide[] = ['old', 'fixed', 'fixed', 'old'];
/** Where the rate of the old side is given, it is not run. */
const FIXED_ALONE: readonly ProofSide[] = ['fixed'];

/**
 * A trial of verdict `unknown` enters no count and is made again, so that the pairs stay pairs.
 * @param pairs at least one
 * @param control whether the old side is run at all
 */
export function interleavedSchedule(
  pairs: readonly CellPair[],
  rng: Rng,
  comparison: Comparison,
  control = true,
): Schedule {
  assert(pairs.length > 0, 'nothing is to be compared');
  const sides = control ? ABBA : FIXED_ALONE;
  const trialsOfPair = control ? 2 : 1;
  let order = rng.fork(0).shuffle(pairs);
  let counted = 0;
  const sideNow = () => sides[counted % sides.length] as ProofSide;
  return {
    next: () => order[Math.floor(counted / trialsOfPair) % pairs.length]?.[sideNow()] ?? null,
    learn: (_cell, verdict) => {
      if (verdict === 'unknown') return;
      comparison.add(sideNow(), verdict !== 'clean');
      counted++;
      const round = counted / trialsOfPair / pairs.length;
      if (Number.isInteger(round)) order = rng.fork(round).shuffle(pairs);
    },
    concluded: () => comparison.concluded(),
    news: () => comparison.news(),
  };
}
