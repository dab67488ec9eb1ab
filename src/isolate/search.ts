// What the failures need, as a proposal. Rare failures are pooled: a posterior over conjunctions,
// and the trials that tell them apart best. Where failures are frequent and the plan is small, each
// cell speaks for itself, and several causes are told apart at once.

import type { Rng } from '../base/rng.ts';
import type { CellCounts } from './cell-counts.ts';
import { type Conjunction, isTestable, keyOf } from './conjunction.ts';
import { proposeCauses, scoreCauses } from './cover-search.ts';
import { bestDesign, designCells, drawCells } from './design.ts';
import type { FactorSpace } from './factor-space.ts';
import type { Belief, Posterior } from './posterior.ts';
import type { Task } from './trial-queue.ts';
import { proposeTwo } from './two-causes.ts';

/**
 * A hypothesis is frozen from this probability on, and given up below the other. A certificate is
 * dearer with each attempt, so each waits for more.
 */
const FREEZE_AT = [0.65, 0.8, 0.9] as const;
const FREEZE_LATER = 0.95;
const GIVE_UP_AT = 0.2;
/** Two causes are sought after so many failures, at every so many-th look, and so believed. */
const TWO_CAUSES_FAILURES = 6;
const TWO_CAUSES_EVERY = 4;
const TWO_CAUSES_AT = 0.65;
/** Two that are frozen are given up for two others that are believed so much. */
const RIVALS_AT = 0.9;
/** Conjunctions that a second one is sought beside before "no factor matters" is said. */
const FIRST_OF_TWO_MAX = 3;
/** What is settled must be believed so much: a rival that remains is told apart before. */
const SETTLE_AT = 0.85;
/** "No factor matters" has no look outside that could find a second cause. */
export const SETTLE_NO_FACTOR_AT = 0.95;
/** Trials of one design. */
const BATCH = 25;
/** A plan of so few cells is tried through before it is searched, so that each cell has a bound. */
const SMALL_PLAN_CELLS = 200;
const SMALL_PLAN_ROUNDS = 2;
/** So frequent failures in so few cells let each cell speak for itself. */
const FREQUENT = 0.03;
const FREQUENT_CELLS_MAX = 200;
const FREQUENT_ROUNDS = 4;
/** A claim is given up for one that explains the counts better by this factor (e^3 is 20). */
const BETTER_LOG = 3;

export interface Proposal {
  readonly causes: readonly Conjunction[];
  /** Found cell by cell, not by the pooled posterior. */
  readonly byCells: boolean;
}

export class Search {
  private readonly space: FactorSpace;
  private readonly counts: CellCounts;
  private readonly posterior: Posterior;
  private readonly rng: Rng;
  private readonly failingCells = new Set<number>();
  private round: number[] = [];
  /** Rounds over all cells that were begun. */
  private rounds = 0;
  /** What the cells said at the end of the last round. */
  private lastSaid: string | null = null;
  private looks = 0;
  /** Failures at which two frozen causes were last compared with others. */
  private rivalledAt = -1;

  constructor(space: FactorSpace, counts: CellCounts, posterior: Posterior, rng: Rng) {
    this.space = space;
    this.counts = counts;
    this.posterior = posterior;
    this.rng = rng;
  }

  failedAt(cell: number): void {
    this.failingCells.add(cell);
    this.posterior.anchorAt(cell);
  }

  /** There is a failure, and a small plan has been tried through. */
  get hasBegun(): boolean {
    const triedThrough =
      this.space.cellCount > SMALL_PLAN_CELLS ||
      this.rounds > SMALL_PLAN_ROUNDS ||
      (this.rounds === SMALL_PLAN_ROUNDS && this.round.length === 0);
    return this.failingCells.size > 0 && triedThrough;
  }

  /**
   * A claim worth a certificate, or null while none is.
   * @param attempts claims that were frozen and given up before
   */
  propose(attempts: number): Proposal | null {
    if (this.isFrequent && !this.cellsAgree()) return null;
    return this.proposeNow(attempts);
  }

  /** The same of trials that are what they are: nobody asks for another round. */
  proposeNow(attempts = 0): Proposal | null {
    if (this.failingCells.size === 0) return null;
    if (this.isFrequent) {
      const { causes } = proposeCauses(this.space, this.counts);
      return causes.length > 0 ? { causes, byCells: true } : null;
    }
    const freezeAt = FREEZE_AT[attempts] ?? FREEZE_LATER;
    const [best] = this.posterior.beliefs() as [Belief];
    const isRipe = best.probability >= freezeAt;
    const two = this.twoAfter(best, isRipe);
    if (two) return { causes: two, byCells: false };
    if (!isRipe || !isTestable(best.conjunction, this.space)) return null;
    return { causes: [best.conjunction], byCells: false };
  }

