// A file that is judged must stand still while it is read: somebody who fills it meanwhile makes
// zeros and old bytes of what is right a moment later. It is asked at the end whether it is still
// what it was; one that moved gives no answer and no accusation.

import { type BigIntStats, closeSync, constants, fstatSync, openSync, statSync } from 'node:fs';
import { HeisenwriteError } from '../domain/errors.ts';
import { attempt } from './file-failure.ts';

export interface SteadyFile {
  readonly path: string;
  readonly descriptor: number;
  /** What the file system said of it when it was opened. */
  readonly status: BigIntStats;
}

/**
 * To be closed by its descriptor.
 * @throws HeisenwriteError no-such-file, not-readable
 */
export function openSteady(path: string): SteadyFile {
  // Without O_NONBLOCK, opening a pipe waits for somebody who writes to it.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const descriptor = attempt('read', path, () => openSync(path, flags));
  const status = fstatSync(descriptor, { bigint: true });
  if (status.isFile()) return { path, descriptor, status };
  closeSync(descriptor);
  const what = status.isDirectory() ? 'a directory' : 'not a file';
  throw new HeisenwriteError('not-readable', `${path} is ${what}`, {
    remedy: 'give the path of a file; a pipe or a device has no length that could be verified',
  });
}

/**
 * @param use reads the files; what it returns or refuses is the answer, unless one of them changed
 * @throws HeisenwriteError read-failed when the length or a time (of content or of status, in
 *   nanoseconds) of a file changed, or another took its name, meanwhile; and what `use` throws
 */
export async function unlessChanged<Result>(
  files: readonly SteadyFile[],
  use: () => Promise<Result>,
): Promise<Result> {
  try {
    const result = await use();
    files.forEach(refuseChanged);
    return result;
  } catch (error) {
    // What a file is not, it may only not have been yet; a call that failed has its own reason.
    if (error instanceof HeisenwriteError && error.code !== 'read-failed') {
      files.forEach(refuseChanged);
    }
    throw error;
  }
}

function refuseChanged({ path, descriptor, status: before }: SteadyFile): void {
  const after = attempt('read', path, () => fstatSync(descriptor, { bigint: true }));
  const named = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (after.size !== before.size) {
    refuse(path, `became ${after.size} bytes long, from ${before.size},`);
  }
  if (after.mtimeNs !== before.mtimeNs) refuse(path, 'was written to');
  if (named?.ino !== before.ino || named.dev !== before.dev) {
    refuse(path, named ? 'was replaced by another file' : 'was removed');
  }
  if (after.ctimeNs !== before.ctimeNs) refuse(path, 'was changed (its time of change says so)');
}

function refuse(path: string, what: string): never {
  throw new HeisenwriteError('read-failed', `${path} ${what} while it was read`, {
    remedy: 'try again when nobody writes to it, or on a copy',
  });
}
