// What one thread does: takes the next span of the file that nobody has taken, reads it, and leaves
// the digests of its nodes in memory that all share. The file is read through one descriptor, so
// that every thread sees the same file, even if another takes its name meanwhile.

import { readSync } from 'node:fs';
import { Blake3Hasher } from '@napi-rs/blake-hash';
import { DIGEST_BYTES, foldInPlace, LEAF_BYTES, nodesOf, type PairHash } from './digest-tree.ts';

/** One turn of a thread: some milliseconds of work. */
export const SPAN_BYTES = 8 * 2 ** 20;
/** Hashed while it is in the processor's cache, and large enough that calls do not count. */
const PIECE_LEAVES = 16;
const PIECE_BYTES = PIECE_LEAVES * LEAF_BYTES;
const PAGE_BYTES = 4096;
const POISON = 0xb5;

/** Can be handed to a thread. */
export interface SpanJob {
  readonly descriptor: number;
  /** How much of the file is digested, from its start. */
  readonly bytes: number;
  /** How much a digest covers: a power of two from LEAF_BYTES to SPAN_BYTES. */
  readonly nodeBytes: number;
  readonly digests: SharedArrayBuffer;
  /** Int32: how many spans were taken, and how many are done. */
  readonly counters: SharedArrayBuffer;
}

export type SpanOutcome =
  | { readonly kind: 'done' }
  /** The file ended at `offset`. */
  | { readonly kind: 'shortened'; readonly offset: number }
  | { readonly kind: 'failed'; readonly offset: number; readonly error: SystemFailure };

/** What identifies the failure of a system call, and survives the way from a thread. */
interface SystemFailure {
  readonly code: string;
  readonly errno: number;
  readonly message: string;
}

export class SpanReader {
  readonly #job: SpanJob;
  readonly #hash: PairHash;
  readonly #hasher = new Blake3Hasher();
  readonly #piece = Buffer.alloc(PIECE_BYTES);
  /** Made once, as a view takes a while to make. */
  readonly #wholeLeaves = Array.from({ length: PIECE_LEAVES }, (_, leaf) =>
    this.#piece.subarray(leaf * LEAF_BYTES, (leaf + 1) * LEAF_BYTES),
  );
  readonly #leaves = Buffer.alloc((SPAN_BYTES / LEAF_BYTES) * DIGEST_BYTES);
  readonly #counters: Int32Array;
  readonly #digests: Uint8Array;

  constructor(job: SpanJob, hash: PairHash) {
    this.#job = job;
    this.#hash = hash;
    this.#counters = new Int32Array(job.counters);
    this.#digests = new Uint8Array(job.digests);
  }

  /** Null when there may be more to do. After a failure no thread takes another span. */
  next(): SpanOutcome | null {
    const span = Atomics.add(this.#counters, 0, 1);
    const spans = nodesOf(this.#job.bytes, SPAN_BYTES);
    if (span >= spans) return { kind: 'done' };
    const outcome = this.#digestSpan(span);
    if (outcome) Atomics.store(this.#counters, 0, spans);
    else Atomics.add(this.#counters, 1, 1);
    return outcome;
  }

  get doneBytes(): number {
    return Math.min(this.#job.bytes, Atomics.load(this.#counters, 1) * SPAN_BYTES);
  }

  #digestSpan(span: number): SpanOutcome | null {
    const { bytes, nodeBytes } = this.#job;
    const start = span * SPAN_BYTES;
    const end = Math.min(bytes, start + SPAN_BYTES);
    for (let offset = start; offset < end; offset += PIECE_BYTES) {
      const length = Math.min(PIECE_BYTES, end - offset);
      const outcome = this.#read(offset, length);
      if (outcome) return outcome;
      this.#digestPiece(length, ((offset - start) / LEAF_BYTES) * DIGEST_BYTES);
    }
    const leaves = this.#leaves.subarray(0, nodesOf(end - start, LEAF_BYTES) * DIGEST_BYTES);
    const nodes = foldInPlace(leaves, { fromBytes: LEAF_BYTES, toBytes: nodeBytes }, this.#hash);
    this.#digests.set(nodes, (start / nodeBytes) * DIGEST_BYTES);
    return null;
  }

  /** A read that returns success and fills nothing must not find what the one before has left. */
  #read(offset: number, length: number): SpanOutcome | null {
    for (let at = 0; at < length; at += PAGE_BYTES) this.#piece[at] = POISON;
    let done = 0;
    while (done < length) {
      try {
        const { descriptor } = this.#job;
        const got = readSync(descriptor, this.#piece, done, length - done, offset + done);
        if (got === 0) return { kind: 'shortened', offset: offset + done };
        done += got;
      } catch (error) {
        const { code = '', errno = 0, message } = error as NodeJS.ErrnoException;
        return { kind: 'failed', offset: offset + done, error: { code, errno, message } };
      }
    }
    return null;
  }

  /** As hexadecimal text, since a buffer of the library's own takes longer than the digest. */
  #digestPiece(length: number, at: number): void {
    for (let leaf = 0; leaf * LEAF_BYTES < length; leaf++) {
      const start = leaf * LEAF_BYTES;
      const whole = start + LEAF_BYTES <= length ? this.#wholeLeaves[leaf] : undefined;
      this.#hasher.reset();
      this.#hasher.update(whole ?? this.#piece.subarray(start, length));
      const digest = this.#hasher.digest('hex').slice(0, 2 * DIGEST_BYTES);
      this.#leaves.write(digest, at + leaf * DIGEST_BYTES, 'hex');
    }
  }
}
