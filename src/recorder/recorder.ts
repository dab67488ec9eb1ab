// Opening a ring and recording into it. All that happens at an event is in the function made by
// writer-code.ts; here is what happens seldom: the end of the ring, a tick, an offset, closing.
// A recorder that is off has functions that do nothing and makes no file.

import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';
import { clockDomain, readClockNs, wallMs } from './clock.ts';
import type { ClockOffset } from './clock-offset.ts';
import {
  type EventDeclarations,
  type FieldDeclaration,
  type FieldValues,
  placeEvents,
  recordBytesFor,
} from './event-schema.ts';
import {
  AT,
  type Description,
  IN_PAUSE,
  planHeader,
  storeHeader,
  type WhenFull,
} from './layout.ts';
import { createMappedFile, type MappedFile } from './mapped-file.ts';
import { RecordingError } from './recording-error.ts';
import { compileWriter, RING, type Ring } from './writer-code.ts';

/** The index of a 64-bit word must fit into the small integers of V8. */
const WORDS_MAX = 2 ** 31 - 1;

export type ClockOption =
  /** The time of every event is read: exact, and most of what an event costs. */
  | 'each'
  /**
   * Events carry the last tick. It is renewed by every `everyEvents`-th event (16), by `tick()`,
   * and where `everyMs` is given also by a timer of the event loop, for times without events.
   */
  | { readonly everyEvents?: number; readonly everyMs?: number };

export interface RecorderOptions<E extends EventDeclarations> {
  /** The file to create; it must not exist. On a tmpfs it costs least: nothing is written back. */
  readonly path: string;
  /** The names of events, each with its fields in the order of the function's parameters. */
  readonly events: E;
  /** Says who wrote, to whoever reads. Default: `node`. */
  readonly name?: string;
  /** Events that the ring holds. Default: 65,536. */
  readonly slots?: number;
  /** Default: `overwrite`, the oldest. */
  readonly whenFull?: WhenFull;
  /** Default: `each`. */
  readonly clock?: ClockOption;
  /**
   * The times of events; for whoever records what happened earlier and knows when, on
   * CLOCK_MONOTONIC, ns. Never back: records of one file are in the order of their times.
   */
  readonly readClockNs?: () => bigint;
  /** False makes no file and functions that do nothing. Default: true. */
  readonly enabled?: boolean;
}

export interface Recorder<E extends EventDeclarations> {
  /** The functions that record, by name of the event. They never wait and never fail. */
  readonly record: {
    readonly [K in keyof E]: E[K] extends readonly FieldDeclaration[]
      ? (...values: FieldValues<E[K]>) => void
      : never;
  };
  /** Null where the recorder is off. */
  readonly path: string | null;
  /** In mode `tick`: the events that follow carry this moment. */
  tick(): void;
  /** Nothing is recorded, or counted, until `resume`: the header says up to when that was so. */
  pause(): void;
  resume(): void;
  /** States in the header what must be added to the times, and how far that may be wrong. */
  setClockOffset(offset: ClockOffset): void;
  /** The writer ended in order. The functions do nothing from then on. */
  close(): void;
}

/** @throws RecordingError */
export function openRecorder<const E extends EventDeclarations>(
  options: RecorderOptions<E>,
): Recorder<E> {
  const schemas = placeEvents(options.events);
  if (options.enabled === false) {
    const none = schemas.map(({ name }) => [name, () => {}]);
    const record = Object.fromEntries(none) as Recorder<E>['record'];
    const nothing = () => {};
    return {
      ...{ record, path: null, tick: nothing, pause: nothing, resume: nothing },
      ...{ setClockOffset: nothing, close: nothing },
    };
  }
  const { slots = 65_536, whenFull = 'overwrite', clock = 'each', name = 'node' } = options;
  const { everyEvents = 16, everyMs = 0 } = clock === 'each' ? { everyEvents: 1 } : clock;
  checkCount('slots', slots, WORDS_MAX);
  checkCount('clock.everyEvents', everyEvents, 2 ** 30);
  const description: Description = {
    writer: { name, process: process.pid, thread: threadId, host: hostname() },
    clock: { domain: clockDomain(), mode: clock === 'each' ? 'each' : 'tick', everyEvents },
    startedMs: wallMs(),
    whenFull,
    events: schemas,
  };
  const recordBytes = recordBytesFor(schemas);
  const { bytes, headerBytes } = planHeader(description);
  const size = headerBytes + slots * recordBytes;
  if (size / 8 > WORDS_MAX) {
    throw new RecordingError('invalid-option', options.path, `slots: ${size} bytes are too many`);
  }
  const file = createMappedFile(options.path, size);
  storeHeader(file.buffer, { headerBytes, recordBytes, slots, description }, bytes);
  const readNs = options.readClockNs ?? readClockNs;
  const writer = new RingWriter(file, description, headerBytes, recordBytes, readNs);
  const record = schemas.map((schema, event) => [
    schema.name,
    compileWriter(writer.ring, event, schema),
  ]);
  if (everyMs > 0) writer.tickEvery(everyMs);
  return {
    record: Object.fromEntries(record) as Recorder<E>['record'],
    path: options.path,
    tick: () => writer.tick(),
    pause: () => writer.pause(),
    resume: () => writer.resume(),
    setClockOffset: (offset) => writer.setClockOffset(offset),
    close: () => writer.close(),
  };
}

