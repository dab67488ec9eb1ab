// Where the actors of a hunt record, and what is made of it when something wrong was read. The
// recordings are in memory that outlives the processes (tmpfs), since a ring on the medium under
// test would write to it; only a finding's copies are written beside the evidence.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { LastCalls, RecordedCall, RecordedWindow } from '../domain/last-calls.ts';
import type { Observation } from '../domain/observation.ts';
import type { Receipt } from '../domain/receipt.ts';
import type { TrialRecord } from '../domain/trial.ts';
import type { RecordedEvent } from '../recorder/record-events.ts';
import { openRecordings, RECORDING_ENDING } from '../recorder/recordings.ts';
import { SEEN_PREFIX } from '../trial/actor-recorder.ts';

const SHARED_MEMORY = '/dev/shm';
const PREFIX = 'heisenwrite-recordings-';
/** Of each actor: enough to see what met what. */
const CALLS_OF_ACTOR = 24;

export class HuntRecordings {
  /** Null where nothing can be written there: then actors do not record. */
  readonly directory: string | null;

  constructor(hunt: string) {
    const parent = existsSync(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir();
    removeLeft(parent);
    const directory = join(parent, `${PREFIX}${process.pid}-${hunt}`);
    let made: string | null = directory;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    } catch {
      made = null;
    }
    this.directory = made;
  }

  /** What led up to it; null where no actor of this host has recorded. */
  lastCalls(observation: Observation, { durationMs, outcome }: TrialRecord): LastCalls | null {
    const directory = this.#near(observation);
    if (directory === null) return null;
    const seenNs = BigInt(observation.atNs);
    const byActor = new Map<string, RecordedCall[]>();
    const files = new Map<string, string>();
    const underWay = new WritesUnderWay();
    try {
      const recordings = openRecordings([directory]);
      for (const event of recordings.events()) {
        const actor = recordings.headers[event.recording]?.name ?? event.writer;
        const file = `${event.recording} ${event.fields.file}`;
        if (event.event === 'file') files.set(file, basename(String(event.fields.path)));
        // What it was called for before is another trial's, or over.
        if (event.event === 'role' && event.timeNs <= seenNs) {
          byActor.delete(actor);
          underWay.clear(actor);
        }
        underWay.take(event, actor, file);
        const call = callOf(event, actor, files.get(file) ?? '?', seenNs);
        // Before, or after: of another trial, or of the looks again.
        if (call === null || call.fromUs < -durationMs * 1000 || call.fromUs > 0) continue;
        const calls = byActor.get(actor) ?? [];
        byActor.set(actor, calls);
        calls.push(call);
        if (calls.length > CALLS_OF_ACTOR) calls.shift();
      }
      recordings.close();
    } catch {
      return null;
    }
    const begun = underWay.calls(files, seenNs).filter(({ fromUs }) => fromUs <= 0);
    const calls = [...byActor.values(), begun].flat().sort((a, b) => a.fromUs - b.fromUs);
    if (calls.length === 0) return null;
    return { calls, windows: windowsSince(calls[0]?.fromUs ?? 0, outcome.receipts ?? [], seenNs) };
  }

  /** The recordings as they were when it was seen, by name; for the folder of a finding. */
  files(observation: Observation): ReadonlyMap<string, Uint8Array> {
    const directory = this.#near(observation);
    if (directory === null) return new Map();
    const names = readdirSync(directory).filter((name) => name.endsWith(RECORDING_ENDING));
    return new Map(names.map((name) => [name, readFileSync(join(directory, name))]));
  }

  /** The copies that actors made are of a trial that has been judged. */
  forget(): void {
    const directory = this.directory;
    if (directory === null) return;
    for (const copy of copiesIn(directory)) rmSync(join(directory, copy), { recursive: true });
  }

  remove(): void {
    if (this.directory !== null) rmSync(this.directory, { recursive: true, force: true });
  }

  /** The first copies made after it was seen, else what there is. */
  #near({ atNs }: Observation): string | null {
    const { directory } = this;
    if (directory === null || !existsSync(directory)) return null;
    const times = copiesIn(directory).map((name) => BigInt(name.slice(SEEN_PREFIX.length)));
    const after = times.filter((ns) => ns >= BigInt(atNs)).sort((a, b) => (a < b ? -1 : 1));
    if (after[0] !== undefined) return join(directory, `${SEEN_PREFIX}${after[0]}`);
    return readdirSync(directory).some((name) => name.endsWith(RECORDING_ENDING))
      ? directory
      : null;
  }
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

const copiesIn = (directory: string): string[] =>
  readdirSync(directory).filter((name) => name.startsWith(SEEN_PREFIX));

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

/** Of hunts that were killed: their evidence is elsewhere. */
function removeLeft(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = /^heisenwrite-recordings-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch {
      // Another user's.
    }
  }
}
