// How long one looks outside of a claim before "needs" is said: until a second cause as strong as
// the first, and at home in a ninth of the outside, would have been missed once in twenty hunts.

import type { IsolationState } from './isolation-state.ts';

/** Trials outside times the rate inside. */
const OUTSIDE_ENOUGH = 27;

/** How many more trials outside of the claim are due. */
export function outsideMissing({ cover, counts, witnesses }: IsolationState): number {
  if (!cover || cover.outside.length === 0) return 0;
  const { trials } = counts.sum(cover.outside);
  const rate = Math.min(...witnesses.map((each) => each.rate));
  return Math.max(0, Math.ceil(OUTSIDE_ENOUGH / rate - trials), cover.outside.length - trials);
}
