// What the flow needs from outside, as interfaces. Adapters are chosen at the composition root
// (src/cli) and nowhere else.

import type { Cell, Levels } from './cell.ts';
import type { Facts, Finding, HuntReport, Rig } from './hunt-report.ts';
import type { LastCalls } from './last-calls.ts';
import type { MediumAddress } from './medium.ts';
import type { Observation } from './observation.ts';
import type { Expectation } from './promise.ts';
import type { ProofSide } from './proof.ts';
import type { TimedCount } from './shrink.ts';
import type { Judgement, TrialOutcome, TrialRecord, Verdict } from './trial.ts';

/** Written once, before the first trial; enough to resume and to report without the plan file. */
export interface HuntHeader {
  /** 16 hex digits. */
  readonly hunt: string;
  readonly seed: string;
  readonly version: string;
  /** The normalised plan, as JSON, with its hash. */
  readonly planJson: string;
  readonly planName: string;
  readonly planHash: string;
  readonly expectations: readonly Expectation[];
  readonly places: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly replay: string;
  readonly startedAtMs: number;
  readonly facts: Facts;
}

export interface StoredTrial extends Omit<TrialRecord, 'outcome'> {
  /** Without the bytes of observations, which are in the finding's folder. */
  readonly outcome: Omit<TrialOutcome, 'observations'>;
  readonly observations: number;
  /** Null when a crash came between the observation and its judgement. */
  readonly judgement: Judgement | null;
}

/** Append-only. Every method returns after its data would survive a crash of this process. */
export interface EvidenceStore {
  begin(header: HuntHeader): Promise<void>;
  header(): Promise<HuntHeader>;
  /** Appends what was seen, with all bytes, before it is judged. */
  appendTrial(record: TrialRecord): Promise<void>;
  appendJudgement(trial: number, judgement: Judgement): Promise<void>;
  /** Gives up the bytes of a judged trial; its counts and what was made of it stay. */
  dropBytes(trial: number): Promise<void>;
  appendFinding(finding: Finding): Promise<void>;
  appendRig(rig: Rig, atMs: number): Promise<void>;
  /** When a run of the hunt ended and why; a resumed hunt has several. */
  appendStop(reason: string, atMs: number, trialSeconds: number): Promise<void>;
  /** In order of trial number; streamed, so that a long hunt needs constant memory. */
  trials(): AsyncIterable<StoredTrial>;
  /** Trials that were recorded and never judged (the judge or the machine crashed). */
  unjudged(): Promise<readonly TrialRecord[]>;
  findings(): Promise<readonly Finding[]>;
  rigs(): Promise<readonly Rig[]>;
  stops(): Promise<readonly { reason: string; atMs: number; trialSeconds: number }[]>;
  close(): Promise<void>;
}

/**
 * The ground on which a hunt stands: its directories and its evidence, opened before the first
 * trial by the composition root, so that the flow itself knows no adapter.
 */
export interface HuntGround {
  readonly header: HuntHeader;
  readonly cells: readonly Cell[];
  readonly store: EvidenceStore;
  /** The hunt's own directory, which holds the evidence. */
  readonly directory: string;
  /** Trials that a resumed hunt has had already, and how long they took; milliseconds. */
  readonly trialsBefore: number;
  readonly msBefore: number;
  /** Where actors of this host record what they do; null for nowhere. */
  readonly recordings: string | null;
  /** Where trials with these levels make their directories. */
  trialsPlace(levels: Levels): TrialsPlace;
  /** What actors did last before it was seen, from their recordings; null where there are none. */
  lastCalls(observation: Observation, record: TrialRecord): LastCalls | null;
  /** The trial has been judged: what was recorded of it is kept with its findings alone. */
  forgetCalls(): void;
  /** Writes the finding's folder, with the recordings, and returns its path. */
  keepFinding(
    finding: Finding,
    observation: Observation,
    expected: Uint8Array | null,
  ): Promise<string>;
  /** What is left for trials of the space that was allowed, less a reserve for evidence; bytes. */
  spaceLeftBytes(): number;
  /** Only what is of a new sort may still be kept with its bytes: trials to come need the rest. */
  isSpaceScarce(): boolean;
  /**
   * Removes what is not evidence; the hunt's directory and its evidence stay. Returns what could
   * not be removed, and why.
   */
  clear(): Promise<readonly string[]>;
}

/** Where the trials of one place have their directories: on the place itself. */
export interface TrialsPlace {
  readonly medium: MediumAddress;
  /** By URL: other media, on which trials of the place have a directory, too. */
  readonly others?: Readonly<Record<string, TrialsPlace>>;
  /** Makes the directory of a trial, returns its path. Rejects when the place is out of reach. */
  make(trial: number): Promise<string>;
  /** What holds damage stays, beside the evidence. */
  keep(trial: number): Promise<void>;
  remove(trial: number): Promise<void>;
}

/** Which cell next: balanced, or adaptive, or old and fixed in turn. */
export interface Schedule {
  /** The next cell, or null when there is nothing left to try. */
  next(): Cell | null;
  /**
   * Told of every finished trial, in order, and how long it took (milliseconds); a schedule that
   * learns does so here. A resumed hunt asks and tells it all of its stored trials again, so it
   * must decide by its seed and by what it was told alone.
   */
  learn(cell: Cell, verdict: Verdict, durationMs: number): void;
  /** Why nothing is left to find out, or null while something is. */
  concluded(): string | null;
  /** What it has come to know since it was last asked, for whoever watches; null for nothing. */
  news(): string | null;
}

/** Cells by position, told apart by what isolates a failure best. Steers the adaptive schedule. */
export interface Adviser {
  next(): number;
  /** @param failed null where nothing may be concluded */
  learn(cell: number, failed: boolean | null): void;
  /** What it is doing: discover, search, certify, ... */
  readonly stage: string;
  readonly isSettled: boolean;
}

/** Old against fixed, told trial by trial; decides how long the interleaved schedule goes on. */
export interface Comparison {
  add(side: ProofSide, failed: boolean): void;
  /** As of a schedule. */
  concluded(): string | null;
  news(): string | null;
}

/** A candidate against the incumbent by failures per time; steers the shrinking schedule. */
export interface Race {
  /** Whose trial comes next. */
  turn(): RaceSide;
  add(side: RaceSide, failed: boolean, durationMs: number): void;
  decision(): 'accepted' | 'rejected' | null;
  readonly candidate: TimedCount;
  readonly incumbent: TimedCount;
}

export type RaceSide = 'candidate' | 'incumbent';

/** What a live display is told. All methods return at once and never throw. */
export interface HuntListener {
  begun(header: HuntHeader, cells: readonly Cell[], limits: HuntLimits): void;
  trialStarted(trial: number, cell: Cell): void;
  trialJudged(record: TrialRecord, judgement: Judgement): void;
  found(finding: Finding): void;
  note(message: string): void;
  ended(report: HuntReport): void;
}

export interface HuntLimits {
  readonly forMs: number | null;
  readonly trials: number | null;
  readonly findings: number | null;
  readonly spaceBytes: number;
}
