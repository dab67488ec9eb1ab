// What a polling reader makes of one read of a unit: whole (of which generation), or a departure.
// Every departure is counted; the bytes of the first few are kept, before anything is judged.

import { monotonicNs } from '../base/clock.ts';
import type { Observation, Reread, StampStream } from '../domain/observation.ts';
import type { PromiseName, PromiseTally } from '../domain/promise.ts';
import type { StampKernel } from '../stamp/kernel.ts';

/** Departures of one trial whose bytes are kept. */
const KEPT_MAX = 4;

export interface UnitRead {
  /** Path relative to the trial's directory. */
  readonly file: string;
  readonly stream: StampStream;
  /** Block index of the unit in its file. */
  readonly block: number;
  /** Known to be complete before the read began. */
  readonly acknowledged: number;
  /** Begun before the read ended. */
  readonly started: number;
}

export interface UnitReaderResult {
  readonly reads: number;
  readonly bytesRead: number;
  readonly observations: readonly Observation[];
  readonly tallies: readonly PromiseTally[];
}

export class UnitReader {
  private readonly observations: Observation[] = [];
  private reads = 0;
  private bytesRead = 0;
  private readonly kernel: StampKernel;
  private readonly actor: string;
  private readonly atomicity: PromiseName;
  private readonly ioBytes: number;
  private readonly unitBytes: number;
  private tornReads = 0;
  private staleReads = 0;
  private freshTries = 0;

  constructor(options: {
    kernel: StampKernel;
    actor: string;
    atomicity: PromiseName;
    unitBytes: number;
    ioBytes: number;
  }) {
    this.kernel = options.kernel;
    this.actor = options.actor;
    this.atomicity = options.atomicity;
    this.unitBytes = options.unitBytes;
    this.ioBytes = options.ioBytes;
  }

  /**
   * Judges only "whole or not, fresh or not": the hot path. Bytes are at data-area offset 0.
   * @param returned bytes read, or -1 where the file could not be opened
   * @param lookAgain takes the re-reads; called only for the first departure of the trial
   * @returns true for that one, so that who looks again by other means may do so
   */
  take(returned: number, read: UnitRead, lookAgain: () => readonly Reread[]): boolean {
    this.reads++;
    this.bytesRead += Math.max(0, returned);
    const generation = returned === this.unitBytes ? this.kernel.checkUnit(0, read.block) : -1;
    const whole = generation >= 0 && generation <= read.started;
    if (whole) this.freshTries++;
    if (whole && generation >= read.acknowledged) return false;
    if (whole) this.staleReads++;
    else this.tornReads++;
    if (this.observations.length < KEPT_MAX) this.keep(returned, read, whole, lookAgain);
    return this.tornReads + this.staleReads === 1;
  }

  /** Looks that were taken after `take` had returned true: those of a client are asynchronous. */
  lookedAgain(rereads: readonly Reread[]): void {
    const [first, ...rest] = this.observations;
    if (first) this.observations.splice(0, 1 + rest.length, { ...first, rereads }, ...rest);
  }

  result(): UnitReaderResult {
    return {
      reads: this.reads,
      bytesRead: this.bytesRead,
      observations: this.observations,
      tallies: [
        { promise: this.atomicity, tries: this.reads, broken: this.tornReads },
        { promise: 'fresh-read', tries: this.freshTries, broken: this.staleReads },
      ],
    };
  }

  private keep(
    returned: number,
    read: UnitRead,
    whole: boolean,
    lookAgain: () => readonly Reread[],
  ): void {
    const atNs = String(monotonicNs());
    this.observations.push({
      seq: this.observations.length,
      promise: whole ? 'fresh-read' : this.atomicity,
      actor: this.actor,
      file: read.file,
      offset: read.block * this.unitBytes,
      asked: this.unitBytes,
      returned,
      fileBytes: -1,
      ioBytes: this.ioBytes,
      bytes: this.kernel.memory.slice(0, Math.max(0, returned)),
      expected: {
        shape: 'unit',
        stream: read.stream,
        block: read.block,
        acknowledged: read.acknowledged,
        started: read.started,
        mayBeAbsent: false,
      },
      rereads: this.observations.length === 0 ? lookAgain() : [],
      atNs,
      sourceIntact: true,
    });
  }
}
