// Goes on with a stamped file that was begun and ended (Ctrl-C, `kill -9`, a lost session). Where
// it stood is asked of the file itself: every block of it must be right and be of what was asked
// for. Anything else is left alone, as it may be the evidence of something.

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { formatCount } from '../base/quantities.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { StampStream } from '../domain/observation.ts';
import { attempt } from './file-failure.ts';
import { readHeader } from './header.ts';
import { HEADER_BYTES } from './layout.ts';
import { huntNumberOf } from './reference.ts';
import { IO_BYTES } from './scan-pieces.ts';
import {
  refuseWithoutSpace,
  type StampedFileOptions,
  writeStampedFile,
  writeStamps,
} from './stamped-file.ts';
import { scanStampedFile } from './stamped-scan.ts';

export interface ResumedStamps {
  readonly stream: StampStream;
  /** Bytes that stood there and were right. */
  readonly stoodBytes: number;
}

/**
 * Writes what is still missing of a stamped file; all of it where nothing is there. Hunt and time
 * are those of the file that stands there.
 * @throws HeisenwriteError file-exists when that is not an intact beginning of what is asked for,
 *   and those of writing and reading; the file is kept then
 */
export async function resumeStampedFile(
  path: string,
  options: StampedFileOptions,
): Promise<ResumedStamps> {
  const stood = statSync(path, { throwIfNoEntry: false });
  if (!stood) return { stream: await writeStampedFile(path, options), stoodBytes: 0 };
  if (stood.size < HEADER_BYTES) {
    refuse(path, `${formatCount(stood.size)} bytes of it are too few to tell what it is`);
  }
  const stream = await whatStands(path, options, stood.size);
  if (stood.size === options.sizeBytes) return { stream, stoodBytes: stood.size };
  refuseWithoutSpace(path, options.sizeBytes - stood.size);
  const fromBytes = Math.floor(stood.size / IO_BYTES) * IO_BYTES;
  const descriptor = attempt('write', path, () => openSync(path, 'r+'));
  try {
    const timeNs = firstHeader(path, descriptor).timeNs;
    await writeStamps(descriptor, path, stream, { ...options, fromBytes }, timeNs);
  } finally {
    closeSync(descriptor);
  }
  return { stream, stoodBytes: stood.size };
}

async function whatStands(
  path: string,
  options: StampedFileOptions,
  bytes: number,
): Promise<StampStream> {
  const { signal, seed } = options;
  const scan = await scanStampedFile(path, () => {}, undefined, signal ? { signal } : {});
  const { stream, generation, damagedBlocks } = scan;
  const asked: [string, unknown, unknown][] = [
    ['size', options.sizeBytes, stream.fileBytes],
    ['block size', options.blockBytes, stream.blockBytes],
    ['generation', options.generation, generation],
    ['pattern', options.pattern, stream.pattern],
    ['hunt', seed === undefined ? stream.hunt : huntNumberOf(seed), stream.hunt],
  ];
  const other = asked.find(([, wanted, stands]) => wanted !== stands);
  if (other) refuse(path, `it has ${other[0]} ${other[2]}, and ${other[1]} was asked for`);
  if (bytes > stream.fileBytes) refuse(path, 'it is longer than it should be');
  if (damagedBlocks > 0) refuse(path, `${formatCount(damagedBlocks)} blocks of it are not right`);
  return stream;
}

function firstHeader(path: string, descriptor: number) {
  const bytes = Buffer.alloc(HEADER_BYTES);
  attempt('read', path, () => readSync(descriptor, bytes, 0, HEADER_BYTES, 0));
  return readHeader(bytes, 0) ?? refuse(path, 'it changed meanwhile');
}

function refuse(path: string, why: string): never {
  throw new HeisenwriteError('file-exists', `${path} cannot be gone on with: ${why}`, {
    remedy: `see what it is with \`heisenwrite verify ${path}\`; remove it or use another name`,
  });
}
