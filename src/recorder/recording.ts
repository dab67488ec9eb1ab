// One recording, opened for reading, perhaps while it is written. It is read in pieces with pread
// and never mapped: a mapped file that somebody truncates ends its reader (SIGBUS), and pieces keep
// memory constant. What was copied counts only if the writer had not come round again by then.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { EventSchema } from './event-schema.ts';
import {
  AT,
  FIXED_BYTES,
  IN_PAUSE,
  type Layout,
  type LiveFields,
  parseDescription,
  readFixed,
  readLive,
  type WhenFull,
} from './layout.ts';
import { fileFailure, RecordingError } from './recording-error.ts';

/** What a recording says of itself. */
export interface RecordingHeader {
  readonly path: string;
  /** Name, process and thread, as `sender 1234` or `sender 1234/2`. */
  readonly writer: string;
  readonly name: string;
  readonly process: number;
  /** 0 is the main thread. */
  readonly thread: number;
  readonly host: string;
  /** Milliseconds since 1970, by the writer's calendar; 0 where it did not say. */
  readonly startedMs: number;
  readonly recordBytes: number;
  readonly slots: number;
  readonly whenFull: WhenFull;
  /** True: the writer ended in order. False: it was ended, or still records. */
  readonly closed: boolean;
  readonly clock: RecordingClock;
  readonly pause: RecordingPause | null;
  readonly counts: RecordingCounts;
  readonly events: readonly EventSchema[];
}

/** It paused: what happened before its end may not be there, and no count says how much. */
export interface RecordingPause {
  /** With the offset of the clock; null where the pause has not ended, or its writer was killed. */
  readonly untilNs: bigint | null;
}

export interface RecordingClock {
  /** Recordings of one domain share a clock (one boot of one machine). */
  readonly domain: string;
  readonly mode: 'each' | 'tick';
  /** In mode `tick`: at most so many events share a tick. */
  readonly everyEvents: number;
  /**
   * An event is at most so much later than its time says: the longest time that a tick stood for.
   * Where `closed` is false that is not known of the last tick. In mode `each` it is 0.
   */
  readonly resolutionNs: bigint;
  /** Already added to the times that are read. */
  readonly offsetNs: bigint;
  /** How far the offset may be wrong, either way; null where none was estimated. */
  readonly offsetUncertaintyNs: bigint | null;
}

export interface RecordingCounts {
  /** Events that were recorded, of which `overwritten` are no longer there. */
  readonly written: number;
  readonly overwritten: number;
  /** Events refused because the ring was full. */
  readonly dropped: number;
  /** Records found half-written, or damaged. */
  readonly torn: number;
}

/** A commit word, split: what it says of its record. */
export function committedSequence(low: number, high: number): number {
  return (high & 0xffff) * 2 ** 32 + low - 1;
}

function pauseOf({ pausedUntilNs, offsetNs }: LiveFields): RecordingPause | null {
  if (pausedUntilNs === 0n) return null;
  return { untilNs: pausedUntilNs === IN_PAUSE ? null : pausedUntilNs + offsetNs };
}

const ATTEMPTS = 8;
/** Commit words are looked for in pieces of this size where the header does not lead to them. */
const SEARCH_BYTES = 2 ** 20;

export class Recording {
  readonly path: string;
  readonly layout: Layout;
  readonly #fd: number;
  readonly #fixed = Buffer.alloc(FIXED_BYTES);
  /** The header does not lead to the newest record, which only its commit word shows. */
  #nextIsWrong = false;
  /** Found in pieces, beyond the one that was being written. */
  tornFound = 0;

