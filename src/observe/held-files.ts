// Files that this process still holds open although their name is gone. They take space that nobody
// sees, and a reader of one would be taken for a reader of stale data.

import { fstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

export interface DeletedFile {
  readonly fd: number;
  readonly path: string;
}

const SUFFIX = ' (deleted)';

/** Deleted files below `directory` among the descriptors listed in `descriptors`. */
export function deletedFiles(directory: string, descriptors = '/proc/self/fd'): DeletedFile[] {
  const held: DeletedFile[] = [];
  for (const name of readdirSync(descriptors)) {
    const fd = Number(name);
    try {
      const target = readlinkSync(join(descriptors, name));
      if (!target.endsWith(SUFFIX) || !target.startsWith(`${directory}/`)) continue;
      // A file may really be called so: what counts is that it has no name left.
      if (fstatSync(fd).nlink > 0) continue;
      held.push({ fd, path: target.slice(0, -SUFFIX.length) });
    } catch {
      // The descriptor that listed the directory is closed by now.
    }
  }
  return held;
}
