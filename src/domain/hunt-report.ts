// The document that `hunt --json` prints and every report is made of. It is a promise to those who
// build on it: fields may be added, never renamed or given another meaning.

import type { CaptureReport } from './capture.ts';
import type { Cell, Levels } from './cell.ts';
import type { Damage, DamageKind, Layer, Signature } from './damage.ts';
import type { DeliveryReport } from './delivery.ts';
import type { Isolation } from './isolation.ts';
import type { LastCalls } from './last-calls.ts';
import type { Reread, WrongRange } from './observation.ts';
import type { FactorKind } from './plan.ts';
import type { Expectation, PromiseName } from './promise.ts';
import type { ProvocationFacts, ProvokedTrial } from './provoked.ts';
import type { KindCount, Opportunities, Verdict } from './trial.ts';

export interface RigCheck {
  readonly name: string;
  readonly passed: boolean;
  /** What was measured, in words with numbers. */
  readonly detail: string;
  /** False where it could not be made, or there was nothing to read; absent where it was made. */
  readonly checked?: false;
}

export interface Rig {
  readonly passed: boolean;
  readonly checks: readonly RigCheck[];
}

/** Name and value of everything known about host, medium and versions; values are one line each. */
export type Facts = Readonly<Record<string, string>>;

export interface CellReport {
  readonly cell: number;
  readonly levels: Levels;
  readonly trials: number;
  readonly damaged: number;
  readonly failed: number;
  readonly unknown: number;
  /** damaged / (clean + damaged + failed); null before the first trial that counts. */
  readonly rate: number | null;
  /** Clopper-Pearson interval at 95 % of that rate. */
  readonly low: number | null;
  readonly high: number | null;
  readonly opportunities: Opportunities;
  /** Of every promise tested here, expected or only described. */
  readonly promises: readonly PromiseReport[];
  /** Seconds of trial time until the first damaged trial, null when there was none. */
  readonly firstDamageSeconds: number | null;
}

export interface PromiseReport {
  readonly promise: PromiseName;
  readonly expected: boolean;
  readonly tries: number;
  readonly broken: number;
  /** Independent chances among the tries: for a rewritten unit, its rewrites. */
  readonly chances?: number;
  /** Clopper-Pearson at 95 %; with 0 broken, `high` is the one-sided bound 3/N for N chances. */
  readonly rate: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly kinds: readonly KindCount[];
}

export interface ProvocationReport extends ProvocationFacts {
  /** "17 of 19 timed failures began within 50ms of it; by chance 0.3 would, p < 0.001". */
  readonly words: string;
}

/** A sentence of the survey: what the medium keeps or does not keep, and up to what. */
export interface Guarantee {
  readonly promise: PromiseName;
  /** Never seen broken; to be built on only where `enough` is not false. */
  readonly kept: boolean;
  /** False where too few tries were made to say anything: not tested, although never broken. */
  readonly enough?: boolean;
  readonly expected: boolean;
  /** The mode it speaks of, as levels: `{writer: 'buffered', reader: 'buffered'}`. */
  readonly mode: Levels;
  /** "a buffered write of 4KiB: never torn (0 of 31,204 reads, under 0.01%)". */
  readonly words: string;
  /** What follows for a protocol built on it. */
  readonly advice?: string;
  /** What is known of this file system from elsewhere, with where. */
  readonly known?: string;
  readonly tries: number;
  readonly broken: number;
  /** Independent chances among the tries: for a rewritten unit, its rewrites. */
  readonly chances?: number;
  /** With 0 broken: upper bound of the rate at 95 %, which holds for each size (and mode) alone. */
  readonly bound?: number;
  /** With some broken: rate over all sizes and its interval at 95 %. */
  readonly rate?: number;
  readonly low?: number;
  readonly high?: number;
}

