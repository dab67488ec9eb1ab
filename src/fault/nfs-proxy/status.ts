// Statuses of NFS by the name of the errno (RFC 1813, section 2.6; RFC 8881, section 15.1). Those
// that NFS took from Unix have its numbers and are the same in all versions.

import { HeisenwriteError } from '../../domain/errors.ts';

export const OK = 0;

const OF_UNIX: Readonly<Record<string, number>> = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  ENXIO: 6,
  EACCES: 13,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  EMLINK: 31,
  ENAMETOOLONG: 63,
  ENOTEMPTY: 66,
  EDQUOT: 69,
  ESTALE: 70,
  EREMOTE: 71,
};

/** Names of NFS itself, without their prefix. */
const OF_NFS3: Readonly<Record<string, number>> = {
  BADHANDLE: 10_001,
  NOT_SYNC: 10_002,
  BAD_COOKIE: 10_003,
  NOTSUPP: 10_004,
  TOOSMALL: 10_005,
  SERVERFAULT: 10_006,
  BADTYPE: 10_007,
  JUKEBOX: 10_008,
};

const OF_NFS4: Readonly<Record<string, number>> = {
  BADHANDLE: 10_001,
  BAD_COOKIE: 10_003,
  NOTSUPP: 10_004,
  TOOSMALL: 10_005,
  SERVERFAULT: 10_006,
  BADTYPE: 10_007,
  DELAY: 10_008,
  JUKEBOX: 10_008,
  DENIED: 10_010,
  EXPIRED: 10_011,
  LOCKED: 10_012,
  GRACE: 10_013,
  FHEXPIRED: 10_014,
  SHARE_DENIED: 10_015,
  WRONGSEC: 10_016,
  STALE_STATEID: 10_023,
  OLD_STATEID: 10_024,
  BAD_STATEID: 10_025,
  OPENMODE: 10_038,
  ADMIN_REVOKED: 10_047,
  BADSESSION: 10_052,
  DELEG_REVOKED: 10_087,
};

export type NfsVersion = 3 | 4;

/**
 * `EACCES`, `JUKEBOX`, `NFS3ERR_STALE`; null where this version has no such status. The names that
 * NFS gives to what Unix has, ACCES and NOSPC, are its own too.
 */
export function statusOf(errno: string, version: NfsVersion): number | null {
  const own = version === 3 ? OF_NFS3 : OF_NFS4;
  const name = errno.replace(/^NFS[34]?ERR_/, '');
  const all = new Map(Object.entries({ ...own, ...OF_UNIX }));
  return all.get(name) ?? all.get(`E${name}`) ?? null;
}

/** @throws HeisenwriteError `invalid-fault` where no version has it */
export function refuseUnknownErrno(errno: string): void {
  if (statusOf(errno, 3) !== null || statusOf(errno, 4) !== null) return;
  const known = Object.keys({ ...OF_UNIX, ...OF_NFS3, ...OF_NFS4 });
  throw new HeisenwriteError('invalid-fault', `NFS has no status for ${errno}`, {
    remedy: `use one of ${known.join(', ')}`,
  });
}
