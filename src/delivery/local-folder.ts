// A folder of this host as an observer sees it who may not write there.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../domain/errors.ts';
import type { FileStatus } from '../domain/medium.ts';
import type { ObservedFolder } from './folder-observer.ts';

/** @param directory absolute; paths of the client are below it */
export function localFolder(directory: string): ObservedFolder['client'] {
  return {
    names: (path) => readdir(join(directory, path)),
    async status(path): Promise<FileStatus | null> {
      const found = await stat(join(directory, path)).catch((error: unknown) => {
        if (errnoOf(error) !== 'ENOENT') throw error;
        return null;
      });
      if (!found?.isFile()) return null;
      const { size: bytes, mtimeMs: modifiedMs, blocks, mode } = found;
      return { bytes, modifiedMs, allocatedBytes: 512 * blocks, permissions: mode & 0o777 };
    },
  };
}