class RingWriter {
  readonly ring: Ring;
  readonly #file: MappedFile;
  readonly #header: BigUint64Array;
  readonly #whenFull: WhenFull;
  #timer: NodeJS.Timeout | null = null;
  /** Where to go on after a pause; null while it records. */
  #pausedAt: number | null = null;
  #closed = false;

  constructor(
    file: MappedFile,
    description: Description,
    headerBytes: number,
    bytes: number,
    readClockNs: () => bigint,
  ) {
    this.#file = file;
    this.#header = new BigUint64Array(file.buffer, 0, 16);
    this.#whenFull = description.whenFull;
    const { mode, everyEvents } = description.clock;
    this.ring = {
      buffer: file.buffer,
      firstWord: headerBytes / 8,
      endWord: file.buffer.byteLength / 8,
      recordWords: bytes / 8,
      nextWord: AT.next / 8,
      state: Int32Array.of(headerBytes / 8, everyEvents),
      tick: BigUint64Array.of(readClockNs()),
      ...{ mode, everyEvents, readClockNs },
      renewTick: () => this.tick(),
      atEnd: () => this.#atEnd(),
    };
  }

  #atEnd(): number {
    if (this.#closed || this.#pausedAt !== null) return -1;
    if (this.#whenFull === 'overwrite') return this.ring.firstWord;
    // The last events are known to be no later than now.
    if (this.ring.state[RING.eventsLeft] !== this.ring.everyEvents) this.tick();
    this.#header[AT.dropped / 8] = (this.#header[AT.dropped / 8] as bigint) + 1n;
    return -1;
  }

  tick(): void {
    const { tick, state, everyEvents } = this.ring;
    const now = this.ring.readClockNs();
    // A tick that no event carried was wrong about nothing.
    if (!this.#closed && state[RING.eventsLeft] !== everyEvents) {
      const stoodNs = now - (tick[0] as bigint);
      const longest = this.#header[AT.resolutionNs / 8] as bigint;
      if (stoodNs > longest) this.#header[AT.resolutionNs / 8] = stoodNs;
    }
    tick[0] = now;
    state[RING.eventsLeft] = everyEvents;
  }

  tickEvery(ms: number): void {
    this.#timer = setInterval(() => this.tick(), ms).unref();
  }

  pause(): void {
    if (this.#closed) return;
    this.#header[AT.pausedUntilNs / 8] = IN_PAUSE;
    this.#pausedAt ??= this.ring.state[RING.word] as number;
    this.ring.state[RING.word] = this.ring.endWord;
  }

  resume(): void {
    if (this.#closed || this.#pausedAt === null) return;
    this.ring.state[RING.word] = this.#pausedAt;
    this.#pausedAt = null;
    this.#header[AT.pausedUntilNs / 8] = this.ring.readClockNs();
  }

  setClockOffset({ offsetNs, uncertaintyNs }: ClockOffset): void {
    if (this.#closed) return;
    this.#header[AT.offsetNs / 8] = BigInt.asUintN(64, offsetNs);
    this.#header[AT.offsetUncertaintyNs / 8] = uncertaintyNs;
  }

  close(): void {
    if (this.#closed) return;
    if (this.#timer) clearInterval(this.#timer);
    if (this.ring.mode === 'tick') this.tick();
    this.#closed = true;
    this.#header[AT.closed / 8] = 1n;
    // The functions meet the end of the ring, and go no further: they never touch what is unmapped.
    this.ring.state[RING.word] = this.ring.endWord;
    this.#file.unmap();
  }
}

function checkCount(option: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new RecordingError('invalid-option', null, `${option}: ${value} is not 1 to ${most}`);
}
