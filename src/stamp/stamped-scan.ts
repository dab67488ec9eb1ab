// The fast sequential scan under `heisenwrite verify`: finds the blocks of a stamped file that are
// not right. Memory does not depend on the length of the file.

import { closeSync, constants, openSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { HeisenwriteError } from '../domain/errors.ts';
import { type DamagedBlocks, joinRanges } from './block-check.ts';
import { attempt } from './file-failure.ts';
import { isZeros, nothingLeft } from './nothing-left.ts';
import { IO_BYTES, type PieceJob, PieceScanner, pieceJob } from './scan-pieces.ts';
import { learnIdentity, type StampedIdentity, whyNotStamped } from './stamped-identity.ts';
import { openSteady } from './steady-file.ts';

/** How much is read before others (signals, progress) get a turn. */
const TURN_PIECES = 64;
/** A smaller file is read before another thread has started. */
const ALONE_BYTES = 256 * IO_BYTES;

const ENTRY = new URL(`./scan-thread${import.meta.url.slice(-3)}`, import.meta.url);

export type Progress = (doneBytes: number, totalBytes: number) => void;

export interface ScanOptions {
  readonly direct?: boolean;
  readonly signal?: AbortSignal;
  /** Where to begin, rounded down to 1 MiB; 0 where it is not given. */
  readonly fromBytes?: number;
  /** What the file says that it is, where that was learned already. */
  readonly identity?: StampedIdentity;
  /** 2 reads and checks with a thread besides this one; by size and machine if not given. */
  readonly threads?: 1 | 2;
}

export interface StampedScan extends StampedIdentity {
  /** Bytes read and checked: from the start to the lesser of the actual and the stated length. */
  readonly checkedBytes: number;
  readonly damagedBlocks: number;
}

/**
 * Reads a stamped file once and reports each run of blocks that are not right, in order.
 * @throws HeisenwriteError no-such-file, not-readable, not-stamped, read-failed
 */
export async function scanStampedFile(
  path: string,
  onDamagedBlocks: (range: DamagedBlocks) => void,
  onProgress?: Progress,
  options: ScanOptions = {},
): Promise<StampedScan> {
  const { descriptor: buffered, status } = openSteady(path);
  let descriptor = buffered;
  try {
    const identity =
      options.identity ??
      attempt('read', path, () => identityOf(path, buffered, Number(status.size)));
    if (options.direct) {
      const flags = constants.O_RDONLY | constants.O_DIRECT;
      descriptor = attempt('read', path, () => openSync(path, flags));
    }
    const stated = identity.stream.fileBytes;
    const to = stated === 0 ? identity.fileBytes : Math.min(stated, identity.fileBytes);
    const from = Math.floor((options.fromBytes ?? 0) / IO_BYTES) * IO_BYTES;
    const joined = joinRanges(identity.stream.blockBytes, to, onDamagedBlocks);
    const job = pieceJob({ descriptor, identity, from, to });
    await scanPieces(path, job, options, joined.add, (done) => onProgress?.(from + done, to));
    const damagedBlocks = joined.end();
    onProgress?.(to, to);
    return { ...identity, checkedBytes: Math.max(0, to - from), damagedBlocks };
  } finally {
    if (descriptor !== buffered) closeSync(descriptor);
    closeSync(buffered);
  }
}

async function scanPieces(
  path: string,
  job: PieceJob,
  { signal, threads }: ScanOptions,
  report: (block: number) => void,
  onProgress: (doneBytes: number) => void,
): Promise<void> {
  const wanted = availableParallelism() > 1 && job.to - job.from >= ALONE_BYTES ? 2 : 1;
  const helper = (threads ?? wanted) > 1 ? startHelper(job) : null;
  try {
    const scanner = new PieceScanner(job);
    for (let told = 0; told < scanner.pieces; ) {
      if (scanner.isDone(told)) {
        scanner.tell(told, report);
        told++;
        if (told % TURN_PIECES !== 1) continue;
        onProgress((told - 1) * IO_BYTES);
        await nextTurn();
        signal?.throwIfAborted();
        continue;
      }
      const piece = scanner.take();
      const own = () => (piece === null ? undefined : scanner.scan(piece));
      if (piece !== null) attempt('read', path, own);
      else if (helper) await Promise.race([scanner.other(told), helper.failed]);
      helper?.refuseFailure(path);
    }
  } finally {
    // The descriptor is closed next: the thread must not read from its number any more.
    await helper?.end();
  }
}

/** Null where this process may have no further thread (`ulimit -u`): one can do it alone. */
function startHelper(job: PieceJob) {
  let thread: Worker;
  try {
    thread = new Worker(ENTRY, { workerData: job, name: 'scan' });
  } catch {
    return null;
  }
  let failure: Error | null = null;
  const failed = new Promise<void>((resolve) => {
    const fail = (error: Error) => {
      failure = error;
      resolve();
    };
    thread.on('error', fail);
    thread.on('exit', (code) => {
      if (code !== 0) fail(new Error(`a thread of the scan ended with ${code}`));
    });
    thread.on('message', ({ message, ...facts }: NodeJS.ErrnoException) =>
      fail(Object.assign(new Error(message), facts)),
    );
  });
  return {
    failed,
    refuseFailure(path: string): void {
      if (failure === null) return;
      attempt('read', path, () => {
        throw failure;
      });
    },
    end: () => thread.terminate(),
  };
}

function identityOf(path: string, descriptor: number, bytes: number): StampedIdentity {
  const identity = learnIdentity(descriptor, bytes);
  if (identity) return identity;
  if (isZeros(descriptor)) throw nothingLeft(path, bytes);
  throw new HeisenwriteError('not-stamped', `${path} ${whyNotStamped(descriptor, bytes)}`);
}
