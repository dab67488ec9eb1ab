// Which sets of levels a hypothesis may name, and how much each is believed before any trial. Only
// sets that hold a given level are listed: a cause must hold the cell in which it was seen to fail.

import { type LevelSet, levelSet } from './conjunction.ts';
import type { FactorSpace } from './factor-space.ts';

/** Belief in "one level" against "several"; it goes to one level where there is no other set. */
const SINGLE_SHARE = 0.85;
/** Up to so many levels of an unordered factor every subset is a hypothesis. */
const ALL_SUBSETS_MAX = 5;
/** Up to so many levels of an ordered factor every range is one; beyond, those open on one side. */
const ALL_RANGES_MAX = 12;

export interface WeighedSet {
  readonly set: LevelSet;
  readonly logPrior: number;
}

/** The level alone comes first; ordered factors have ranges, others sets of levels. */
export function setsHolding(space: FactorSpace, factor: number, level: number): WeighedSet[] {
  const count = space.levelCount(factor);
  const ordered = space.factors[factor]?.ordered === true;
  const several = ordered ? ranges(count) : subsets(count);
  const singleShare = several.length === 0 ? 1 : SINGLE_SHARE;
  const single = { set: levelSet(factor, [level], count), logPrior: Math.log(singleShare / count) };
  const logPrior = Math.log((1 - singleShare) / several.length);
  const holding = several.filter((levels) => levels.includes(level));
  return [single, ...holding.map((levels) => ({ set: levelSet(factor, levels, count), logPrior }))];
}

export function logPriorOfSet(space: FactorSpace, { factor, member }: LevelSet): number {
  const sets = setsHolding(space, factor, member.indexOf(1));
  const name = member.join('');
  return sets.find(({ set }) => set.member.join('') === name)?.logPrior ?? Number.NEGATIVE_INFINITY;
}

/** Proper ranges of two levels or more. */
function ranges(count: number): number[][] {
  const found: number[][] = [];
  for (let low = 0; low < count; low++) {
    for (let high = low + 1; high < count; high++) {
      const open = low === 0 || high === count - 1;
      const proper = low > 0 || high < count - 1;
      if (proper && (open || count <= ALL_RANGES_MAX)) found.push(interval(low, high));
    }
  }
  return found;
}

/** Proper subsets of two levels or more; of many levels only pairs, and all but one. */
function subsets(count: number): number[][] {
  const all = interval(0, count - 1);
  if (count <= ALL_SUBSETS_MAX) {
    const masks = interval(1, 2 ** count - 2);
    const sets = masks.map((mask) => all.filter((level) => (mask >> level) & 1));
    return sets.filter((levels) => levels.length > 1);
  }
  const pairs = all.flatMap((a) => interval(a + 1, count - 1).map((b) => [a, b]));
  return [...pairs, ...all.map((without) => all.filter((level) => level !== without))];
}

function interval(low: number, high: number): number[] {
  return Array.from({ length: Math.max(0, high - low + 1) }, (_, index) => low + index);
}
