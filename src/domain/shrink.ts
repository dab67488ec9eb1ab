// The search for the cheapest trial that still fails: what is tried, in which order, and what came
// of it. The order is stored with the hunt, so that one that was killed goes on as it would have.

import type { Level, Levels } from './cell.ts';

/**
 * - `cheaper`: a smaller, shorter or lonelier trial, which may fail a little less often.
 * - `stronger`: a provocation, which must make it fail more often.
 */
export type ShrinkAim = 'cheaper' | 'stronger';

/** Levels of one factor to be tried one after the other, from the one next to the start on. */
export interface ShrinkStep {
  readonly factor: string;
  readonly aim: ShrinkAim;
  readonly levels: readonly Level[];
}

/** What a shrinking hunt was asked, stored with it. */
export interface ShrinkQuestion {
  /** The hunt whose failure it is: its identifier, its directory and what it claims. */
  readonly of: string;
  readonly ofDirectory: string;
  readonly claim: string;
  /** Position of the first cell among the cells of the shrinking hunt. */
  readonly start: number;
  readonly steps: readonly ShrinkStep[];
  /** The command that asks this again, with the same decisions. */
  readonly replay: string;
}

/** Failures and the time of the trials in which they came; unknown trials are in neither. */
export interface TimedCount {
  readonly trials: number;
  readonly failures: number;
  readonly seconds: number;
}

/** A candidate against what was best until then, in turn and for about as long. */
export interface ShrinkTry {
  readonly factor: string;
  readonly aim: ShrinkAim | 'confirmation';
  readonly levels: Levels;
  readonly against: Levels;
  readonly candidate: TimedCount;
  readonly incumbent: TimedCount;
  /** `open`: the hunt ended before it was decided. */
  readonly decision: 'accepted' | 'rejected' | 'open';
}

/**
 * What the rate of the candidate must be at least, as a multiple of the incumbent's. A cheaper
 * trial may lose half of it; a provocation that does not double it is not worth another condition.
 */
export const RATE_AT_LEAST: Readonly<Record<ShrinkTry['aim'], number>> = {
  cheaper: 0.5,
  stronger: 2,
  confirmation: 0.5,
};

/** The document that `hunt --shrink --json` prints: fields may be added, never renamed. */
export interface ShrinkReport {
  readonly schema: 'heisenwrite.shrink/1';
  /** Sentences for a person on call. */
  readonly words: readonly string[];
  readonly start: Levels;
  readonly shrunk: Levels;
  /** Whether the smaller trial was compared with the first one once more, on fresh trials. */
  readonly confirmed: boolean;
  /** Of the last comparison in which each took part. */
  readonly rates: { readonly start: TimedCount; readonly shrunk: TimedCount };
  readonly tried: readonly ShrinkTry[];
  /** All that were made, those that do not count included, and of these the unknown ones. */
  readonly trials: number;
  readonly unknown: number;
  readonly of: string;
  readonly claim: string;
  readonly hunt: string;
  readonly directory: string;
  readonly seed: string;
  readonly seconds: number;
  readonly stopped: string;
  /** The file of a plan with the smaller trial alone; null where nothing failed. */
  readonly plan: string | null;
  /** The command that carries out this plan, or the search again where there is none. */
  readonly replay: string;
}
