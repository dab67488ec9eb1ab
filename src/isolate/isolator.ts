// The method of docs/isolation.md as one course: discover a failure, search for what it needs,
// freeze the claim, certify it on fresh trials, find a witness for every level that the claim calls
// irrelevant, and look outside for a second cause. It says which cell to try next and is told how
// each trial ended; it does no I/O and knows no clock.

import type { Rng } from '../base/rng.ts';
import { CellCounts } from './cell-counts.ts';
import { Certifier, isCertifiable } from './certifier.ts';
import { keyOf } from './conjunction.ts';
import { Cover } from './cover.ts';
import { Coverage } from './coverage.ts';
import { EVEN_AT_LEAST, evenness } from './evenness.ts';
import type { FactorSpace } from './factor-space.ts';
import type { IsolationState } from './isolation-state.ts';
import { enoughOutside, outsideMissing } from './outside.ts';
import { type Belief, Posterior } from './posterior.ts';
import { type Proposal, Search } from './search.ts';
import { undecidedCell } from './spared.ts';
import { type Task, TrialQueue } from './trial-queue.ts';
import { IMPROBABLE, Witnesses } from './witnesses.ts';

/** Trials between two looks at whether a frozen claim still holds. */
const LOOK_EVERY = 25;
/**
 * What the first certificate may spend of 5 %, the second, the third; a later one half of the one
 * before it. Together under 5 %; the steps are where 5, 7 and 8 pairs certify.
 */
const ALPHAS = [0.036, 0.0094, 0.0041] as const;
const ALPHA_LATER = 0.00025;
/** A level that would fail so seldom by chance less often than this makes a claim too wide. */
const UNEVEN = 0.002;

export type Stage = 'discover' | 'search' | 'certify' | 'witness' | 'sweep' | 'settled';

/** Trials of a cell after which it has said whether it fails. */
const HEARD = 24;
/** Stages in which a frozen claim may still be given up. */
const FROZEN: readonly Stage[] = ['certify', 'witness', 'sweep'];

export class Isolator implements IsolationState {
  readonly space: FactorSpace;
  readonly counts: CellCounts;
  stage: Stage = 'discover';
  /** Trials from which nothing may be concluded. */
  unknown = 0;
  /** Claims that were frozen, this one included. */
  attempt = 0;
  cover: Cover | null = null;
  certifier: Certifier | null = null;
  coverage: Coverage | null = null;
  /** By cause of the cover. */
  witnesses: readonly Witnesses[] = [];
  frozenAt = 0;
  readonly isHalved = false;
  /** Trials after which the first failure came, and each stage. */
  readonly milestones: Record<string, number> = {};
  private readonly posterior: Posterior;
  private readonly search: Search;
  private readonly queue: TrialQueue;
  private readonly rng: Rng;
  private proposal: Proposal | null = null;
  private lookAt = 0;
  /** Failures at which the spread was looked at last, and what it was. */
  private evenAt = -1;
  private even = false;
  /** Claims that were given up because some level failed too seldom. */
  private readonly uneven = new Set<string>();

  constructor(space: FactorSpace, rng: Rng) {
    this.space = space;
    this.rng = rng;
    this.counts = new CellCounts(space.cellCount);
    this.posterior = new Posterior(space);
    this.search = new Search(space, this.counts, this.posterior, rng.fork('search'));
    this.queue = new TrialQueue(space);
  }

  /** The next cell to try. */
  next(): number {
    if (this.queue.isEmpty) this.plan();
    return this.queue.take();
  }

  /** @param failed null where nothing may be concluded: it enters no count and voids its pair */
  learn(cell: number, failed: boolean | null): void {
    if (failed === null) this.unknown++;
    else this.observe(cell, failed);
    this.queue.settle(cell, failed);
    this.advance();
  }

  /** The most probable hypotheses, best first. */
  beliefs(): Belief[] {
    return this.posterior.beliefs();
  }

  /** Nothing is left to do: the claim stands, or stands as far as it ever will. */
  get isSettled(): boolean {
    return this.stage === 'settled';
  }

  get isCertified(): boolean {
    return ['witness', 'sweep', 'settled'].includes(this.stage) && this.cover !== null;
  }

  private observe(cell: number, failed: boolean): void {
    this.counts.add(cell, failed);
    this.posterior.observe(cell, failed);
    const cause = this.cover?.explainedBy[cell] ?? -1;
    if (cause >= 0) this.witnesses[cause]?.observe(cell, failed);
    else if (cause === -1) this.coverage?.observe(cell);
    if (!failed) return;
    this.search.failedAt(cell);
    this.milestones.failure ??= this.counts.allTrials;
  }

  /** Moves to the next stage where the trials so far allow it. */
  private advance(): void {
    const { certifier, search } = this;
    if (this.stage === 'discover' && search.hasBegun) this.enter('search');
    if (this.stage === 'certify' && certifier?.isComplete) this.enter('witness');
    const mayGiveUp =
      FROZEN.includes(this.stage) || (this.isSettled && this.proposal?.byCells === true);
    if (mayGiveUp && this.isDoubtful()) this.giveUp();
    if (this.stage === 'witness' && this.isWitnessed()) {
      if (this.isUneven()) this.giveUp();
      else this.enter('sweep');
    }
    if (this.stage === 'sweep' && outsideMissing(this) === 0 && this.isBelieved()) this.conclude();
  }

  private enter(stage: Stage): void {
    this.stage = stage;
    this.queue.clear();
    this.lookAt = this.counts.allTrials + LOOK_EVERY;
    if (stage !== 'search') this.milestones[stage] = this.counts.allTrials;
  }

