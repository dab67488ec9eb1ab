// What a medium refuses, as an error that says what to do.

import { type ErrorCode, HeisenwriteError } from '../domain/errors.ts';
import { OperationError, UnreachableError } from '../medium/operation-error.ts';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  NFS3ERR_NOSPC: 'no-space',
  NFS3ERR_DQUOT: 'no-space',
  QuotaExceeded: 'no-space',
  EACCES: 'place-not-writable',
  EPERM: 'place-not-writable',
  EROFS: 'place-not-writable',
  NFS3ERR_ACCES: 'place-not-writable',
  NFS3ERR_PERM: 'place-not-writable',
  NFS3ERR_ROFS: 'place-not-writable',
  SSH_FX_PERMISSION_DENIED: 'place-not-writable',
  AccessDenied: 'place-not-writable',
  EEXIST: 'file-exists',
};

const REMEDIES: Partial<Record<ErrorCode, string>> = {
  'no-space': 'free some space there, then publish again: nothing is left of this try',
  'file-exists': 'give another name, or replace it (`exists: "replace"`, --replace)',
};

/** For `catch`. @param doing as in "could not" or "while" : `publish a.bin` */
export function saidOf(doing: string): (error: unknown) => never {
  return (error) => {
    if (error instanceof UnreachableError) {
      throw new HeisenwriteError('unreachable', error.message, { cause: error });
    }
    if (!(error instanceof OperationError)) throw error;
    const code = CODES[error.errno] ?? 'write-failed';
    const remedy = REMEDIES[code];
    const words = `${doing}: ${error.operation} of ${error.path}: ${error.message}`;
    const told = words.includes(error.errno) ? words : `${words} (${error.errno})`;
    throw new HeisenwriteError(code, told, {
      cause: error,
      ...(remedy === undefined ? {} : { remedy }),
    });
  };
}

export function existsThere(name: string, why: string): HeisenwriteError {
  const remedy = REMEDIES['file-exists'] as string;
  return new HeisenwriteError('file-exists', `${name} is there already${why}`, { remedy });
}

/** @param claimant as in "it is": `claimed by a picker that is at work on it` */
export function claimedThere(name: string, claimant: string): HeisenwriteError {
  const words = `${name} is taken: the file of that name is ${claimant}, and is not delivered yet`;
  return new HeisenwriteError('file-exists', words, {
    remedy: 'let a picker deliver it (the next `pickup` gives it back), or give another name',
  });
}