export interface Finding {
  readonly id: string;
  readonly trial: number;
  readonly levels: Levels;
  /** False for what is only described (a promise that the plan does not expect). */
  readonly expected: boolean;
  readonly promise: PromiseName;
  readonly kinds: readonly DamageKind[];
  readonly damage: readonly Damage[];
  readonly layer: Layer;
  readonly layerBecause: string;
  readonly rereads: readonly RereadSummary[];
  /** Folder with the bytes and facts. */
  readonly evidence: string;
  /** The command that replays it. */
  readonly replay: string;
  readonly seed: string;
  readonly atMs: number;
  /** What was read, file offset and bytes: of a unit that is meant to be atomic, all of it. */
  readonly window?: { readonly offset: number; readonly asked: number; readonly returned: number };
  /** All of that file that is wrong, in whole blocks, where the whole file was read. */
  readonly wholeFile?: readonly WrongRange[];
  /** Of a trial in which calls failed: how many writes said that they had not, and which did. */
  readonly calls?: {
    readonly writes: number;
    readonly failed: readonly { readonly operation: string; readonly errno: string }[];
  };
  /** What led up to it, where actors of this host recorded it. */
  readonly lastCalls?: LastCalls;
  /** First bytes around the first damage: rows of a hex dump. */
  readonly hex: readonly HexRow[];
}

export type RereadSummary = Omit<Reread, 'bytes'> & { readonly sameAsFirst: boolean | null };

export interface HexRow {
  readonly offset: number;
  /** Two hex digits a byte, 16 bytes, space separated; shorter at the end of a file. */
  readonly expected: string;
  readonly observed: string;
}

/** Of a plan that plants faults: whether the hunter saw them. */
export interface PlantedReport {
  /** Firings by kind of fault. */
  readonly fired: Readonly<Record<string, number>>;
  /** Trials in which one fired: damaged or failed, clean, not to be judged. */
  readonly accused: number;
  readonly silent: number;
  readonly unknown: number;
  /** Judged trials in which none fired, and those of them that were damaged or failed. */
  readonly others: number;
  readonly falselyAccused: number;
}

export interface HuntReport {
  readonly schema: 'heisenwrite.hunt/1';
  readonly hunt: string;
  readonly seed: string;
  readonly verdict: Verdict;
  /** Verdict, for a person on call: a few lines. */
  readonly words: readonly string[];
  readonly plan: {
    readonly name: string;
    readonly hash: string;
    readonly expectations: readonly Expectation[];
  };
  /** The place or places hunted, by label. */
  readonly places: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly seconds: number;
  readonly stopped: string;
  readonly trials: {
    readonly clean: number;
    readonly damaged: number;
    readonly failed: number;
    readonly unknown: number;
  };
  readonly opportunities: Opportunities;
  readonly factors: readonly {
    readonly factor: string;
    /** How its levels are to be written: sizes are bytes, durations milliseconds. */
    readonly kind?: FactorKind;
    readonly levels: readonly Cell['levels'][string][];
  }[];
  readonly cells: readonly CellReport[];
  readonly guarantees: readonly Guarantee[];
  readonly findings: readonly Finding[];
  /** Trials with a departure beyond those that were kept as findings. */
  readonly findingsNotKept: number;
  readonly failures: readonly {
    readonly operation: string;
    readonly errno: string;
    readonly count: number;
    readonly example: string;
  }[];
  /** Where files were delivered: who picked them up, and how early. */
  readonly deliveries?: DeliveryReport | null;
  /** Where there were captures: how far they came. */
  readonly captures?: CaptureReport | null;
  /** Where the plan plants faults. */
  readonly planted?: PlantedReport | null;
  readonly unknowns: readonly { readonly because: string; readonly count: number }[];
  readonly signature: Signature | null;
  /** Null where nothing failed or no factor was varied: there is nothing to isolate. */
  readonly isolation: Isolation | null;
  /** What provoked, and what the failures have to do with it; left out where nothing did. */
  readonly provocations?: readonly ProvocationReport[];
  /** A few trials with all windows and failures in them; those that failed come first. */
  readonly timeLine?: readonly ProvokedTrial[];
  readonly rig: Rig;
  readonly facts: Facts;
  readonly replay: string;
}
