// What a medium refuses, as an error that says what to do.

import { type ErrorCode, EXIT_UNKNOWN, HeisenwriteError } from '../domain/errors.ts';
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

const EXISTS = 'give another name, or replace it (`exists: "replace"`, --replace)';

/** What is done, in words, and what to do where it fails. */
export interface Telling {
  /** As in "could not" or "while": `publish a.bin`. */
  readonly doing: string;
  /** Where the paths of calls are. */
  readonly place: string;
  readonly isPickUp?: boolean;
}

/** Other errors as they are. What a call refused is no fault of the one who asked for it. */
export function told(error: unknown, { doing, place, isPickUp = false }: Telling): unknown {
  if (error instanceof UnreachableError) {
    return new HeisenwriteError('unreachable', error.message, { cause: error });
  }
  if (!(error instanceof OperationError)) return error;
  const code = CODES[error.errno] ?? 'write-failed';
  const path = `${place.replace(/\/+$/, '')}${error.path}`;
  const words = `${doing}: ${error.operation} of ${path}: ${error.message}`;
  const message = words.includes(error.errno) ? words : `${words} (${error.errno})`;
  const remedy = remedyOf(code, isPickUp);
  return new HeisenwriteError(code, message, {
    cause: error,
    ...(remedy === undefined ? {} : { remedy }),
    ...(code === 'file-exists' ? {} : { exitCode: EXIT_UNKNOWN }),
  });
}

function remedyOf(code: ErrorCode, isPickUp: boolean): string | undefined {
  if (code === 'file-exists') return EXISTS;
  if (code !== 'no-space') return undefined;
  return isPickUp
    ? 'free some space there, then pick up again'
    : 'free some space there, then publish again: nothing is left of this try';
}

/** For `catch`. */
export function saidOf(telling: Telling): (error: unknown) => never {
  return (error) => {
    throw told(error, telling);
  };
}

export function existsThere(name: string, why: string): HeisenwriteError {
  const words = `${name} is there already${why}`;
  return new HeisenwriteError('file-exists', words, { remedy: EXISTS });
}

/** @param claimant as in "it is": `claimed by a picker that is at work on it` */
export function claimedThere(name: string, claimant: string): HeisenwriteError {
  const words = `${name} is taken: the file of that name is ${claimant}, and is not delivered yet`;
  return new HeisenwriteError('file-exists', words, {
    remedy: 'let a picker deliver it (the next `pickup` gives it back), or give another name',
  });
}
