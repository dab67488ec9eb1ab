// How long one looks outside of a claim before "needs" is said.

import type { IsolationState } from './isolation-state.ts';

/** Clean trials that each region outside is to have: the least frequent cause asks for most. */
export function enoughOutside(witnesses: IsolationState['witnesses']): number {
  return Math.max(...witnesses.map((each) => each.cleanEnough));
}

/** About how many more trials outside of the claim are due. */
export function outsideMissing({ cover, coverage, counts, witnesses }: IsolationState): number {
  if (!cover || !coverage || cover.outside.length === 0) return 0;
  const { trials } = counts.sum(cover.outside);
  return Math.max(0, coverage.missing(enoughOutside(witnesses)), cover.outside.length - trials);
}
