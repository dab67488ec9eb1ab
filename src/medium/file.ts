// A file on a mounted file system: the synchronous calls that actors make. Each failing call throws
// an OperationError that names the call, since "EACCES" alone does not say whether open or write
// refused, and that difference has decided cases.

import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { callBegins, callEnded, writeBegins } from '../base/recorded-calls.ts';
import { errnoOf } from '../domain/errors.ts';
import { OperationError } from './operation-error.ts';

export const OPEN_MODES = ['buffered', 'sync', 'dsync', 'direct'] as const;
export type OpenMode = (typeof OPEN_MODES)[number];

const MODE_FLAGS: Readonly<Record<OpenMode, number>> = {
  buffered: 0,
  sync: constants.O_SYNC,
  dsync: constants.O_DSYNC,
  direct: constants.O_DIRECT,
};

export const SYNC_CALLS = ['none', 'fsync', 'fdatasync'] as const;
export type SyncCall = (typeof SYNC_CALLS)[number];

export type OpenFor = 'read' | 'write' | 'create' | 'replace' | 'append';

const INTENT_FLAGS: Readonly<Record<OpenFor, number>> = {
  read: constants.O_RDONLY,
  write: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  replace: constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC,
  append: constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND,
};

/** @throws OperationError */
export function openFile(path: string, intent: OpenFor, mode: OpenMode): number {
  return attempt('open', path, () =>
    openSync(path, INTENT_FLAGS[intent] | MODE_FLAGS[mode] | constants.O_NOFOLLOW, 0o600),
  );
}

/** One pwrite(2), or write(2) where `offset` is null (an append). @throws OperationError */
export function writeOnce(
  fd: number,
  path: string,
  buffer: Uint8Array,
  at: number,
  length: number,
  offset: number | null,
): void {
  const begun = writeBegins(path, offset ?? 0, length);
  let written: number;
  try {
    written = writeSync(fd, buffer, at, length, offset);
  } catch (error) {
    throw failed(begun, 'write', path, offset ?? undefined, error);
  }
  callEnded(begun, 'write', path, offset ?? 0, written);
  if (written !== length) {
    const words = `write returned ${written} of ${length} bytes`;
    throw new OperationError('write', path, 'SHORT', words, offset ?? undefined);
  }
}

/** One pread(2); returns what it returned. @throws OperationError */
export function readOnce(
  fd: number,
  path: string,
  buffer: Uint8Array,
  at: number,
  length: number,
  offset: number,
): number {
  const begun = callBegins();
  try {
    const returned = readSync(fd, buffer, at, length, offset);
    callEnded(begun, 'read', path, offset, returned);
    return returned;
  } catch (error) {
    throw failed(begun, 'read', path, offset, error);
  }
}

export function syncFile(fd: number, path: string, call: SyncCall): void {
  if (call === 'fsync') attempt('fsync', path, () => fsyncSync(fd));
  if (call === 'fdatasync') attempt('fdatasync', path, () => fdatasyncSync(fd));
}

export function truncateFile(fd: number, path: string, length: number): void {
  attempt('ftruncate', path, () => ftruncateSync(fd, length));
}

export function fileLength(fd: number, path: string): number {
  return attempt('fstat', path, () => fstatSync(fd).size);
}

/** Errors of close(2) are real failures: deferred write errors surface there. */
export function closeFile(fd: number, path: string): void {
  attempt('close', path, () => closeSync(fd));
}

/**
 * Opens, uses and closes, also when `use` throws; then its error is the one that counts.
 * @throws OperationError
 */
export function withFile<Result>(
  path: string,
  intent: OpenFor,
  mode: OpenMode,
  use: (fd: number) => Result,
): Result {
  return withFiles([path], intent, mode, ([fd]) => use(fd as number));
}

/** The same for several files at once. Of several errors of close the first is thrown. */
export function withFiles<Result>(
  paths: readonly string[],
  intent: OpenFor,
  mode: OpenMode,
  use: (fds: readonly number[]) => Result,
): Result {
  const fds: number[] = [];
  let result: Result;
  try {
    for (const path of paths) fds.push(openFile(path, intent, mode));
    result = use(fds);
  } catch (error) {
    closeAll(fds, paths);
    throw error;
  }
  const [refused] = closeAll(fds, paths);
  if (refused) throw refused;
  return result;
}

/** Closes every one of them, whatever the others say; returns the errors. */
function closeAll(fds: readonly number[], paths: readonly string[]): unknown[] {
  const errors: unknown[] = [];
  fds.forEach((fd, index) => {
    try {
      closeFile(fd, paths[index] as string);
    } catch (error) {
      errors.push(error);
    }
  });
  return errors;
}

export function attempt<Result>(operation: string, path: string, call: () => Result): Result {
  const begun = callBegins();
  try {
    const result = call();
    callEnded(begun, operation, path, 0, 0);
    return result;
  } catch (error) {
    throw failed(begun, operation, path, undefined, error);
  }
}

/** The error that says which call it was, told to the recorder as well. */
function failed(
  begun: number,
  operation: string,
  path: string,
  offset: number | undefined,
  error: unknown,
): Error {
  const errno = errnoOf(error);
  if (errno === null) return error as Error;
  const told = new OperationError(operation, path, errno, (error as Error).message, offset);
  callEnded(begun, operation, path, offset ?? 0, 0, errno);
  return told;
}
