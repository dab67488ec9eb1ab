// A file in pieces of 1 MiB that several threads take, check and leave word about: which blocks are
// not right, as bits in memory that all share. One of them, the teller, gives them on in the order
// of the file; the others keep within a window of it, so that memory does not grow with the file.

import { readSync } from 'node:fs';
import type { Pattern } from '../domain/observation.ts';
import { checkWindow } from './block-check.ts';
import { createStampKernel, type StampKernel } from './kernel.ts';
import type { StampedIdentity } from './stamped-identity.ts';

/** A multiple of every block size; large enough that system calls do not count. */
export const IO_BYTES = 1024 * 1024;
/** O_DIRECT wants lengths in logical blocks of the device; 4096 suits all in use. */
const DIRECT_BYTES = 4096;
/** How many pieces may be ahead of the one that is told next. */
const WINDOW = 64;
const INT_BYTES = 4;

/**
 * A read that returns success and fills nothing must not find right bytes that the one before left.
 * Most patterns tell that by their place, whatever the poison; of these each sector is poisoned.
 */
const PERIODIC: ReadonlySet<Pattern> = new Set(['alternating', 'ones', 'zeros', 'walking']);

/** Int32 slots: how many pieces were taken and told, and for each place which piece is done. */
const TAKEN = 0;
const TOLD = 1;
const STATES = 2;

/** Can be handed to a thread. */
export interface PieceJob {
  readonly descriptor: number;
  readonly identity: StampedIdentity;
  /** Where the first piece begins, a multiple of IO_BYTES, and where the last one ends. */
  readonly from: number;
  readonly to: number;
  readonly shared: SharedArrayBuffer;
}

export function pieceJob(job: Omit<PieceJob, 'shared'>): PieceJob {
  const states = STATES + WINDOW;
  const shared = new SharedArrayBuffer((states + WINDOW * wordsOf(job.identity)) * INT_BYTES);
  return { ...job, shared };
}

export class PieceScanner {
  readonly pieces: number;
  private readonly job: PieceJob;
  private readonly kernel: StampKernel;
  private readonly poisonStride: number;
  private readonly shared: Int32Array;
  private readonly words: number;

  constructor(job: PieceJob) {
    const { identity, from, to } = job;
    this.job = job;
    this.pieces = Math.max(0, Math.ceil((to - from) / IO_BYTES));
    this.kernel = createStampKernel(IO_BYTES);
    this.kernel.use(identity.stream);
    this.poisonStride = PERIODIC.has(identity.stream.pattern) ? 512 : DIRECT_BYTES;
    this.shared = new Int32Array(job.shared);
    this.words = wordsOf(identity);
  }

  /** The next piece that nobody has taken; null while the window is full, and at the end. */
  take(): number | null {
    for (;;) {
      const taken = Atomics.load(this.shared, TAKEN);
      const most = Math.min(this.pieces, Atomics.load(this.shared, TOLD) + WINDOW);
      if (taken >= most) return null;
      if (Atomics.compareExchange(this.shared, TAKEN, taken, taken + 1) === taken) return taken;
    }
  }

  get isAllTaken(): boolean {
    return Atomics.load(this.shared, TAKEN) >= this.pieces;
  }

  /** @throws the error of a system call */
  scan(piece: number): void {
    const { descriptor, identity, to } = this.job;
    const offset = this.offsetOf(piece);
    const bytes = Math.min(IO_BYTES, to - offset);
    const at = this.wordsAt(piece);
    this.shared.fill(0, at, at + this.words);
    this.kernel.poison(0, bytes, this.poisonStride);
    readAll(descriptor, this.kernel.memory, bytes, offset);
    const first = offset / identity.stream.blockBytes;
    checkWindow(this.kernel, identity, offset, bytes, (block) => {
      const bit = block - first;
      this.shared[at + (bit >> 5)] = (this.shared[at + (bit >> 5)] ?? 0) | (1 << (bit & 31));
    });
    const state = this.stateAt(piece);
    Atomics.store(this.shared, state, piece + 1);
    Atomics.notify(this.shared, state);
  }

  /** For the teller: whether the piece was checked, by whomever. */
  isDone(piece: number): boolean {
    return Atomics.load(this.shared, this.stateAt(piece)) === piece + 1;
  }

  /** Gives the blocks of a piece that are not right, and its place in the window to another one. */
  tell(piece: number, report: (block: number) => void): void {
    const first = this.offsetOf(piece) / this.job.identity.stream.blockBytes;
    const at = this.wordsAt(piece);
    for (let word = 0; word < this.words; word++) {
      const bits = this.shared[at + word] ?? 0;
      if (bits === 0) continue;
      for (let bit = 0; bit < 32; bit++) {
        if ((bits & (1 << bit)) !== 0) report(first + word * 32 + bit);
      }
    }
    Atomics.store(this.shared, TOLD, piece + 1);
    Atomics.notify(this.shared, TOLD);
  }

  /** Resolves when the piece, which another thread has taken, may be done. */
  async other(piece: number): Promise<void> {
    const state = this.stateAt(piece);
    const before = Atomics.load(this.shared, state);
    if (before !== piece + 1) await Atomics.waitAsync(this.shared, state, before).value;
  }

  /** For a thread that is not the teller: waits until one more is told. */
  waitForRoom(): void {
    const told = Atomics.load(this.shared, TOLD);
    const taken = Atomics.load(this.shared, TAKEN);
    if (taken >= told + WINDOW) Atomics.wait(this.shared, TOLD, told);
  }

  private offsetOf(piece: number): number {
    return this.job.from + piece * IO_BYTES;
  }

  private stateAt(piece: number): number {
    return STATES + (piece % WINDOW);
  }

  private wordsAt(piece: number): number {
    return STATES + WINDOW + (piece % WINDOW) * this.words;
  }
}

/** How many Int32 hold a bit for each block of a piece. */
function wordsOf({ stream }: StampedIdentity): number {
  return Math.ceil(IO_BYTES / stream.blockBytes / 32);
}

/** Stops at the end of the file, should it have become shorter: what is missing stays poisoned. */
function readAll(descriptor: number, memory: Uint8Array, length: number, offset: number): void {
  let done = 0;
  while (done < length) {
    const asked = Math.min(memory.length, Math.ceil(length / DIRECT_BYTES) * DIRECT_BYTES) - done;
    const got = readSync(descriptor, memory, done, asked, offset + done);
    if (got === 0) return;
    done += got;
  }
}
