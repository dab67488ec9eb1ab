// The statuses of NFSv3 by name (RFC 1813, section 2.6).

const NAMES: Readonly<Record<number, string>> = {
  1: 'PERM',
  2: 'NOENT',
  5: 'IO',
  6: 'NXIO',
  13: 'ACCES',
  17: 'EXIST',
  18: 'XDEV',
  19: 'NODEV',
  20: 'NOTDIR',
  21: 'ISDIR',
  22: 'INVAL',
  27: 'FBIG',
  28: 'NOSPC',
  30: 'ROFS',
  31: 'MLINK',
  63: 'NAMETOOLONG',
  66: 'NOTEMPTY',
  69: 'DQUOT',
  70: 'STALE',
  71: 'REMOTE',
  10001: 'BADHANDLE',
  10002: 'NOT_SYNC',
  10003: 'BAD_COOKIE',
  10004: 'NOTSUPP',
  10005: 'TOOSMALL',
  10006: 'SERVERFAULT',
  10007: 'BADTYPE',
  10008: 'JUKEBOX',
};

export function statusName(status: number): string {
  return `NFS3ERR_${NAMES[status] ?? status}`;
}
