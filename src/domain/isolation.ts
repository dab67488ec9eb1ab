// What is claimed about the factors of a failure, and on what grounds. The words come first; every
// number behind them is here, so that a claim can be checked by hand.

import type { Level, Levels } from './cell.ts';

/** Trials and failures; trials of verdict `unknown` are in neither. */
export interface Count {
  readonly trials: number;
  readonly failures: number;
}

/** A count with its rate and its Clopper-Pearson interval at 95 %. */
export interface CountedRate extends Count {
  readonly rate: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** "factor is one of these levels", in the order in which the plan names them. */
export interface Literal {
  readonly factor: string;
  readonly levels: readonly Level[];
}

/**
 * What may be said (the rules of docs/isolation.md):
 *
 * - `needs`: certified, and no failure was seen outside.
 * - `raises`: certified, but something also fails outside: another cause or a background.
 * - `any-of`: several causes, each certified, and no failure outside all of them.
 * - `no-factor`: it fails at every level of every factor, at no level improbably seldom.
 * - `none`: nothing may be claimed yet; `missing` says what would be needed.
 */
export type ClaimKind = 'needs' | 'raises' | 'any-of' | 'no-factor' | 'none';

/** One literal of a cause, flipped to one other level, all else being equal. */
export interface Contrast {
  readonly cause: number;
  readonly factor: string;
  readonly levels: readonly Level[];
  /** The level to which it was flipped. */
  readonly against: Level;
  readonly inside: Count;
  readonly flipped: Count;
  /** Matched pairs in which only the trial inside failed, and only the flipped one. */
  readonly onlyInside: number;
  readonly onlyFlipped: number;
  /** Evidence against "flipping does not lower the rate"; 1 / alpha or more certifies. */
  readonly eValue: number;
  /** Why it could not be tried: no cell of the plan differs in this alone. */
  readonly untestable?: string;
}

export interface Certificate {
  /** The share of false certificates that was allowed for this one. */
  readonly alpha: number;
  /** Claims that were frozen and given up before this one; each spent some of the 5 %. */
  readonly attempt: number;
  /** Trials that no claim was made because of. */
  readonly freshTrials: number;
  /**
   * True where a random half of the trials was kept apart, false where they were made afterwards.
   */
  readonly halved: boolean;
  readonly contrasts: readonly Contrast[];
}

export interface Cause {
  readonly literals: readonly Literal[];
  readonly inside: CountedRate;
}

/** One level of a factor that the claim does not name, looked at inside the claim only. */
export interface Witness extends CountedRate {
  readonly level: Level;
  /** `failed`, or clean so often that it is called not seen, or not tried often enough. */
  readonly seen: 'failed' | 'not-seen' | 'too-few';
  /** Rate over the rate of the factor's other levels, with its interval at 95 %. */
  readonly ratio: number | null;
  readonly ratioLow: number | null;
  readonly ratioHigh: number | null;
  /** Probability of so few failures if the factor did not matter (binomial, one-sided). */
  readonly probability: number;
}

export interface FreeFactor {
  readonly factor: string;
  /** `open`: not every level has a witness yet. `modulates`: some level fails improbably seldom. */
  readonly standing: 'irrelevant' | 'modulates' | 'open';
  readonly levels: readonly Witness[];
}

/** How much a hypothesis is believed; for what is not certified yet. */
export interface Suspicion {
  readonly literals: readonly Literal[];
  readonly posterior: number;
}

export interface NeededStep {
  readonly step: 'failure' | 'search' | 'certificate' | 'witness' | 'outside' | 'cells';
  /** About so many more trials; null where nobody can say. */
  readonly trials: number | null;
  /** Of which cells, where it is not all of them. */
  readonly literals: readonly Literal[];
}

/** How long it runs between failures, in the cells of the claim; seconds of trials. */
export interface TimeToFailure {
  readonly failures: number;
  readonly seconds: number;
  /** Failures per second with their exact Poisson interval at 95 %. */
  readonly rate: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /**
   * Weibull shape of the times between failures with its interval; null where trials are too coarse
   * for it, since more than a tenth of them fail.
   */
  readonly shape: number | null;
  readonly shapeLow: number | null;
  readonly shapeHigh: number | null;
  /** `warm-up`: mostly soon after a failure; `wear`: the longer it ran since. */
  readonly course: 'warm-up' | 'wear' | 'constant' | 'too-few';
}

export interface Isolation {
  readonly claim: ClaimKind;
  /** Sentences for a person on call; the first is the claim. */
  readonly words: readonly string[];
  /** The literals of the claim where it names one cause, else empty. */
  readonly needs: readonly Literal[];
  /** Factors of which every level was seen to fail inside the claim. */
  readonly irrelevant: readonly string[];
  readonly certificate: Certificate | null;
  readonly causes: readonly Cause[];
  readonly outside: CountedRate;
  /** Cells inside that stayed clean where that would be a surprise, by what tells them apart. */
  readonly spared: readonly { readonly literals: readonly Literal[]; readonly trials: number }[];
  readonly factors: readonly FreeFactor[];
  /** Trials that entered, and those left out because nothing may be concluded from them. */
  readonly trials: number;
  readonly unknown: number;
  readonly failures: number;
  /** Trials at which the first failure, the frozen claim, its certificate and all came. */
  readonly milestones: Readonly<Record<string, number>>;
  /** The hypotheses that are believed most, best first. */
  readonly suspicions: readonly Suspicion[];
  /** What it would still need, step by step; `missing` says the same in words. */
  readonly needed: readonly NeededStep[];
  readonly missing: readonly string[];
  /** Absent where nobody knows how long the trials took, as of a table. */
  readonly timeToFailure?: TimeToFailure;
  /** False for trials that were not chosen for this question, as somebody's CI history. */
  readonly designed: boolean;
}

/** What the counts say, before it is put into words. */
export type IsolationFacts = Omit<Isolation, 'words' | 'missing'>;

/** A row of somebody's table: this cell ended so, `count` times. */
export interface TrialRow {
  readonly levels: Levels;
  readonly verdict: 'clean' | 'failing' | 'unknown';
  readonly count: number;
}

/** A factor as isolation sees it: its levels in order. */
export interface FactorSpec {
  readonly name: string;
  /** Sizes, durations and counts: a range of levels is one hypothesis ("size >= 1MiB"). */
  readonly ordered: boolean;
  readonly levels: readonly Level[];
  /** What a change of its level costs, in trials; a reboot may cost hundreds, a size nothing. */
  readonly cost?: number;
}
