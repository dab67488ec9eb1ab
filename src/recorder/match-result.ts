// What a match found: counts of everything, and the first findings with where to look.

import type { Delivery } from './message-match.ts';

export type FindingKind = 'lost' | 'duplicated' | 'never-sent' | 'reordered' | 'late';

/** One record of one recording. */
export interface RecordPlace {
  /** Index of the recording. */
  readonly recording: number;
  readonly sequence: number;
  readonly timeNs: bigint;
}

export interface MatchFinding {
  readonly kind: FindingKind;
  /** The identifying fields, as `from=2 id=17`. */
  readonly key: string;
  /** When it was sent; of what was never sent, when it was received. */
  readonly timeNs: bigint;
  /** Null where it was never sent. */
  readonly sent: RecordPlace | null;
  /** Null where it was lost. */
  readonly received: RecordPlace | null;
  /** Indexes of the recordings in which a receipt is missing; empty but for what was lost. */
  readonly missingIn: readonly number[];
  /** Of what was lost: when the next one of its sender was received; null: none of those near. */
  readonly nextReceivedNs: bigint | null;
  /** From the send to this receipt, ns; null where there is only one of them. */
  readonly gapNs: number | null;
  /** What makes it certain. */
  readonly because: string;
}

export interface MatchResult {
  /** Records of sends that are there. */
  readonly sent: number;
  /**
   * Sends whose key had been sent before: they are matched in order. Not counted, and 0, where all
   * came so much in order that no key had to be looked up.
   */
  readonly reusedKeys: number;
  readonly senders: readonly string[];
  /** Writers with at least one receipt. */
  readonly receivers: readonly string[];
  readonly delivery: Delivery | null;
  /** Receipts that there should be: `sent`, times the receivers where each is to get it. */
  readonly expected: number;
  readonly delivered: number;
  readonly lost: number;
  /** Of `lost`: so many may be in records of receivers that were torn. */
  readonly lostUnlessTorn: number;
  readonly duplicated: number;
  /** Of `duplicated`: another receiver had it first. */
  readonly duplicatedElsewhere: number;
  /** Received, and no send has that key. */
  readonly neverSent: number;
  /** Received after one that the same sender sent later (RFC 4737, section 3). */
  readonly reordered: number;
  readonly late: number;
  readonly unknown: {
    /** Sent so shortly before the end of a recording that they may still be under way. */
    readonly underWay: number;
    /** Sent before the oldest record that a receiver's ring still has. */
    readonly overwritten: number;
    /** Not more missing than records are torn. */
    readonly torn: number;
    /** Received; the send may be in what a sender's ring has forgotten, or did not record. */
    readonly sendNotThere: number;
  };
  /** What was sent less than this before a recording's end was not called lost, ns. */
  readonly underWayNs: number;
  readonly gapNs: {
    readonly least: number;
    readonly median: number;
    readonly p99: number;
    readonly longest: number;
  } | null;
  /** The time that all others are relative to, ns. */
  readonly baseNs: bigint;
  readonly findings: readonly MatchFinding[];
}
