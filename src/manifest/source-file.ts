// The file that a manifest is of, or is held against: open while it is read, and asked at the end
// whether it is still what it was. A file that moves meanwhile gives no manifest and no accusation.

import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { HeisenwriteError } from '../domain/errors.ts';
import { attempt } from '../stamp/file-failure.ts';
import { unlessChanged } from '../stamp/steady-file.ts';

export interface SourceFile {
  readonly path: string;
  readonly descriptor: number;
  /** Length in bytes when it was opened. */
  readonly bytes: number;
  /** Milliseconds since 1970, as the file system says. */
  readonly modifiedMs: number;
}

/**
 * @param use reads the file; what it returns is the answer, unless the file changed meanwhile
 * @throws HeisenwriteError no-such-file, not-readable, read-failed; the last also of a file that
 *   changed, or which another took the name of, while it was read
 */
export async function withSourceFile<Result>(
  path: string,
  use: (file: SourceFile) => Promise<Result>,
): Promise<Result> {
  // Without O_NONBLOCK, opening a pipe waits for somebody who writes to it.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK;
  const descriptor = attempt('read', path, () => openSync(path, flags));
  try {
    const before = attempt('read', path, () => fstatSync(descriptor, { bigint: true }));
    if (!before.isFile()) {
      const what = before.isDirectory() ? 'a directory' : 'not a file';
      throw new HeisenwriteError('not-readable', `${path} is ${what}`, {
        remedy: 'give the path of a file; a pipe or a device has no length that could be verified',
      });
    }
    const [bytes, modifiedMs] = [Number(before.size), Number(before.mtimeMs)];
    const read = () => use({ path, descriptor, bytes, modifiedMs });
    return await unlessChanged([{ path, descriptor, status: before }], read);
  } finally {
    closeSync(descriptor);
  }
}