  /** The trials that would tell most. */
  batch(): Task[] {
    if (this.isFrequent) return [{ cells: [this.nextBalanced()] }];
    const beliefs = this.posterior.beliefs();
    const anchor = this.anchorOf(beliefs);
    const cells = designCells(this.space, bestDesign(this.space, anchor, beliefs, BATCH));
    if (cells.length === 0) return [{ cells: [this.nextBalanced()] }];
    return drawCells(cells, BATCH, this.rng).map((cell) => ({ cells: [cell] }));
  }

  isDoubtful(frozen: Proposal): boolean {
    if (frozen.byCells) return this.betterThan(frozen) !== null;
    if (frozen.causes.length > 1) return this.isRivalled(frozen);
    return this.beliefIn(frozen) < GIVE_UP_AT;
  }

  /** Two causes have no place in a posterior of one; asked again after each failure. */
  private isRivalled({ causes: [first, ...others] }: Proposal): boolean {
    if (!first || this.rivalledAt === this.counts.allFailures) return false;
    this.rivalledAt = this.counts.allFailures;
    const two = this.twoFrom(first, RIVALS_AT);
    return two !== null && coverKey(two) !== coverKey([first, ...others]);
  }

  /** Whether no rival remains; two causes have no place in a posterior of one. */
  isBelieved(frozen: Proposal): boolean {
    const [first, ...others] = frozen.causes;
    if (!first || frozen.byCells || others.length > 0) return true;
    return this.beliefIn(frozen) >= (first.length === 0 ? SETTLE_NO_FACTOR_AT : SETTLE_AT);
  }

  private beliefIn(frozen: Proposal): number {
    const beliefs = this.posterior.beliefs();
    const belief = beliefs.find(({ conjunction }) => conjunction === frozen.causes[0]);
    return belief?.probability ?? 0;
  }

  /** Causes that explain what the cells show much better than these, or one more beside the one. */
  betterThan(frozen: Proposal): Proposal | null {
    if (!frozen.byCells && !this.isFrequent) return this.secondBeside(frozen);
    const { causes, score } = proposeCauses(this.space, this.counts);
    if (causes.length === 0 || coverKey(causes) === coverKey(frozen.causes)) return null;
    const better = score > scoreCauses(this.space, this.counts, frozen.causes) + BETTER_LOG;
    return better ? { causes, byCells: true } : null;
  }

  /** Every cell once, in random order, before any a second time. */
  nextBalanced(): number {
    if (this.round.length === 0) {
      this.rounds++;
      this.round = this.rng.shuffle(Array.from({ length: this.space.cellCount }, (_, at) => at));
    }
    return this.round.pop() as number;
  }

  private get isFrequent(): boolean {
    const { allFailures, allTrials } = this.counts;
    return this.space.cellCount <= FREQUENT_CELLS_MAX && allFailures >= FREQUENT * allTrials;
  }

  /** At the end of a round: do the cells say the same as at the end of the one before? */
  private cellsAgree(): boolean {
    if (this.round.length > 0 || this.rounds < FREQUENT_ROUNDS) return false;
    const { causes } = proposeCauses(this.space, this.counts);
    const said = causes.length > 0 ? coverKey(causes) : null;
    const agreed = said !== null && said === this.lastSaid;
    this.lastSaid = said;
    return agreed;
  }

  /**
   * Where failures are rare: two causes that explain what the one leaves outside, or what is spread
   * so that no factor seemed to matter.
   */
  private secondBeside({ causes: [only, ...others] }: Proposal): Proposal | null {
    if (!only || others.length > 0) return null;
    for (const first of only.length > 0 ? [only] : this.likeliest()) {
      const two = this.twoFrom(first);
      if (two) return { causes: two, byCells: false };
    }
    return null;
  }

  /** Conjunctions that would be believed most if some factor mattered. */
  private likeliest(): Conjunction[] {
    const named = this.posterior.beliefs().map(({ conjunction }) => conjunction);
    return named.filter(({ length }) => length > 0).slice(0, FIRST_OF_TWO_MAX);
  }

  /** Two causes, where the best one leaves failures unexplained; not asked at every look. */
  private twoAfter(best: Belief, isRipe: boolean): readonly Conjunction[] | null {
    if (this.counts.allFailures < TWO_CAUSES_FAILURES) return null;
    if (this.looks++ % TWO_CAUSES_EVERY > 0 && !isRipe) return null;
    return this.twoFrom(best.conjunction);
  }

  /** Two that a certificate could come of, each believed so much. */
  private twoFrom(first: Conjunction, believedAt = TWO_CAUSES_AT): readonly Conjunction[] | null {
    const two = proposeTwo(this.space, this.counts, first, believedAt);
    return two?.every((each) => isTestable(each, this.space)) ? two : null;
  }

  /** The failing cell that the beliefs explain best. */
  private anchorOf(beliefs: readonly Belief[]): number {
    let best = -1;
    let most = -1;
    for (const cell of this.failingCells) {
      const explained = this.posterior.explained(cell, beliefs);
      if (explained > most) [best, most] = [cell, explained];
    }
    return best;
  }
}

function coverKey(causes: readonly Conjunction[]): string {
  return causes.map(keyOf).toSorted().join(' or ');
}