  private isDoubtful(): boolean {
    if (this.stage === 'certify' && this.certifier?.isHopeless) return true;
    if (this.counts.allTrials < this.lookAt) return false;
    this.lookAt = this.counts.allTrials + LOOK_EVERY;
    return this.search.isDoubtful(this.proposal as Proposal);
  }

  /**
   * A level that fails far too seldom says that the claim is too wide; once, since the same claim
   * that comes again is one whose rate that level modulates.
   */
  private isUneven(): boolean {
    const { causes } = this.proposal as Proposal;
    const name = causes.map(keyOf).join(' or ');
    if (this.uneven.has(name)) return false;
    const uneven = this.witnesses.some((each) => each.leastProbability < UNEVEN);
    if (uneven) this.uneven.add(name);
    return uneven;
  }

  private giveUp(): void {
    this.cover = null;
    this.certifier = null;
    this.coverage = null;
    this.witnesses = [];
    this.proposal = null;
    this.enter('search');
  }

  /** Returns false where no certificate could ever come of it, which costs no attempt. */
  private freeze(proposal: Proposal): boolean {
    const cover = new Cover(this.space, proposal.causes);
    if (!cover.isUnconditional && !isCertifiable(this.space, cover)) return false;
    this.proposal = proposal;
    this.attempt++;
    const rng = this.rng.fork(`certificate-${this.attempt}`);
    this.cover = cover;
    this.witnesses = cover.causes.map(
      (_, cause) => new Witnesses(this.space, cover, cause, this.counts),
    );
    this.coverage = new Coverage(this.space, cover, this.counts);
    const { witnesses, coverage } = this;
    const wanted = { witnesses, coverage };
    this.certifier = new Certifier(this.space, cover, alphaOf(this.attempt), rng, wanted);
    this.enter(cover.isUnconditional ? 'witness' : 'certify');
    this.frozenAt = this.counts.allTrials;
    this.milestones.frozen = this.frozenAt;
    return true;
  }

  /**
   * A failure outside may belong to a cause that now shows, and what is spread over all levels may
   * have two causes; else the claim stands as it is.
   */
  private conclude(): void {
    const cover = this.cover as Cover;
    const isOpen = cover.isUnconditional || this.counts.sum(cover.outside).failures > 0;
    const better = isOpen ? this.search.betterThan(this.proposal as Proposal) : null;
    if (better && this.freeze(better)) return;
    if (!this.isOutsideOpen()) this.enter('settled');
  }

  /** Something fails outside, and some cell there has not been heard often enough to say why. */
  private isOutsideOpen(): boolean {
    const { cover, counts } = this;
    if (!cover || this.proposal?.byCells !== true) return false;
    if (counts.sum(cover.outside).failures === 0) return false;
    return cover.outside.some((cell) => (counts.trials[cell] as number) < HEARD);
  }

  /** Fills the queue with what the stage wants to know. */
  private plan(): void {
    if (this.stage === 'search') {
      const proposal = this.search.propose(this.attempt);
      if (proposal) this.freeze(proposal);
    }
    this.queue.add(this.tasks());
  }

  private tasks(): Task[] {
    switch (this.stage) {
      case 'discover':
      case 'settled':
        return [{ cells: [this.search.nextBalanced()] }];
      case 'search':
        return this.search.batch();
      case 'certify':
        return this.certifyingRounds();
      case 'witness':
        return [{ cells: [this.witnessCell()] }];
      case 'sweep':
        return outsideMissing(this) > 0 ? [{ cells: [this.outsideCell()] }] : this.search.batch();
    }
  }

  private certifyingRounds(): Task[] {
    const certifier = this.certifier as Certifier;
    const rounds = this.queue.isCostly ? LOOK_EVERY : 1;
    return Array.from({ length: rounds }, () => certifier.nextRound());
  }

  /** Looked at again only after another failure. */
  get isEven(): boolean {
    if (this.cover?.isUnconditional !== true) return false;
    if (this.evenAt !== this.counts.allFailures) {
      this.evenAt = this.counts.allFailures;
      const rng = this.rng.fork(`evenness-${this.evenAt}`);
      this.even = evenness(this.space, this.counts, rng) >= EVEN_AT_LEAST;
    }
    return this.even;
  }

  private isWitnessed(): boolean {
    if (this.openCause() !== -1 || this.undecided() !== -1) return false;
    if (!this.cover?.isUnconditional) return true;
    // A level that fails too seldom gets more trials: they show that it was chance, or what it is.
    const isEven = this.witnesses.every((each) => each.leastProbability >= IMPROBABLE);
    return isEven && this.isBelieved() && this.isEven;
  }

  private isBelieved(): boolean {
    return this.search.isBelieved(this.proposal as Proposal);
  }

  private outsideCell(): number {
    return (this.coverage as Coverage).draw(enoughOutside(this.witnesses), this.rng);
  }

  /** The cause that has a level without a witness, or -1. */
  private openCause(): number {
    return this.witnesses.findIndex((each) => each.openLevels.length > 0);
  }

  /** Where cells speak for themselves, each one that a cause holds is to be heard. */
  private undecided(): number {
    const { cover, counts } = this;
    return cover && this.proposal?.byCells ? undecidedCell({ counts, cover }) : -1;
  }

  private witnessCell(): number {
    const undecided = this.openCause() === -1 ? this.undecided() : -1;
    if (undecided !== -1) return undecided;
    const cause = Math.max(0, this.openCause());
    const cells = this.cover?.inside[cause] as readonly number[];
    const draw = (bound: number) => this.rng.integer(0, bound - 1);
    return (this.witnesses[cause] as Witnesses).bestOf(cells, draw);
  }
}

function alphaOf(attempt: number): number {
  return ALPHAS[attempt - 1] ?? ALPHA_LATER * 2 ** (ALPHAS.length + 1 - attempt);
}
