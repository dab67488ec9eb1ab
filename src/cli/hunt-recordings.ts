// The recordings of the actors of a hunt, and what is made of them when something wrong was read.
// Only a finding's copies are written beside the evidence.

import { readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { wallToMonotonic } from '../base/clock.ts';
import type { ActorClock, LastCalls, RecordedCall, RecordedWindow } from '../domain/last-calls.ts';
import type { Observation } from '../domain/observation.ts';
import type { Receipt } from '../domain/receipt.ts';
import type { TrialOutcome, TrialRecord } from '../domain/trial.ts';
import type { RecordedEvent } from '../recorder/record-events.ts';
import type { RecordingHeader } from '../recorder/recording.ts';
import { openRecordings } from '../recorder/recordings.ts';
import {
  forgetSeen,
  makeRecordingsPlace,
  recordingNames,
  recordingsNear,
} from '../trial/recordings-place.ts';

/** Of each actor: enough to see what met what. */
const CALLS_OF_ACTOR = 24;
const FAILED_OF_ACTOR = 8;
/** When a trial was started is known in whole milliseconds. */
const CLOCK_STEP_US = 1000;

export class HuntRecordings {
  /** Null where nothing can be written there: then actors do not record. */
  readonly directory: string | null;

  constructor(hunt: string) {
    this.directory = makeRecordingsPlace(hunt);
  }

  /** What led up to it; null where no actor has recorded. */
  lastCalls(observation: Observation, record: TrialRecord): LastCalls | null {
    const directory = this.#near(observation);
    if (directory === null) return null;
    const seenNs = BigInt(observation.atNs);
    const beganUs = beginningOf(record, seenNs);
    const byActor = new Map<string, LastOfActor>();
    const files = new Map<string, string>();
    const underWay = new WritesUnderWay();
    let clocks: ActorClock[] = [];
    try {
      const recordings = openRecordings([directory]);
      for (const event of recordings.events()) {
        const actor = recordings.headers[event.recording]?.name ?? event.writer;
        const file = `${event.recording} ${event.fields.file}`;
        if (event.event === 'file') files.set(file, basename(String(event.fields.path)));
        // What it was called for before is over.
        if (event.event === 'role' && event.timeNs <= seenNs) underWay.clear(actor);
        underWay.take(event, actor, file);
        const call = callOf(event, actor, files.get(file) ?? '?', seenNs);
        // Before, or after: of another trial, or of the looks again.
        if (call === null || call.fromUs < beganUs || call.fromUs > 0) continue;
        const last = byActor.get(actor) ?? new LastOfActor();
        byActor.set(actor, last);
        last.take(call);
      }
      clocks = recordings.headers.flatMap(clocksOf);
      recordings.close();
    } catch {
      return null;
    }
    const begun = underWay.calls(files, seenNs).filter(({ fromUs }) => fromUs <= 0);
    const calls = [...[...byActor.values()].map(({ calls }) => calls), begun]
      .flat()
      .sort((a, b) => a.fromUs - b.fromUs);
    if (calls.length === 0) return null;
    const seen = new Set(calls.map(({ actor }) => actor));
    const known = leastCertain(clocks).filter(({ actor }) => seen.has(actor));
    return {
      calls,
      windows: windowsSince(calls[0]?.fromUs ?? 0, receiptsOf(record.outcome), seenNs),
      ...(known.length > 0 && { clocks: known }),
    };
  }

  /** The recordings as they were when it was seen, by name; for the folder of a finding. */
  files(observation: Observation): ReadonlyMap<string, Uint8Array> {
    const directory = this.#near(observation);
    if (directory === null) return new Map();
    return new Map(
      recordingNames(directory).map((name) => [name, readFileSync(join(directory, name))]),
    );
  }

  /** The copies that actors made are of a trial that has been judged. */
  forget(): void {
    if (this.directory !== null) forgetSeen(this.directory);
  }

  remove(): void {
    if (this.directory !== null) rmSync(this.directory, { recursive: true, force: true });
  }

  #near({ atNs }: Observation): string | null {
    return this.directory === null ? null : recordingsNear(this.directory, BigInt(atNs));
  }
}

/** The last calls, and before them some that failed. */
class LastOfActor {
  readonly #failed: RecordedCall[] = [];
  readonly #last: RecordedCall[] = [];

