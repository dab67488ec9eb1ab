// Which errors a call may return by its own manual: facts from the ERRORS sections of the pages
// that `source` names. Programs handle what is documented, so that an error which no manual lists
// is the one that nobody handles: EACCES from write(2) has ended captures that were half done.

export const SYSTEMS = ['Linux', 'FreeBSD', 'POSIX'] as const;
export type System = (typeof SYSTEMS)[number];

/** What one manual says of one call. */
export interface DocumentedCall {
  /** Page and section. */
  readonly source: string;
  readonly errnos: ReadonlySet<string>;
  /** Listed for sockets alone, which files are not. */
  readonly sockets: ReadonlySet<string>;
  /** It says that others may occur, without naming them. */
  readonly open: boolean;
}

interface Entry {
  readonly source: string;
  readonly errnos: string;
  readonly sockets?: string;
  readonly open?: true;
}

type CallTable = Readonly<Record<System, Entry>>;

const LINUX = 'Linux man-pages 6.03,';
const FREEBSD = 'FreeBSD 16,';
const POSIX = 'POSIX.1-2024,';

const linux = (page: string, errnos: string, open?: true): Entry => ({
  source: `${LINUX} ${page}, ERRORS`,
  errnos,
  ...(open && { open }),
});
const freebsd = (page: string, errnos: string, sockets = ''): Entry => ({
  source: `${FREEBSD} ${page}, ERRORS`,
  errnos,
  sockets,
});
const posix = (page: string, errnos: string, sockets = ''): Entry => ({
  source: `${POSIX} System Interfaces, ${page}, ERRORS`,
  errnos,
  sockets,
});

const LINUX_WRITE =
  'EAGAIN EWOULDBLOCK EBADF EDESTADDRREQ EDQUOT EFAULT EFBIG EINTR EINVAL EIO ENOSPC EPERM EPIPE';
const LINUX_READ = 'EAGAIN EWOULDBLOCK EBADF EFAULT EINTR EINVAL EIO EISDIR';
/** pread(2) refers to lseek(2) for what an offset can do. */
const LINUX_LSEEK = 'EBADF EINVAL ENXIO EOVERFLOW ESPIPE';
const FREEBSD_WRITE = 'EBADF EPIPE EFBIG EFAULT EINVAL ENOSPC EDQUOT EIO EINTR EAGAIN EINTEGRITY';
const FREEBSD_READ =
  'EBADF EFAULT EIO EINTEGRITY EBUSY EINTR EINVAL EAGAIN EISDIR ' + 'EOPNOTSUPP EOVERFLOW';
const POSIX_WRITE = 'EAGAIN EBADF EFBIG EINTR EIO ENOSPC EPIPE ENOBUFS ENXIO';
const POSIX_WRITE_SOCKETS = 'EACCES ECONNRESET ENETDOWN ENETUNREACH EWOULDBLOCK';
const POSIX_READ = 'EAGAIN EBADF EINTR EIO EISDIR EOVERFLOW ENOBUFS ENOMEM ENXIO';
const POSIX_READ_SOCKETS = 'ECONNRESET ENOTCONN ETIMEDOUT EWOULDBLOCK';
const PATH = 'EACCES ELOOP ENAMETOOLONG ENOENT ENOTDIR';

