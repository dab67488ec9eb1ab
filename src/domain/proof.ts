// What is claimed of a fix, and on what grounds. As everywhere the words come first, and every
// number behind them is here, so that a claim can be checked by hand.

import type { Cell, Levels } from './cell.ts';
import type { Rig } from './hunt-report.ts';
import type { Count, CountedRate } from './isolation.ts';

export type ProofSide = 'old' | 'fixed';

/**
 * - `proven`: it fails less than the old build, and it has not failed at all, neither here nor in
 *   the hunt whose failure it is; its bound is low enough, and each of its cells was tried.
 * - `rarer`: it fails less than the old build, but it has failed: no fix, at best a part of one.
 * - `not-proven`: it has failed, and nothing shows that it fails less than the old build. More
 *   trials can only lead to `rarer`.
 * - `open`: it has not failed, and the evidence does not suffice yet.
 */
export type ProofOutcome = 'proven' | 'rarer' | 'not-proven' | 'open';

/** Without another bound: 59 clean fixed trials reach it, which rare failures take anyway. */
export const UNDER_DEFAULT = 0.05;

/** Trials of a cell in the hunt whose failure it is. */
export interface CountedCell extends Pick<Cell, 'levels'>, Count {}

/** Where the rule stands. */
export interface Proof {
  readonly outcome: ProofOutcome;
  readonly old: Count;
  readonly fixed: Count;
  /** Pairs in which only the old build failed, and only the fixed one. */
  readonly onlyOld: number;
  readonly onlyFixed: number;
  /** Evidence of the pairs; 2 / alpha concludes. 1 without a control. */
  readonly pairEValue: number;
  /** Lower bound of the rate of the old build; null until it has failed 5 times. */
  readonly p0: number | null;
  /** (1 - p0)^-N of N clean fixed trials, 4 / alpha concludes (1 / alpha without a control). */
  readonly cleanEValue: number | null;
  /** Further clean trials of the fixed build that conclude by themselves; null when none can. */
  readonly cleanTrialsNeeded: number | null;
  /** Further pairs in which only the old build fails, that conclude; null without a control. */
  readonly oldFailuresNeeded: number | null;
  /** By what factor the odds of failing are lower at least; null until it is concluded. */
  readonly factorLow: number | null;
  /** One-sided Fisher p-value of the counts, for the record: not valid for looking repeatedly. */
  readonly fisherP: number | null;
}

/** What a proof hunt was asked, stored with it, so that it can go on after a crash. */
export interface ProofQuestion {
  /** The hunt whose failure is meant to be fixed: its identifier and its directory. */
  readonly of: string;
  readonly ofDirectory: string;
  /** As it was given: `writer=direct`, a label of a place, the path of a plan. */
  readonly fix: string;
  /** Positions among the cells of the proof hunt, of each old cell and its fixed partner. */
  readonly pairs: readonly { readonly old: number; readonly fixed: number }[];
  /** The old cells, also where they are not run. */
  readonly oldCells: readonly Levels[];
  /** Failures and trials of the old cells in the hunt whose failure it is; the latter may be 0. */
  readonly before: Count;
  /** The rate that the old side is known to have, instead of running it; null: it is run. */
  readonly withoutControl: number | null;
  /** Go on until the upper bound of the fixed side is below this rate; null: UNDER_DEFAULT. */
  readonly under: number | null;
  /** Fixed cells that failed in that hunt, in the same place: they can never be proven. */
  readonly failedBefore?: readonly CountedCell[];
  /** Cells that failed in that hunt and are on neither side. */
  readonly notCovered?: readonly CountedCell[];
  /** The command that asks this again, with the same decisions. */
  readonly replay: string;
}

export interface ProofSideReport extends CountedRate {
  /** `writer=direct`: what tells this side from the other. */
  readonly words: string;
  readonly cells: readonly Levels[];
}

/** The document that `prove --json` prints: fields may be added, never renamed. */
export interface ProofReport {
  readonly schema: 'heisenwrite.proof/1';
  readonly outcome: ProofOutcome;
  /** Sentences for a person on call; the first is the claim. */
  readonly words: readonly string[];
  readonly old: ProofSideReport;
  readonly fixed: ProofSideReport;
  readonly rule: Omit<Proof, 'outcome' | 'old' | 'fixed'> & {
    /** Share of wrong proofs that is allowed. */
    readonly alpha: number;
    readonly withoutControl: number | null;
    readonly under: number;
    /** Trials of the fixed cell that was tried the least, and how many a proof takes of each. */
    readonly leastTrials: number;
    readonly leastNeeded: number;
  };
  /** About so much more would conclude, if the fixed side stays clean; null where nothing would. */
  readonly needed: { readonly trials: number; readonly seconds: number | null } | null;
  /** Fixed cells that failed in the hunt whose failure it is: then nothing is proven. */
  readonly failedBefore: readonly CountedCell[];
  /** Cells that failed in that hunt and that this proof says nothing of. */
  readonly notCovered: readonly CountedCell[];
  /** Trials from which nothing may be concluded; they enter no count. */
  readonly unknown: number;
  readonly rig: Rig;
  /** The hunt whose failure is meant to be fixed. */
  readonly of: string;
  readonly fix: string;
  readonly hunt: string;
  readonly directory: string;
  readonly seed: string;
  readonly seconds: number;
  readonly stopped: string;
  readonly replay: string;
}

export function underOf({ under }: Pick<ProofQuestion, 'under'>): number {
  return under ?? UNDER_DEFAULT;
}

/** Whether the rule has shown that the fixed side fails less, whatever else a proof takes. */
export function isConcluded({
  cleanTrialsNeeded,
  oldFailuresNeeded,
}: Pick<Proof, 'cleanTrialsNeeded' | 'oldFailuresNeeded'>): boolean {
  return cleanTrialsNeeded === 0 || oldFailuresNeeded === 0;
}
