// The file that a manifest is of, or is held against: open while it is read, and asked at the end
// whether it is still what it was. A file that moves meanwhile gives no manifest and no accusation.

import { closeSync } from 'node:fs';
import { openSteady, unlessChanged } from '../stamp/steady-file.ts';

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
  const file = openSteady(path);
  const { descriptor, status } = file;
  try {
    const [bytes, modifiedMs] = [Number(status.size), Number(status.mtimeMs)];
    return await unlessChanged([file], () => use({ path, descriptor, bytes, modifiedMs }));
  } finally {
    closeSync(descriptor);
  }
}
