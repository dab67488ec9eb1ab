// What is delivered: a content of a known length in chunks, read in order, with what must hold when
// all of it was read.

import { createHash } from 'node:crypto';
import { constants, type FileHandle, open } from 'node:fs/promises';
import { errnoOf, HeisenwriteError } from '../domain/errors.ts';
import type { MediumClient } from '../domain/medium.ts';
import { OperationError } from '../medium/operation-error.ts';

export interface Content {
  readonly bytes: number;
  /** What it may be read by, where that is known: the last nine bits of chmod(2). */
  readonly permissions: number | null;
  /** From the beginning, each of `chunkBytes` but the last; a chunk is lent until the next one. */
  chunks(chunkBytes: number): AsyncIterable<Uint8Array>;
  /** The SHA-256 that it has, read for that where it is not known. */
  digest(): Promise<string>;
  /** Called with the digest of what was read. @throws HeisenwriteError where it is not right */
  check(sha256: string): Promise<void>;
}

export const CHUNK_BYTES = 4 * 2 ** 20;

export interface OpenContent extends Content {
  close(): Promise<void>;
}

/**
 * A file of this host. It must not change while it is read: length and times are compared.
 * @throws HeisenwriteError `no-such-file`, `not-readable`, `read-failed`, `source-changed`
 */
export async function fileContent(path: string): Promise<OpenContent> {
  // Without O_NONBLOCK, opening a pipe waits for somebody who writes to it.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch((error: unknown) => notRead(path, error));
  try {
    const first = await handle.stat({ bigint: true });
    if (!first.isFile()) {
      const what = first.isDirectory() ? 'a directory' : 'not a file';
      throw new HeisenwriteError('not-readable', `${path} is ${what}`, {
        remedy: 'give the path of a file; what a pipe or a device gives has to be in one first',
      });
    }
    const bytes = Number(first.size);
    const chunks = (chunkBytes: number) => fileChunks(handle, path, bytes, chunkBytes);
    const check = async () => {
      const now = await handle.stat({ bigint: true });
      if (now.size === first.size && now.mtimeNs === first.mtimeNs) return;
      throw changed(path);
    };
    const digest = async () => {
      const sha256 = await digestOf(chunks(CHUNK_BYTES));
      await check();
      return sha256;
    };
    const permissions = Number(first.mode) & 0o777;
    return { bytes, permissions, chunks, digest, check, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function* fileChunks(
  handle: FileHandle,
  path: string,
  bytes: number,
  chunkBytes: number,
): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(Math.min(chunkBytes, bytes));
  for (let offset = 0; offset < bytes; ) {
    const chunk = buffer.subarray(0, Math.min(buffer.length, bytes - offset));
    for (let came = 0; came < chunk.length; ) {
      const { bytesRead } = await handle
        .read(chunk, came, chunk.length - came, offset + came)
        .catch((error: unknown) => notRead(path, error));
      if (bytesRead === 0) throw changed(path);
      came += bytesRead;
    }
    yield chunk;
    offset += chunk.length;
  }
}

/** A file on a medium. @param expected its SHA-256, or null where nobody has said */
export function mediumContent(
  client: Pick<MediumClient, 'read'>,
  path: string,
  bytes: number,
  expected: string | null,
  permissions: number | null = null,
): Content {
  const chunks = (chunkBytes: number) => mediumChunks(client, path, bytes, chunkBytes);
  return {
    bytes,
    permissions,
    chunks,
    digest: async () => expected ?? (await digestOf(chunks(CHUNK_BYTES))),
    async check(sha256) {
      if (expected === null || sha256 === expected) return;
      throw new ContentDiffers(`its SHA-256 is ${sha256}, the marker says ${expected}`);
    },
  };
}

/** A file is not what its marker says: nothing is wrong with the medium or the program. */
export class ContentDiffers extends Error {
  override name = 'ContentDiffers';
}

/** @throws ContentDiffers where it ends too early */
async function* mediumChunks(
  client: Pick<MediumClient, 'read'>,
  path: string,
  bytes: number,
  chunkBytes: number,
): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes; ) {
    // A buffer of its own each time: a read that was given up may still write into the last one.
    const chunk = new Uint8Array(Math.min(chunkBytes, bytes - offset));
    for (let came = 0; came < chunk.length; ) {
      const read = await client.read(path, offset + came, chunk.subarray(came));
      if (read === 0) throw new ContentDiffers(`it ends at byte ${offset + came} of ${bytes}`);
      came += read;
    }
    yield chunk;
    offset += chunk.length;
  }
}

export async function digestOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** A short file; null where there is none, and no more than `bytesMax` of it. */
export async function readShort(
  client: Pick<MediumClient, 'read' | 'status'>,
  path: string,
  bytesMax: number,
): Promise<Uint8Array | null> {
  const bytes = (await client.status(path))?.bytes;
  if (bytes === undefined) return null;
  const into = new Uint8Array(Math.min(bytes, bytesMax));
  try {
    return into.subarray(0, await client.read(path, 0, into));
  } catch (error) {
    // Another picker was faster.
    if (error instanceof OperationError && (await client.status(path)) === null) return null;
    throw error;
  }
}

function changed(path: string): HeisenwriteError {
  const words = `${path} was changed while it was read; nothing was published`;
  return new HeisenwriteError('source-changed', words);
}

function notRead(path: string, error: unknown): never {
  const errno = errnoOf(error);
  if (errno === null) throw error;
  const codes = { ENOENT: 'no-such-file', EACCES: 'not-readable' } as const;
  const code = codes[errno as keyof typeof codes] ?? 'read-failed';
  throw new HeisenwriteError(code, `${path}: ${(error as Error).message}`, { cause: error });
}
