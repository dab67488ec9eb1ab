// Which statuses NFSv3 allows a server to answer, and what a program on a mounted file system gets
// of them: its kernel hands the status on as the errno of the call that was under way.

import type { DocumentedCallName } from './documented-errnos.ts';

interface Procedure {
  /** Section of RFC 1813. */
  readonly section: string;
  readonly statuses: string;
  /** The call of a program that sends it. */
  readonly call: DocumentedCallName;
}

const ALWAYS = 'IO STALE BADHANDLE SERVERFAULT';

/** RFC 1813, ERRORS of each procedure; NFS3ERR_JUKEBOX (section 2.6) may come from any. */
const PROCEDURES: Readonly<Record<string, Procedure>> = {
  LOOKUP: { section: '3.3.3', call: 'open', statuses: `${ALWAYS} NOENT ACCES NOTDIR NAMETOOLONG` },
  CREATE: {
    section: '3.3.8',
    call: 'open',
    statuses: `${ALWAYS} ACCES EXIST NOTDIR NOSPC ROFS NAMETOOLONG DQUOT NOTSUPP`,
  },
  READ: { section: '3.3.6', call: 'read', statuses: `${ALWAYS} NXIO ACCES INVAL` },
  WRITE: {
    section: '3.3.7',
    call: 'write',
    statuses: `${ALWAYS} ACCES FBIG DQUOT NOSPC ROFS INVAL`,
  },
  COMMIT: { section: '3.3.21', call: 'fsync', statuses: ALWAYS },
  SETATTR: {
    section: '3.3.2',
    call: 'ftruncate',
    statuses: `${ALWAYS} PERM ACCES INVAL NOSPC ROFS DQUOT NOT_SYNC NOTSUPP`,
  },
  REMOVE: {
    section: '3.3.12',
    call: 'unlink',
    statuses: `${ALWAYS} NOENT ACCES NOTDIR NAMETOOLONG ROFS`,
  },
  RENAME: {
    section: '3.3.14',
    call: 'rename',
    statuses:
      `${ALWAYS} NOENT ACCES EXIST XDEV NOTDIR ISDIR INVAL NOSPC ROFS MLINK NAMETOOLONG ` +
      'NOTEMPTY DQUOT NOTSUPP',
  },
};

/** The statuses whose errno is not simply `E` and the same name, and those that have none. */
const ERRNOS: Readonly<Record<string, string>> = { BADHANDLE: 'ESTALE', SERVERFAULT: 'EIO' };
const WITHOUT_ERRNO = new Set(['NOT_SYNC', 'BAD_COOKIE', 'NOTSUPP', 'TOOSMALL', 'JUKEBOX']);

export interface DocumentedStatus {
  readonly section: string;
  /** Whether the protocol lists the status for this procedure. */
  readonly listed: boolean;
  readonly call: DocumentedCallName;
  /** What a program gets; null where the status never reaches one so. */
  readonly errno: string | null;
}

/**
 * Null for a procedure that the table does not have, and for what is no status of NFSv3.
 * @param status `NFS3ERR_ACCES`
 */
export function documentedStatus(procedure: string, status: string): DocumentedStatus | null {
  const known = Object.hasOwn(PROCEDURES, procedure) ? PROCEDURES[procedure] : undefined;
  const name = /^NFS3ERR_([A-Z_]+)$/.exec(status)?.[1];
  // Of our own client: what the protocol has no status for.
  if (!known || name === undefined || name === 'VERIFIER' || name === 'STABILITY') return null;
  const listed = name === 'JUKEBOX' || known.statuses.split(' ').includes(name);
  const errno = WITHOUT_ERRNO.has(name) ? null : (ERRNOS[name] ?? `E${name}`);
  return { section: known.section, listed, call: known.call, errno };
}
