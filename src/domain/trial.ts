// A trial: one seeded attempt in one cell, what it saw, and what was made of it.

import type { CaptureAccount } from './capture.ts';
import type { Cell, Level } from './cell.ts';
import type { Damage, DamageKind, Layer } from './damage.ts';
import type { DeliveryAccount } from './delivery.ts';
import type { FaultReceipt } from './fault.ts';
import type { Facts } from './hunt-report.ts';
import type { Observation, OperationFailure } from './observation.ts';
import type { PromiseName, PromiseTally } from './promise.ts';
import type { Provoked, Receipt } from './receipt.ts';

export type Verdict = 'clean' | 'damaged' | 'failed' | 'unknown';

/** Whether a trial of this verdict failed; null where nothing may be concluded from it. */
export function hasFailed(verdict: Verdict): boolean | null {
  return verdict === 'unknown' ? null : verdict !== 'clean';
}

/** What a trial offered to go wrong, so that rates can be given per opportunity. */
export interface Opportunities {
  readonly reads: number;
  readonly writes: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** A program of the user's that a trial ran, as it went. */
export interface ProgramRun {
  readonly as: 'write' | 'read' | 'compare';
  /** As it was started, placeholders filled in; quoted for a shell. */
  readonly command: string;
  readonly status: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly durationMs: number;
  /** Start of its standard output, and end of its standard error; at most 4 KiB each. */
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes of standard output, kept or not. */
  readonly stdoutBytes: number;
}

/** How often a kind of departure was seen, whether or not its bytes were kept. */
export interface KindCount {
  readonly promise: PromiseName;
  readonly kind: DamageKind;
  readonly count: number;
}

/** The raw result of a trial: appended to the evidence before it is judged. */
export interface TrialOutcome {
  readonly opportunities: Opportunities;
  readonly tallies: readonly PromiseTally[];
  /** A bounded number of departures with their bytes; the tallies count all of them. */
  readonly observations: readonly Observation[];
  readonly failures: readonly OperationFailure[];
  /** Of a workload that runs the user's programs: each, in order. */
  readonly programs?: readonly ProgramRun[];
  /** Of a sequential capture: how far it came, and what is left. */
  readonly capture?: CaptureAccount;
  /** Of a file that watchers waited for: who picked it up, and how early. */
  readonly delivery?: DeliveryAccount;
  /** Of a trial on another host: which, its facts, and what was done to it meanwhile. */
  readonly host?: HostAccount;
  /** Of a plan that plants faults: what fired in this trial. */
  readonly planted?: readonly FaultReceipt[];
  /** Of a trial in whose cell something provokes: each time it fired, in no order. */
  readonly receipts?: readonly Receipt[];
  /** Likewise: what could fire, and when. */
  readonly provoked?: Provoked;
  /** What that which was tested promises of itself: broken, it is damage in any plan. */
  readonly promised?: readonly PromiseName[];
  /** Why nothing may be concluded from this trial, when that is so. */
  readonly unknown?: string;
  /** No trial of this cell can be made in this hunt, and the schedule leaves it out. */
  readonly untestable?: true;
}

export interface TrialRecord {
  /** Order within the hunt, from 1. */
  readonly trial: number;
  readonly cell: Cell;
  readonly seed: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly outcome: TrialOutcome;
}

/** What was made of one observation. */
export interface Diagnosis {
  readonly observation: number;
  readonly promise: PromiseName;
  readonly damage: readonly Damage[];
  readonly layer: Layer;
  readonly layerBecause: string;
  /** Of the observation: monotonic, nanoseconds, decimal. */
  readonly atNs?: string;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** Why, in one sentence, for verdicts other than clean. */
  readonly because?: string;
  /** Of observations whose promise the plan expects. */
  readonly damage: readonly Diagnosis[];
  /** Of observations whose promise the plan does not expect: described, never counted as damage. */
  readonly described: readonly Diagnosis[];
}

/** What a trial met on another host. */
export interface HostAccount {
  /** The level of `kernel`. */
  readonly host: Level;
  readonly facts: Facts;
  readonly receipts: readonly Receipt[];
}