/** By the name of the call as observations have it. */
const CALLS = {
  open: {
    Linux: linux(
      'open(2)',
      `${PATH} EBADF EBUSY EDQUOT EEXIST EFAULT EFBIG EINTR EINVAL EISDIR EMFILE ENFILE ENODEV ` +
        'ENOMEM ENOSPC ENXIO EOPNOTSUPP EOVERFLOW EPERM EROFS ETXTBSY EWOULDBLOCK',
    ),
    FreeBSD: freebsd(
      'open(2)',
      `${PATH} EPERM EISDIR EROFS EMFILE ENFILE EMLINK ENXIO EINTR EOPNOTSUPP EWOULDBLOCK ENOSPC ` +
        'EDQUOT EIO EINTEGRITY ETXTBSY EFAULT EEXIST EINVAL EBADF ECAPMODE ENOTCAPABLE',
    ),
    POSIX: posix(
      'open()',
      `${PATH} EBADF EEXIST EINTR EISDIR EMFILE ENFILE ENOSPC ENXIO EOVERFLOW EROFS EAGAIN ` +
        'EILSEQ EINVAL EOPNOTSUPP ETXTBSY',
    ),
  },
  read: {
    Linux: linux('read(2)', LINUX_READ, true),
    FreeBSD: freebsd('read(2)', FREEBSD_READ, 'ECONNRESET'),
    POSIX: posix('read()', POSIX_READ, POSIX_READ_SOCKETS),
  },
  pread: {
    Linux: linux('pread(2) with read(2) and lseek(2)', `${LINUX_READ} ${LINUX_LSEEK}`, true),
    FreeBSD: freebsd('read(2)', `${FREEBSD_READ} ESPIPE`, 'ECONNRESET'),
    POSIX: posix('read()', `${POSIX_READ} EINVAL ESPIPE`),
  },
  write: {
    Linux: linux('write(2)', LINUX_WRITE, true),
    FreeBSD: freebsd('write(2)', FREEBSD_WRITE),
    POSIX: posix('write()', POSIX_WRITE, POSIX_WRITE_SOCKETS),
  },
  pwrite: {
    Linux: linux('pwrite(2) with write(2) and lseek(2)', `${LINUX_WRITE} ${LINUX_LSEEK}`, true),
    FreeBSD: freebsd('write(2)', `${FREEBSD_WRITE} ESPIPE`),
    POSIX: posix('write()', `${POSIX_WRITE} EINVAL ESPIPE`),
  },
  fsync: {
    Linux: linux('fsync(2)', 'EBADF EINTR EIO ENOSPC EROFS EINVAL EDQUOT'),
    FreeBSD: freebsd('fsync(2)', 'EBADF EINVAL EIO EINTEGRITY'),
    // "Error conditions defined for read() and write()" of what was queued.
    POSIX: posix('fsync()', `EINVAL ${POSIX_WRITE} ${POSIX_READ}`),
  },
  fdatasync: {
    Linux: linux('fsync(2)', 'EBADF EINTR EIO ENOSPC EROFS EINVAL EDQUOT'),
    FreeBSD: freebsd('fsync(2)', 'EBADF EINVAL EIO EINTEGRITY'),
    POSIX: posix('fdatasync()', `EINVAL ${POSIX_WRITE} ${POSIX_READ}`),
  },
  close: {
    Linux: linux('close(2)', 'EBADF EINTR EIO ENOSPC EDQUOT'),
    FreeBSD: freebsd('close(2)', 'EBADF EINTR ENOSPC'),
    POSIX: posix('close()', 'EBADF EINTR EINPROGRESS EIO'),
  },
  ftruncate: {
    Linux: linux('truncate(2)', 'EBADF EFBIG EINTR EINVAL EIO EPERM EROFS ETXTBSY'),
    FreeBSD: freebsd('truncate(2)', 'EBADF EINVAL'),
    POSIX: posix('ftruncate()', 'EBADF EFBIG EINTR EINVAL EIO'),
  },
  rename: {
    Linux: linux(
      'rename(2)',
      `${PATH} EBADF EBUSY EDQUOT EEXIST EFAULT EINVAL EISDIR EMLINK ENOMEM ENOSPC ENOTEMPTY ` +
        'EPERM EROFS EXDEV',
    ),
    FreeBSD: freebsd(
      'rename(2)',
      `${PATH} EPERM EISDIR EXDEV ENOSPC EDQUOT EIO EINTEGRITY EROFS EFAULT EINVAL ENOTEMPTY ` +
        'ECAPMODE EBADF ENOTCAPABLE EEXIST EOPNOTSUPP',
    ),
    POSIX: posix(
      'rename()',
      `${PATH} EBADF EBUSY EEXIST EILSEQ EINVAL EIO EISDIR EMLINK ENOSPC ENOTEMPTY EPERM EROFS ` +
        'ETXTBSY EXDEV',
    ),
  },
  unlink: {
    Linux: linux('unlink(2)', `${PATH} EBADF EBUSY EFAULT EINVAL EIO EISDIR ENOMEM EPERM EROFS`),
    FreeBSD: freebsd(
      'unlink(2)',
      `${PATH} EISDIR EPERM EIO EINTEGRITY EROFS EFAULT ENOSPC EBADF ENOTEMPTY EINVAL ` +
        'ENOTCAPABLE EDEADLK',
    ),
    POSIX: posix('unlink()', `${PATH} EBADF EBUSY EPERM EROFS ETXTBSY`),
  },
} as const satisfies Record<string, CallTable>;

export type DocumentedCallName = keyof typeof CALLS;

export const DOCUMENTED_CALLS = Object.keys(CALLS) as readonly DocumentedCallName[];

const setOf = (names = ''): ReadonlySet<string> => new Set(names.split(' ').filter(Boolean));

/** Null for a call that the table does not have. */
export function documentedCall(call: string, system: System): DocumentedCall | null {
  if (!Object.hasOwn(CALLS, call)) return null;
  const { source, errnos, sockets, open }: Entry = CALLS[call as DocumentedCallName][system];
  return { source, errnos: setOf(errnos), sockets: setOf(sockets), open: open === true };
}

/**
 * Whether that manual lists the error for a file; null for a call that the table does not have.
 * @param errno by name: `EACCES`
 */
export function isDocumented(call: string, errno: string, system: System): boolean | null {
  return documentedCall(call, system)?.errnos.has(errno) ?? null;
}
