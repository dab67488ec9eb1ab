// A manifest: what is needed to say of a file, without it, which of its ranges are as they were.

import { basename } from 'node:path';
import { formatCount, formatSize } from '../base/quantities.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { digestChunks } from './chunk-digests.ts';
import { createPairHash, LEAF_BYTES, nodesOf, rootOf } from './digest-tree.ts';
import { withSourceFile } from './source-file.ts';

/** The text of so many digests, and what stands around it, is less than 64 KiB. */
const CHUNKS_USUAL_MAX = 2880;
/** 64 MiB of digests; what is finer is better kept as a copy of the file. */
const CHUNKS_MAX = 2 ** 22;

export interface Manifest {
  /** The name without its folders, which are nobody else's business. */
  readonly file: string;
  readonly bytes: number;
  /** Milliseconds since 1970 at which the file was last written, as its file system said. */
  readonly modifiedMs: number;
  /** A power of two from 64 KiB. */
  readonly chunkBytes: number;
  /** 16 bytes for each chunk. */
  readonly digests: Uint8Array;
  /** 64 hexadecimal digits: one for all manifests of the same bytes, whatever their chunks are. */
  readonly root: string;
}

export interface ManifestOptions {
  /** @defaultValue the least power of two from 64 KiB whose manifest is at most 64 KiB */
  readonly chunkBytes?: number | undefined;
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/**
 * Reads the whole file once.
 * @throws HeisenwriteError invalid-size, no-such-file, not-readable, read-failed; the last also of
 *   a file that changed while it was read
 */
export function takeManifest(path: string, options: ManifestOptions = {}): Promise<Manifest> {
  return withSourceFile(path, async (file) => {
    const { bytes, modifiedMs } = file;
    const chunkBytes = options.chunkBytes ?? usualChunkBytes(bytes);
    refuseChunk(chunkBytes, bytes);
    const digests = await digestChunks(file, { ...options, bytes, chunkBytes });
    const root = rootOf(bytes, digests, await createPairHash());
    return { file: basename(path), bytes, modifiedMs, chunkBytes, digests, root };
  });
}

export function usualChunkBytes(bytes: number): number {
  let chunkBytes = LEAF_BYTES;
  while (nodesOf(bytes, chunkBytes) > CHUNKS_USUAL_MAX) chunkBytes *= 2;
  return chunkBytes;
}

export function isChunkSize(bytes: number): boolean {
  return bytes >= LEAF_BYTES && Number.isSafeInteger(bytes) && Number.isInteger(Math.log2(bytes));
}

function refuseChunk(chunkBytes: number, bytes: number): void {
  if (!isChunkSize(chunkBytes)) {
    throw new HeisenwriteError('invalid-size', `a chunk cannot be ${chunkBytes} bytes long`, {
      remedy: `give a power of two from ${formatSize(LEAF_BYTES)}, such as 1MiB`,
    });
  }
  const chunks = nodesOf(bytes, chunkBytes);
  if (chunks <= CHUNKS_MAX) return;
  const least = 2 ** Math.ceil(Math.log2(bytes / CHUNKS_MAX));
  const message = `${formatCount(chunks)} chunks of ${formatSize(chunkBytes)} are too many`;
  throw new HeisenwriteError('invalid-size', message, {
    remedy: `give a chunk of ${formatSize(least)} or more for a file of this size`,
  });
}
