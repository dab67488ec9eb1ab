// Errors by name, as a fault gives them. Any error of this system may be planted, also one that the
// manual of a call does not list: programs meet those too.

import { constants } from 'node:os';
import { HeisenwriteError } from '../../domain/errors.ts';
import type { Fault } from '../../domain/fault.ts';

const ERRNOS: Readonly<Record<string, number>> = constants.errno;

/** The number, above 0, of the error that `fault` names. */
export function errnoNumber({ values }: Fault): number {
  return ERRNOS[String(values.errno)] as number;
}

/**
 * Refuses a name that is no error of this system.
 * @throws HeisenwriteError `invalid-fault`
 */
export function admitErrno({ kind, values }: Fault): void {
  const name = values.errno;
  if (name === undefined || Object.hasOwn(ERRNOS, String(name))) return;
  const message = `${kind}: there is no error "${name}" on this system`;
  throw new HeisenwriteError('invalid-fault', message, {
    remedy: 'give its name as errno(3) has it: EACCES, EIO, ENOSPC, ESTALE, EDQUOT, EROFS',
  });
}
