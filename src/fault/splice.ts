// Bytes that nobody looks at go from one socket to another inside the kernel (splice(2), Linux):
// read into this process and written from it, each costs two copies, and these are most of what a
// proxy costs the two ends, which share its processors. Where that cannot be, nothing is moved and
// everything comes through buffers as before.

import { readSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { PooledReads } from './pooled-reads.ts';

// <fcntl.h> of Linux
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const F_SETPIPE_SZ = 1031;
const SPLICE_F_MOVE = 1;
const SPLICE_F_NONBLOCK = 2;
const FLAGS = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;

/** What a user without privileges may have in one pipe (/proc/sys/fs/pipe-max-size). */
const PIPE_BYTES = 1024 * 1024;
/** Fewer are not worth two calls. */
const WORTH_BYTES = 16 * 1024;
/** So much is read at a time, before the rest is moved. */
const READ_BYTES = 32 * 1024;

/** The way through the kernel, for all connections: it is empty whenever nobody is in `move`. */
interface Pipe {
  readonly from: number;
  readonly to: number;
  /** Bytes moved, or -1. */
  splice(from: number, to: number, bytes: number): number;
}

let opened: Pipe | null | undefined;

/** Null where there is none. */
function sharedPipe(): Pipe | null {
  if (opened === undefined) opened = openPipe();
  return opened;
}

function openPipe(): Pipe | null {
  if (process.platform !== 'linux') return null;
  try {
    const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
    const libc = koffi.load(null);
    const pipe2 = libc.func('pipe2', 'int', ['void *', 'int']);
    const fcntl = libc.func('int fcntl(int fd, int command, ...)');
    const types = ['int', 'void *', 'int', 'void *', 'size_t', 'uint'];
    const splice = libc.func('splice', 'int64', types);
    const ends = new Int32Array(2);
    if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) !== 0) return null;
    const [from, to] = [ends[0] as number, ends[1] as number];
    fcntl(to, F_SETPIPE_SZ, 'int', PIPE_BYTES);
    return {
      from,
      to,
      splice: (source, target, bytes) => Number(splice(source, null, target, null, bytes, FLAGS)),
    };
  } catch {
    return null;
  }
}

/** From one socket to another. */
export class Splice {
  readonly #reads: PooledReads;
  readonly #source: Socket;
  readonly #target: Socket;
  readonly #pipe: Pipe | null;

  /** @param reads of `source`, which read less at a time where the rest can be moved */
  constructor(reads: PooledReads, source: Socket, target: Socket) {
    this.#reads = reads;
    this.#source = source;
    this.#target = target;
    const areSockets = descriptorOf(source) !== null && descriptorOf(target) !== null;
    this.#pipe = areSockets ? sharedPipe() : null;
    if (this.#pipe) reads.bufferBytes = READ_BYTES;
  }

  /**
   * Moves what has come behind `chunk`, which was read last and is written already, at most
   * `bytesMax` of it. What the target does not take at once is left to its queue, as by `write`.
   * @returns bytes that were moved: 0 where there are none, or others are still queued before them
   */
  move(chunk: Buffer, bytesMax: number): number {
    // A buffer that was not filled says that there is no more.
    const isMore = chunk.length >= this.#reads.bufferBytes && !this.#source.isPaused();
    if (this.#pipe === null || !isMore || bytesMax < WORTH_BYTES) return 0;
    const [from, to] = [descriptorOf(this.#source), descriptorOf(this.#target)];
    const isReady = !this.#target.destroyed && this.#target.writableLength === 0;
    if (from === null || to === null || !isReady) return 0;
    // The end of the stream, and errors, are seen by whoever reads next.
    const pipe = this.#pipe;
    const bytes = pipe.splice(from, pipe.to, Math.min(bytesMax, PIPE_BYTES));
    if (bytes <= 0) return 0;
    let left = bytes;
    while (left > 0) {
      const gone = pipe.splice(pipe.from, to, left);
      if (gone <= 0) break;
      left -= gone;
    }
    if (left > 0) this.#queue(pipe, left);
    return bytes;
  }

  #queue({ from }: Pipe, bytes: number): void {
    const rest = Buffer.allocUnsafeSlow(bytes);
    for (let at = 0; at < bytes; ) at += readSync(from, rest, at, bytes - at, null);
    this.#target.write(rest);
  }
}

function descriptorOf(socket: Socket): number | null {
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: number } | null };
  const fd = handle?.fd;
  return fd !== undefined && fd >= 0 ? fd : null;
}
