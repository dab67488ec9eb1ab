// `heisenwrite stamp`: writes a stamped file, 1 MiB at a time through one buffer, so that memory
// does not depend on its length.

import {
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  openSync,
  statfsSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { wallMs } from '../base/clock.ts';
import { formatSize } from '../base/quantities.ts';
import { freshHuntNumber } from '../base/rng.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { Pattern, StampStream } from '../domain/observation.ts';
import { attempt } from './file-failure.ts';
import { createStampKernel } from './kernel.ts';
import { BLOCK_BYTES_MAX, BLOCK_BYTES_MIN, BLOCKS_MAX, FILE_BYTES_MAX } from './layout.ts';
import { huntNumberOf } from './reference.ts';
import { IO_BYTES } from './scan-pieces.ts';
import type { Progress } from './stamped-scan.ts';

/** O_DIRECT wants lengths in logical blocks of the device; 4096 suits all in use. */
const DIRECT_BYTES = 4096;
/** How much is written before others (signals, progress) get a turn. */
const TURN_BYTES = 64 * IO_BYTES;

export interface StampedFileOptions {
  readonly sizeBytes: number;
  readonly blockBytes: number;
  readonly generation: number;
  readonly pattern: Pattern;
  /** With a seed the file is a function of the options (time 0); without, hunt and time are new. */
  readonly seed?: string | undefined;
  readonly direct?: boolean;
  readonly onProgress?: Progress;
  readonly signal?: AbortSignal;
  /** Of a file that was begun: where it goes on, a multiple of 1 MiB; 0 where it is not given. */
  readonly fromBytes?: number;
}

/**
 * Writes a new stamped file and makes it durable.
 * @throws HeisenwriteError invalid-size, file-exists, no-such-place, place-not-writable, no-space,
 *   write-failed; what was written is removed again then. When `signal` aborts it is kept, so that
 *   it can be gone on with (stamp-resumption.ts), and the signal's reason is thrown.
 */
export async function writeStampedFile(
  path: string,
  options: StampedFileOptions,
): Promise<StampStream> {
  const { sizeBytes, blockBytes, generation, pattern, seed } = options;
  refuseImpossible(sizeBytes, blockBytes, generation);
  const hunt = seed === undefined ? freshHuntNumber() : huntNumberOf(seed);
  const stream = { hunt, file: 1, writer: 0, blockBytes, pattern, fileBytes: sizeBytes };
  const timeNs = seed === undefined ? BigInt(wallMs()) * 1_000_000n : 0n;
  const direct = options.direct ? constants.O_DIRECT : 0;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | direct;
  refuseWithoutSpace(path, sizeBytes);
  const descriptor = attempt('write', path, () => openSync(path, flags, 0o644));
  try {
    await writeStamps(descriptor, path, stream, options, timeNs);
  } catch (error) {
    if (!options.signal?.aborted) unlinkSync(path);
    throw error;
  } finally {
    closeSync(descriptor);
  }
  return stream;
}

/**
 * A disk that is filled up harms others, so what cannot fit is not begun.
 * @param sizeBytes that are still to be written
 * @throws HeisenwriteError no-space
 */
export function refuseWithoutSpace(path: string, sizeBytes: number): void {
  const { bavail, bsize } = attempt('write', path, () => statfsSync(dirname(path)));
  if (bavail * bsize >= sizeBytes) return;
  const free = formatSize(bavail * bsize);
  const message = `${path} needs ${formatSize(sizeBytes)}, and ${free} are free there`;
  throw new HeisenwriteError('no-space', message, {
    remedy: 'free some space, give a smaller --size, or write it elsewhere',
  });
}

/**
 * Fills a file that is open for writing with stamped blocks and makes it durable.
 * @param timeNs time written into every header
 * @throws HeisenwriteError no-space, write-failed
 */
export async function writeStamps(
  descriptor: number,
  path: string,
  stream: StampStream,
  options: StampedFileOptions,
  timeNs: bigint,
): Promise<void> {
  const { sizeBytes, blockBytes, generation, direct, fromBytes = 0 } = options;
  const kernel = createStampKernel(IO_BYTES);
  kernel.use(stream);
  for (let offset = fromBytes; offset < sizeBytes; offset += IO_BYTES) {
    const bytes = Math.min(IO_BYTES, sizeBytes - offset);
    const blocks = Math.ceil(bytes / blockBytes);
    kernel.encode(0, offset / blockBytes, blocks, generation, timeNs);
    const length = direct ? Math.ceil(bytes / DIRECT_BYTES) * DIRECT_BYTES : bytes;
    attempt('write', path, () => writeAll(descriptor, kernel.memory, length, offset));
    if (offset % TURN_BYTES === 0) await turn(options, offset);
  }
  attempt('write', path, () => {
    if (direct && sizeBytes % DIRECT_BYTES > 0) ftruncateSync(descriptor, sizeBytes);
    fsyncSync(descriptor);
  });
  options.onProgress?.(sizeBytes, sizeBytes);
}

async function turn(options: StampedFileOptions, doneBytes: number): Promise<void> {
  options.onProgress?.(doneBytes, options.sizeBytes);
  await nextTurn();
  options.signal?.throwIfAborted();
}

function refuseImpossible(sizeBytes: number, blockBytes: number, generation: number): void {
  const refuse = (message: string, remedy: string) => {
    throw new HeisenwriteError('invalid-size', message, { remedy });
  };
  const powerOfTwo = Number.isInteger(Math.log2(blockBytes));
  if (!powerOfTwo || blockBytes < BLOCK_BYTES_MIN || blockBytes > BLOCK_BYTES_MAX) {
    refuse(
      `a block of ${blockBytes} bytes cannot be stamped`,
      'give a power of two from 512 to 1MiB',
    );
  }
  const most = Math.min(FILE_BYTES_MAX, BLOCKS_MAX * blockBytes);
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 1 || sizeBytes > most) {
    refuse(
      `a file of ${sizeBytes} bytes cannot be stamped in blocks of ${blockBytes}`,
      `give a size from 1 byte to ${most} bytes`,
    );
  }
  if (!Number.isSafeInteger(generation) || generation < 0) {
    throw new HeisenwriteError('invalid-option', `${generation} is not a generation`, {
      remedy: 'give a whole number from 0',
    });
  }
}

/** A regular file may write less than asked (a signal, a quota); the rest is tried again. */
function writeAll(descriptor: number, memory: Uint8Array, length: number, offset: number): void {
  let done = 0;
  while (done < length) {
    done += writeSync(descriptor, memory, done, length - done, offset + done);
  }
}