  /** @throws RecordingError */
  constructor(path: string) {
    this.path = path;
    try {
      this.#fd = openSync(path, 'r');
    } catch (error) {
      throw fileFailure(error, path, false);
    }
    try {
      this.layout = this.#readLayout();
    } catch (error) {
      closeSync(this.#fd);
      throw error instanceof RecordingError ? error : fileFailure(error, path, false);
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #readLayout(): Layout {
    const length = readSync(this.#fd, this.#fixed, 0, FIXED_BYTES, 0);
    const { descriptionBytes, ...sizes } = readFixed(this.#fixed.subarray(0, length), this.path);
    const needed = sizes.headerBytes + sizes.slots * sizes.recordBytes;
    const { size } = fstatSync(this.#fd);
    if (size < needed) {
      const said = `has ${size} bytes of the ${needed} that its header speaks of`;
      throw new RecordingError('truncated', this.path, said);
    }
    const text = Buffer.alloc(descriptionBytes);
    this.read(text, AT.description);
    const description = parseDescription(text.toString('utf8'), sizes.recordBytes, this.path);
    return { ...sizes, description };
  }

  /** Fills the whole of `bytes`. @throws RecordingError `truncated` */
  read(bytes: Uint8Array, position: number): void {
    let done = 0;
    while (done < bytes.length) {
      const got = readSync(this.#fd, bytes, done, bytes.length - done, position + done);
      if (got === 0) {
        throw new RecordingError('truncated', this.path, `ends at ${position + done} by now`);
      }
      done += got;
    }
  }

  live(): LiveFields {
    this.read(this.#fixed, 0);
    return readLive(this.#fixed);
  }

  get header(): RecordingHeader {
    const { description, recordBytes, slots } = this.layout;
    const { writer, clock, startedMs, whenFull, events } = description;
    const live = this.live();
    const { dropped, resolutionNs, closed, offsetNs, offsetUncertaintyNs } = live;
    const { first, end, torn } = this.span();
    const thread = writer.thread === 0 ? '' : `/${writer.thread}`;
    return {
      path: this.path,
      writer: `${writer.name} ${writer.process}${thread}`,
      ...writer,
      ...{ startedMs, recordBytes, slots, whenFull, closed, events },
      clock: { ...clock, resolutionNs, offsetNs, offsetUncertaintyNs },
      pause: pauseOf(live),
      counts: { written: end, overwritten: first, dropped, torn: torn + this.tornFound },
    };
  }

  /**
   * The sequence numbers that are there now, `first` to before `end`, and 1 where a record was
   * begun and is not whole.
   */
  span(): { first: number; end: number; torn: number } {
    const { slots } = this.layout;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { next } = this.live();
      const lost = !Number.isSafeInteger(next) || !this.#agrees(next);
      // A writer that is killed between its two last stores leaves a whole record that is not
      // counted; a machine that stops may leave an old header beside newer records.
      let end = next;
      while (!lost && end < next + slots && this.#sequenceAt(end) === end) {
        end++;
        if (this.live().next !== next) break;
      }
      if (this.live().next !== next) continue;
      this.#nextIsWrong = lost;
      if (lost) end = this.#findEnd();
      const begun = this.#isBegun(end);
      const first = Math.max(0, end - slots);
      return begun && end >= slots
        ? { first: first + 1, end, torn: 1 }
        : { first, end, torn: begun ? 1 : 0 };
    }
    const { next } = this.live();
    return { first: Math.max(0, next - slots), end: next, torn: 0 };
  }

  /** Whether the slot of the record before `next` agrees; a ring of one slot may be writing it. */
  #agrees(next: number): boolean {
    if (next === 0) return true;
    const found = this.#sequenceAt(next - 1);
    return found === next - 1 || (this.layout.slots === 1 && found === -1);
  }

  /** By its commit word, the sequence number of what is in the slot of `sequence`; -1: none. */
  #sequenceAt(sequence: number): number {
    const word = Buffer.alloc(8);
    this.read(word, this.positionOf(sequence));
    return committedSequence(word.readUInt32LE(0), word.readUInt32LE(4));
  }

  /** The slot of `sequence` holds no whole record, yet not only zeros. */
  #isBegun(sequence: number): boolean {
    const record = Buffer.alloc(this.layout.recordBytes);
    this.read(record, this.positionOf(sequence));
    if (committedSequence(record.readUInt32LE(0), record.readUInt32LE(4)) !== -1) return false;
    return record.some((byte) => byte !== 0);
  }

  /** The highest sequence number that any slot speaks of, plus 1: `next` cannot be trusted. */
  #findEnd(): number {
    const { slots, recordBytes } = this.layout;
    const perPiece = SEARCH_BYTES / recordBytes;
    let end = 0;
    for (let slot = 0; slot < slots; slot += perPiece) {
      const piece = Buffer.alloc(Math.min(perPiece, slots - slot) * recordBytes);
      this.read(piece, this.positionOf(slot));
      for (let at = 0; at < piece.length; at += recordBytes) {
        const sequence = committedSequence(piece.readUInt32LE(at), piece.readUInt32LE(at + 4));
        const belongs = sequence >= 0 && sequence % slots === slot + at / recordBytes;
        if (belongs && sequence >= end) end = sequence + 1;
      }
    }
    return end;
  }

  /** Of the record's slot, in the file. */
  positionOf(sequence: number): number {
    const { headerBytes, recordBytes, slots } = this.layout;
    return headerBytes + (sequence % slots) * recordBytes;
  }

  /**
   * Reads records from `sequence` on, as many as lie together and fit. Those before `trusted` may
   * have been overwritten while they were copied.
   */
  readPiece(sequence: number, end: number, into: Uint8Array): { records: number; trusted: number } {
    const { slots, recordBytes } = this.layout;
    const together = slots - (sequence % slots);
    const records = Math.min(end - sequence, together, into.length / recordBytes);
    this.read(into.subarray(0, records * recordBytes), this.positionOf(sequence));
    if (this.#nextIsWrong) return { records, trusted: sequence };
    const oldest = this.live().next - slots;
    // The slot of the oldest is the one that is written next. It is as it was as long as its
    // commit word is, which the writer clears before it stores anything else.
    const isStill = oldest >= sequence && this.#sequenceAt(oldest) === oldest;
    return { records, trusted: isStill ? oldest : oldest + 1 };
  }
}
