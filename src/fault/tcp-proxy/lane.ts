// One direction of a connection. Without faults a chunk is written as it comes. With them chunks
// queue up, each with the time when it is due and the pieces it goes in; a queue that is full stops
// the reading, so that memory stays bounded and the sender is slowed down as by a real network.

import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../../base/clock.ts';
import type { PooledReads } from '../pooled-reads.ts';
import { Splice } from '../splice.ts';
import type { LanePlanner, PlannedChunk } from './planned-chunk.ts';

/** Bytes under way in one direction, beyond which the sender waits. */
const QUEUED_BYTES_MAX = 4 * 1024 * 1024;

export type Ending = 'cut' | 'reset' | 'half-close';

export interface LaneEnds {
  readonly source: Socket;
  /** Of `source`. */
  readonly reads: PooledReads;
  readonly target: Socket;
}

export interface LaneEvents {
  /** So many bytes came, whether or not they are passed on. */
  taken(bytes: number): void;
  /** What becomes of the connection; both sockets are in the hands of the lane's owner. */
  end(ending: Ending): void;
}

export class Lane {
  readonly #source: Socket;
  readonly #target: Socket;
  readonly #planner: LanePlanner;
  readonly #events: LaneEvents;
  readonly #unseen: Splice;
  readonly #queue: PlannedChunk[] = [];
  #queuedBytes = 0;
  #isDraining = false;
  #isOver = false;
  /** Nothing passes any more, and the sender does not notice. */
  #isDeaf = false;

  constructor({ source, reads, target }: LaneEnds, planner: LanePlanner, events: LaneEvents) {
    this.#source = source;
    this.#target = target;
    this.#planner = planner;
    this.#events = events;
    this.#unseen = new Splice(reads, source, target);
    reads.take = (chunk, release) => this.#take(chunk, release);
    source.on('end', () => {
      this.#isOver = true;
      if (!this.#isDraining) this.#finish();
    });
    target.on('drain', () => this.#resume());
  }

  /** @param release called when the chunk is no longer needed */
  #take(chunk: Buffer, release: () => void): void {
    this.#events.taken(chunk.length);
    if (this.#isDeaf) {
      release();
      return;
    }
    if (!this.#isDraining && this.#planner.quiet) {
      this.#target.write(chunk, release);
      const unseenBytes = this.#unseen.move(chunk, Number.POSITIVE_INFINITY);
      this.#events.taken(unseenBytes);
      this.#planner.passed(chunk.length + unseenBytes);
      if (this.#target.writableNeedDrain) this.#source.pause();
      return;
    }
    this.#queue.push(this.#planner.plan(Buffer.from(chunk)));
    release();
    this.#queuedBytes += chunk.length;
    if (this.#queuedBytes >= QUEUED_BYTES_MAX) this.#source.pause();
    if (!this.#isDraining) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    for (let chunk = this.#queue[0]; chunk !== undefined; chunk = this.#queue[0]) {
      await this.#send(chunk);
      if (this.#target.destroyed) break;
      this.#queue.shift();
      this.#queuedBytes -= chunk.takenBytes;
      if (chunk.ending !== null) {
        chunk.ended();
        this.#isDeaf = true;
        this.#queue.length = 0;
        this.#source.resume();
        if (chunk.ending !== 'dropped') this.#events.end(chunk.ending);
        break;
      }
      this.#resume();
    }
    this.#isDraining = false;
    if (this.#isOver) this.#finish();
  }

  async #send({ bytes, dueMs, pieceBytes, msPerByte }: PlannedChunk): Promise<void> {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const piece = bytes.subarray(at, at + pieceBytes);
      await until(dueMs + (at + piece.length) * msPerByte);
      if (this.#target.destroyed) return;
      // A piece is on its way before the next one is given out, or they would leave as one.
      await new Promise<void>((resolve) => this.#target.write(piece, () => resolve()));
    }
  }

  #resume(): void {
    if (this.#source.isPaused() && this.#queuedBytes < QUEUED_BYTES_MAX) this.#source.resume();
  }

  #finish(): void {
    if (!this.#isDeaf) this.#target.end();
  }
}

async function until(dueMs: number): Promise<void> {
  const waitMs = dueMs - monotonicMs();
  if (waitMs > 0) await sleep(waitMs);
}
