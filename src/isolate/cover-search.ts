// Where failures are frequent, each cell soon shows whether it fails at all, and several causes can
// be told apart at once: the fewest and simplest conjunctions that hold the failing cells and spare
// the clean ones. Every cell has a rate of its own, because a cause may tear large units in every
// trial and small ones in one of five.

import { createRng } from '../base/rng.ts';
import type { CellCounts } from './cell-counts.ts';
import { type Conjunction, holds, isTestable, type Weighed } from './conjunction.ts';
import type { FactorSpace } from './factor-space.ts';
import { setsHolding } from './level-sets.ts';
import { BetaPrior } from './log-beta.ts';
import { conjunctionsOf, logPriorOf } from './posterior.ts';

/**
 * Every cell of a cause fails at a rate of its own: often, and next to never at no rate at all, or
 * seldom, where a clean cell is less of a surprise. Which of the two, is the same for all of them.
 */
const EXPLAINED = [new BetaPrior(3, 1), new BetaPrior(3, 27)] as const;
const UNEXPLAINED = new BetaPrior(0.1, 100);
const CAUSES_MAX = 6;
/** Candidates that are tried, those first that hold most of what failed. */
const CANDIDATES_MAX = 1000;
/** Partial covers that are kept at each step. */
const BEAM_WIDTH = 48;
/** Failing cells from which causes are sought. */
const ANCHORS_MAX = 40;

interface Candidate extends Weighed {
  /** Indices of the tried cells that it holds. */
  readonly cells: Int32Array;
  /** By cell, what it is worth that this cause holds it. */
  readonly gains: Float64Array;
}

interface PartialCover {
  readonly chosen: readonly Candidate[];
  /** 1 for each cell that one of them holds. */
  readonly held: Uint8Array;
  /** The sum of the marks of those cells. */
  readonly mark: number;
  readonly score: number;
}

interface Extension {
  readonly partial: PartialCover;
  readonly candidate: Candidate;
  readonly mark: number;
  readonly score: number;
}

interface ScoredCauses {
  readonly causes: readonly Conjunction[];
  /** Log posterior, up to a constant that is the same for all proposals on the same counts. */
  readonly score: number;
}

/** The causes that explain the counts best; none where nothing failed. */
export function proposeCauses(space: FactorSpace, counts: CellCounts): ScoredCauses {
  const tried: number[] = [];
  for (let cell = 0; cell < space.cellCount; cell++) {
    if ((counts.trials[cell] as number) > 0) tried.push(cell);
  }
  const all = candidatesOf(space, counts, tried);
  // "Everything fails" would hide every cause behind it, so that it stands for itself.
  const causes = search(
    all.filter(({ conjunction }) => conjunction.length > 0),
    space.cellCount,
  );
  const everything = search(
    all.filter(({ conjunction }) => conjunction.length === 0),
    space.cellCount,
  );
  const { chosen, score } = causes.score > everything.score ? causes : everything;
  return { causes: chosen.map(({ conjunction }) => conjunction), score };
}

/**
 * Beam search: the best partial covers are all extended by every candidate, since the cause that
 * helps most at first is often too wide to be part of the best cover. Covers that hold the same
 * cells are one; which cells, a hash of random numbers says (Zobrist, 1970).
 */
function search(candidates: readonly Candidate[], cellCount: number): PartialCover {
  const marks = marksOf(cellCount);
  const start = { chosen: [], held: new Uint8Array(cellCount), mark: 0, score: 0 };
  let best: PartialCover = start;
  let beam: readonly PartialCover[] = [start];
  for (let size = 1; size <= CAUSES_MAX && beam.length > 0; size++) {
    const wider = new Map<number, Extension>();
    for (const partial of beam) {
      for (const candidate of candidates) {
        const { gain, mark } = extensionBy(partial, candidate, marks);
        const score = partial.score + gain;
        if (gain <= 0 || (wider.get(mark)?.score ?? Number.NEGATIVE_INFINITY) >= score) continue;
        wider.set(mark, { partial, candidate, mark, score });
      }
    }
    const kept = [...wider.values()].toSorted((a, b) => b.score - a.score).slice(0, BEAM_WIDTH);
    beam = kept.map(extended);
    if (beam[0] && beam[0].score > best.score) best = beam[0];
  }
  return best;
}

