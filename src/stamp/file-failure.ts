// What a failed system call on a stamped file means for the person who asked for it, with the
// remedy that fits the errno better than the registry's.

import { type ErrorCode, errnoOf, HeisenwriteError } from '../domain/errors.ts';

const WRITE_CODES: Readonly<Record<string, ErrorCode>> = {
  EEXIST: 'file-exists',
  ENOENT: 'no-such-place',
  ENOTDIR: 'no-such-place',
  EACCES: 'place-not-writable',
  EPERM: 'place-not-writable',
  EROFS: 'place-not-writable',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
};
const READ_CODES: Readonly<Record<string, ErrorCode>> = {
  ENOENT: 'no-such-file',
  ENOTDIR: 'no-such-file',
  EACCES: 'not-readable',
  EPERM: 'not-readable',
  EISDIR: 'not-readable',
};
const REMEDIES: Readonly<Record<string, string>> = {
  EFBIG: 'the file system or `ulimit -f` allows no file of this size: give a smaller --size',
  EINVAL: 'this file system may not support O_DIRECT: try without --direct',
  ENOSPC: 'free some space or give a smaller --size',
  EDQUOT: 'raise the quota or give a smaller --size',
};

/**
 * Runs an operation on the file and says of a failed system call what it means for the user.
 * @throws HeisenwriteError for an errno; other errors pass through.
 */
export function attempt<Result>(
  verb: 'read' | 'write',
  path: string,
  operation: () => Result,
): Result {
  try {
    return operation();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === null || error instanceof HeisenwriteError) throw error;
    const codes = verb === 'read' ? READ_CODES : WRITE_CODES;
    const code = codes[errno] ?? (verb === 'read' ? 'read-failed' : 'write-failed');
    const remedy = REMEDIES[errno];
    const message = `cannot ${verb} ${path}: ${errno} (${(error as Error).message})`;
    throw new HeisenwriteError(code, message, { cause: error, ...(remedy ? { remedy } : {}) });
  }
}