  take(call: RecordedCall): void {
    this.#last.push(call);
    if (this.#last.length <= CALLS_OF_ACTOR) return;
    const oldest = this.#last.shift() as RecordedCall;
    if (oldest.errno === undefined) return;
    this.#failed.push(oldest);
    if (this.#failed.length > FAILED_OF_ACTOR) this.#failed.shift();
  }

  get calls(): readonly RecordedCall[] {
    return [...this.#failed, ...this.#last];
  }
}

/** When the trial may have begun, in relation to when it was seen; microseconds. */
function beginningOf({ startedAtMs, durationMs }: TrialRecord, seenNs: bigint): number {
  const startedNs = BigInt(Math.round(startedAtMs * 1e6)) + wallToMonotonic().offsetNs;
  const startedUs = Number(startedNs - seenNs) / 1000 - CLOCK_STEP_US;
  const longestUs = -durationMs * 1000;
  // The wall clock was put back where it began after it was seen. A boot is no part of its time.
  return startedUs > 0 ? longestUs : Math.max(longestUs, startedUs);
}

/** Writes of which the recordings have the beginning and no end: they met what was seen. */
class WritesUnderWay {
  readonly #begun = new Map<string, { readonly event: RecordedEvent; readonly actor: string }>();

  take(event: RecordedEvent, actor: string, file: string): void {
    const key = `${actor} ${file} ${event.fields.offset}`;
    if (event.event === 'begun') this.#begun.set(key, { event, actor });
    else if (event.event === 'write' || event.event === 'failed') this.#begun.delete(key);
  }

  clear(actor: string): void {
    for (const [key, begun] of this.#begun) if (begun.actor === actor) this.#begun.delete(key);
  }

  calls(files: ReadonlyMap<string, string>, seenNs: bigint): RecordedCall[] {
    return [...this.#begun.values()].map(({ event: { recording, fields, timeNs }, actor }) => ({
      ...{ actor, call: 'write', file: files.get(`${recording} ${fields.file}`) ?? '?' },
      ...{ fromUs: Number(timeNs - seenNs) / 1000, toUs: 0, underWay: true },
      ...{ bytes: Number(fields.bytes), offset: Number(fields.offset) },
    }));
  }
}

/** One for each actor, of which there may be several recordings: it was lost once. */
function leastCertain(clocks: readonly ActorClock[]): ActorClock[] {
  const byActor = new Map<string, number>();
  for (const { actor, uncertaintyUs } of clocks) {
    byActor.set(actor, Math.max(uncertaintyUs, byActor.get(actor) ?? 0));
  }
  return [...byActor].map(([actor, uncertaintyUs]) => ({ actor, uncertaintyUs }));
}

function clocksOf({ name, clock }: RecordingHeader): ActorClock[] {
  const { offsetUncertaintyNs } = clock;
  if (offsetUncertaintyNs === null) return [];
  return [{ actor: name, uncertaintyUs: Number(offsetUncertaintyNs) / 1000 }];
}

function callOf(
  { event, fields, timeNs }: RecordedEvent,
  actor: string,
  file: string,
  seenNs: bigint,
): RecordedCall | null {
  // A message is given away, or is there, at a moment.
  const tookNs = fields.took ?? (fields.id === undefined ? undefined : 0);
  if (tookNs === undefined) return null;
  const toNs = Number(timeNs - seenNs);
  const [fromUs, toUs] = [(toNs - Number(tookNs)) / 1000, toNs / 1000];
  const message = fields.id === undefined ? null : `sender-${fields.from} ${fields.id}`;
  return {
    ...{ actor, file: message ?? file, fromUs, toUs },
    call: String(fields.name ?? event),
    ...(fields.bytes !== undefined && { bytes: Number(fields.bytes) }),
    ...(fields.bytes !== undefined &&
      fields.offset !== undefined && { offset: Number(fields.offset) }),
    ...(fields.errno !== undefined && { errno: String(fields.errno) }),
  };
}

/** Of what provoked here, and on the host of the trial. */
const receiptsOf = ({ receipts = [], host }: TrialOutcome): Receipt[] => [
  ...receipts,
  ...(host?.receipts ?? []),
];

function windowsSince(
  fromUs: number,
  receipts: readonly Receipt[],
  seenNs: bigint,
): RecordedWindow[] {
  const since = (ns: string) => Number(BigInt(ns) - seenNs) / 1000;
  return receipts
    .map(({ provocation, what, atNs, untilNs = atNs }) => ({
      ...{ provocation, what, fromUs: since(atNs), toUs: since(untilNs) },
    }))
    .filter((window) => window.toUs >= fromUs && window.fromUs <= 0);
}