/** What the candidate adds, and the mark of all cells that are held with it. */
function extensionBy({ held, mark: before }: PartialCover, each: Candidate, marks: Float64Array) {
  const { cells, gains } = each;
  let gain = each.logPrior;
  let mark = before;
  for (let at = 0; at < cells.length; at++) {
    const cell = cells[at] as number;
    if (held[cell] !== 0) continue;
    gain += gains[cell] as number;
    mark += marks[cell] as number;
  }
  return { gain, mark };
}

function extended({ partial, candidate, mark, score }: Extension): PartialCover {
  const held = partial.held.slice();
  for (const cell of candidate.cells) held[cell] = 1;
  return { chosen: [...partial.chosen, candidate], held, mark, score };
}

/** Whole numbers of which sums do not collide in practice, and stay exact. */
function marksOf(cellCount: number): Float64Array {
  const rng = createRng('cells of a cover');
  return Float64Array.from({ length: cellCount }, () => rng.integer(1, 2 ** 31 - 1) * 2 ** 11 + 1);
}

/** The score of given causes on the same counts, to compare a frozen claim with a newer one. */
export function scoreCauses(
  space: FactorSpace,
  counts: CellCounts,
  causes: readonly Conjunction[],
): number {
  const gains = EXPLAINED.map((prior) => gainsOf(counts, prior));
  let cover = { held: new Uint8Array(space.cellCount), score: 0 };
  for (const conjunction of causes) {
    const cells = Int32Array.from(cellsOf(conjunction, space, counts));
    const logPrior = logPriorOf(conjunction, space) - Math.LN2;
    const sums = gains.map((each) =>
      cells.reduce((sum, cell) => (cover.held[cell] === 0 ? sum + (each[cell] as number) : sum), 0),
    );
    const held = cover.held.slice();
    for (const cell of cells) held[cell] = 1;
    cover = { held, score: cover.score + logPrior + Math.max(...sums) };
  }
  return cover.score;
}

function cellsOf(conjunction: Conjunction, space: FactorSpace, counts: CellCounts): number[] {
  const cells: number[] = [];
  for (let cell = 0; cell < space.cellCount; cell++) {
    if ((counts.trials[cell] as number) > 0 && holds(conjunction, space, cell)) cells.push(cell);
  }
  return cells;
}

/** What it is worth that a cause holds each cell: positive where it failed, negative where not. */
function gainsOf({ trials, failures }: CellCounts, explained: BetaPrior): Float64Array {
  return Float64Array.from(trials, (tried, cell) => {
    const failed = failures[cell] as number;
    return explained.logLikelihood(failed, tried) - UNEXPLAINED.logLikelihood(failed, tried);
  });
}

function candidatesOf(
  space: FactorSpace,
  counts: CellCounts,
  tried: readonly number[],
): Candidate[] {
  const failing = tried
    .filter((cell) => (counts.failures[cell] as number) > 0)
    .toSorted((a, b) => (counts.failures[b] as number) - (counts.failures[a] as number));
  const gains = EXPLAINED.map((prior) => gainsOf(counts, prior));
  const candidates = new Map<string, Omit<Candidate, 'gains'>>();
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
  const all = [...candidates.values()].flatMap((each) =>
    gains.map((explained) => ({
      ...each,
      logPrior: each.logPrior - Math.LN2,
      gains: explained,
    })),
  );
  return all.toSorted((a, b) => worthOf(b) - worthOf(a)).slice(0, CANDIDATES_MAX);
}

/** What it explains by itself. */
function worthOf({ logPrior, cells, gains }: Candidate): number {
  return cells.reduce((sum, cell) => sum + Math.max(0, gains[cell] as number), logPrior);
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
