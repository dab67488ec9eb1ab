// How long one looks outside of a claim before "needs" is said.

import type { IsolationState } from './isolation-state.ts';

/** About how many more trials outside of the claim are due. */
export function outsideMissing({ cover, coverage, counts, witnesses }: IsolationState): number {
  if (!cover || !coverage || cover.outside.length === 0) return 0;
  const { trials } = counts.sum(cover.outside);
  const enough = Math.max(...witnesses.map((each) => each.cleanEnough));
  return Math.max(0, coverage.missing(enough), cover.outside.length - trials);
}
