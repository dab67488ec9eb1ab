// The digests of a file's chunks, by as many threads as there are processors, this one among them.
// Memory is that of the digests alone: 16 bytes a chunk, or per 8 MiB where chunks are larger.

import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { HeisenwriteError } from '../domain/errors.ts';
import { attempt } from '../stamp/file-failure.ts';
import { createPairHash, DIGEST_BYTES, foldInPlace, nodesOf } from './digest-tree.ts';
import type { SourceFile } from './source-file.ts';
import { SPAN_BYTES, type SpanJob, type SpanOutcome, SpanReader } from './spans.ts';

/** A smaller file is digested before another thread has started. */
const ALONE_BYTES = 64 * 2 ** 20;
/** More read no faster than the memory gives. */
const THREADS_MAX = 8;
/** How much this thread does before it tells of the progress. */
const TOLD_SPANS = 8;

const ENTRY = new URL(`./span-thread${import.meta.url.slice(-3)}`, import.meta.url);

export interface DigestOptions {
  /** How much of the file is digested, from its start. */
  readonly bytes: number;
  /** A power of two from 64 KiB. */
  readonly chunkBytes: number;
  readonly threads?: number | undefined;
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/**
 * @returns the digests one after another; none for no bytes
 * @throws HeisenwriteError read-failed, also for a file that became shorter meanwhile
 */
export async function digestChunks(
  { path, descriptor }: SourceFile,
  { bytes, chunkBytes, onProgress, threads = availableParallelism() }: DigestOptions,
): Promise<Uint8Array> {
  const nodeBytes = Math.min(chunkBytes, SPAN_BYTES);
  const digests = new SharedArrayBuffer(nodesOf(bytes, nodeBytes) * DIGEST_BYTES);
  const job: SpanJob = {
    descriptor,
    bytes,
    nodeBytes,
    digests,
    counters: new SharedArrayBuffer(8),
  };
  const helping = bytes < ALONE_BYTES ? 0 : Math.min(threads, THREADS_MAX) - 1;
  const others = Array.from({ length: helping }, () => outcomeOfThread(job));
  const hash = await createPairHash();
  const outcomes = [await workAlong(new SpanReader(job, hash), bytes, onProgress)];
  outcomes.push(...(await Promise.all(others)));
  for (const outcome of outcomes) refuseFailed(path, outcome, bytes);
  onProgress?.(bytes, bytes);
  const nodes = new Uint8Array(digests);
  return foldInPlace(nodes, { fromBytes: nodeBytes, toBytes: chunkBytes }, hash);
}

async function workAlong(
  reader: SpanReader,
  bytes: number,
  onProgress: DigestOptions['onProgress'],
): Promise<SpanOutcome> {
  for (let turn = 1; ; turn++) {
    const outcome = reader.next();
    if (outcome) return outcome;
    if (turn % TOLD_SPANS > 0) continue;
    onProgress?.(reader.doneBytes, bytes);
    await nextTurn();
  }
}

function outcomeOfThread(job: SpanJob): Promise<SpanOutcome> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(ENTRY, { workerData: job, name: 'manifest' });
    thread.once('message', resolve).once('error', reject);
    thread.once('exit', () => reject(new Error('a thread ended without an outcome')));
  });
}

function refuseFailed(path: string, outcome: SpanOutcome, bytes: number): void {
  if (outcome.kind === 'done') return;
  const { offset } = outcome;
  if (outcome.kind === 'shortened') {
    const message = `${path} was ${bytes} bytes long and ended at ${offset} while it was read`;
    throw new HeisenwriteError('read-failed', message, {
      remedy: 'try again when nobody writes to it, or on a copy',
    });
  }
  attempt('read', `${path} at offset ${offset}`, () => {
    throw Object.assign(new Error(outcome.error.message), outcome.error);
  });
}
