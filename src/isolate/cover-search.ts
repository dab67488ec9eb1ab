// Where failures are frequent, each cell soon shows whether it fails at all, and several causes can
// be told apart at once: the fewest and simplest conjunctions that hold the failing cells and spare
// the clean ones. Every cell has a rate of its own, because a cause may tear large units in every
// trial and small ones in one of five.

import type { CellCounts } from './cell-counts.ts';
import { type Conjunction, holds, isTestable } from './conjunction.ts';
import type { FactorSpace } from './factor-space.ts';
import { setsHolding } from './level-sets.ts';
import { BetaPrior } from './log-beta.ts';
import { conjunctionsOf, logPriorOf, type Weighed } from './posterior.ts';

const EXPLAINED = new BetaPrior(0.5, 1);
const UNEXPLAINED = new BetaPrior(0.1, 100);
const CAUSES_MAX = 4;
const PASSES_MAX = 4;
/** Failing cells from which causes are sought. */
const ANCHORS_MAX = 6;

interface Candidate extends Weighed {
  /** Indices of the tried cells that it holds. */
  readonly cells: Int32Array;
}

interface ScoredCauses {
  readonly causes: readonly Conjunction[];
  /** Log posterior, up to a constant that is the same for all proposals on the same counts. */
  readonly score: number;
}

/** The causes that explain the counts best; none where nothing failed. */
export function proposeCauses(space: FactorSpace, counts: CellCounts): ScoredCauses {
  const gains = new Float64Array(space.cellCount);
  const tried: number[] = [];
  for (let cell = 0; cell < space.cellCount; cell++) {
    const trials = counts.trials[cell] as number;
    if (trials === 0) continue;
    tried.push(cell);
    gains[cell] = gainOf(counts.failures[cell] as number, trials);
  }
  const candidates = candidatesOf(space, counts, tried);
  let chosen: Candidate[] = [];
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const before = chosen;
    for (const each of before) {
      chosen = extended(
        chosen.filter((other) => other !== each),
        candidates,
        gains,
      );
    }
    chosen = extended(chosen, candidates, gains);
    if (chosen.length === before.length && chosen.every((each) => before.includes(each))) break;
  }
  return {
    causes: chosen.map(({ conjunction }) => conjunction),
    score: scoreOf(chosen, gains),
  };
}

/** The score of given causes on the same counts, to compare a frozen claim with a newer one. */
export function scoreCauses(
  space: FactorSpace,
  counts: CellCounts,
  causes: readonly Conjunction[],
): number {
  let score = causes.reduce((sum, each) => sum + logPriorOf(each, space), 0);
  for (let cell = 0; cell < space.cellCount; cell++) {
    const trials = counts.trials[cell] as number;
    if (trials === 0 || !causes.some((cause) => holds(cause, space, cell))) continue;
    score += gainOf(counts.failures[cell] as number, trials);
  }
  return score;
}

/** What it is worth that a cause holds this cell: positive where it failed, negative where not. */
function gainOf(failures: number, trials: number): number {
  return EXPLAINED.logLikelihood(failures, trials) - UNEXPLAINED.logLikelihood(failures, trials);
}

/** Adds the candidate that helps most, again and again, while one helps. */
function extended(
  chosen: readonly Candidate[],
  candidates: readonly Candidate[],
  gains: Float64Array,
): Candidate[] {
  const all = [...chosen];
  const held = new Uint8Array(gains.length);
  for (const { cells } of all) for (const cell of cells) held[cell] = 1;
  while (all.length < CAUSES_MAX) {
    let best: Candidate | null = null;
    let most = 0;
    for (const candidate of candidates) {
      let gain = candidate.logPrior;
      for (const cell of candidate.cells) if (held[cell] === 0) gain += gains[cell] as number;
      if (gain > most) [best, most] = [candidate, gain];
    }
    if (!best) break;
    all.push(best);
    for (const cell of best.cells) held[cell] = 1;
  }
  return all;
}

function scoreOf(chosen: readonly Candidate[], gains: Float64Array): number {
  const held = new Set(chosen.flatMap(({ cells }) => [...cells]));
  const explained = [...held].reduce((sum, cell) => sum + (gains[cell] as number), 0);
  return chosen.reduce((sum, { logPrior }) => sum + logPrior, explained);
}

function candidatesOf(
  space: FactorSpace,
  counts: CellCounts,
  tried: readonly number[],
): Candidate[] {
  const failing = tried
    .filter((cell) => (counts.failures[cell] as number) > 0)
    .toSorted((a, b) => (counts.failures[b] as number) - (counts.failures[a] as number));
  const candidates = new Map<string, Candidate>();
  for (const anchor of spread(space, failing)) {
    const sets = space.factors.map((_, factor) =>
      setsHolding(space, factor, space.levelOf(anchor, factor)),
    );
    for (const weighed of conjunctionsOf(sets)) {
      const cells = Int32Array.from(
        tried.filter((cell) => holds(weighed.conjunction, space, cell)),
      );
      const name = cells.join(' ');
      const known = candidates.get(name);
      if (known && known.logPrior >= weighed.logPrior) continue;
      if (isTestable(weighed.conjunction, space)) candidates.set(name, { ...weighed, cells });
    }
  }
  return [...candidates.values()];
}

/** Failing cells as unlike each other as can be, so that each cause has one of its own. */
function spread(space: FactorSpace, failing: readonly number[]): number[] {
  const chosen = failing.slice(0, 1);
  const unlike = (a: number, b: number) =>
    space.factors.filter((_, factor) => space.levelOf(a, factor) !== space.levelOf(b, factor))
      .length;
  while (chosen.length < Math.min(ANCHORS_MAX, failing.length)) {
    let best = -1;
    let most = -1;
    for (const cell of failing) {
      const distance = Math.min(...chosen.map((other) => unlike(cell, other)));
      if (distance > most) [best, most] = [cell, distance];
    }
    chosen.push(best);
  }
  return chosen;
}
