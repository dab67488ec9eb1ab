// The C library's calls that Node does not offer, through koffi. Loaded on first use and allowed to
// be absent: without them a re-read says that the cache could not be dropped, and nothing breaks.

import { createRequire } from 'node:module';

/** `posix_fadvise` advice, linux/fadvise.h. */
const POSIX_FADV_DONTNEED = 4;
const PROT_READ = 1;
const MAP_SHARED = 1;
// The same numbers on every architecture that got them after 2019 (include/uapi/asm-generic).
const SYS_QUOTACTL_FD = 443;
const SYS_CACHESTAT = 451;

export const PAGE_BYTES = 4096;

export interface SystemCalls {
  /** 0, or an error number. */
  dropPages(fd: number, offset: number, length: number): number;
  /** Pages of the range in the page cache; null where the kernel has no cachestat (before 6.5). */
  cachedPagesByCachestat(fd: number, offset: number, length: number): number | null;
  /** The same by mapping the range; null where it cannot be mapped. `offset` is page-aligned. */
  cachedPagesByMincore(fd: number, offset: number, length: number): number | null;
  /** Fills `into` for the user's quota on the file system of `fd`; 0, or an error number. */
  userQuota(fd: number, userId: number, into: BigUint64Array): number;
}

type Loaded =
  | { readonly calls: SystemCalls; readonly because: null }
  | { readonly calls: null; readonly because: string };

let loaded: Loaded | null = null;

/** The calls, or why they are not there. */
export function systemCalls(): Loaded {
  loaded ??= loadCalls();
  return loaded;
}

function loadCalls(): Loaded {
  try {
    const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
    return { calls: bindCalls(koffi), because: null };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { calls: null, because: `koffi did not load: ${said.split('\n')[0]}` };
  }
}

function bindCalls(koffi: typeof import('koffi')): SystemCalls {
  const libc = koffi.load(null);
  const fadvise = libc.func('int posix_fadvise(int fd, int64 offset, int64 length, int advice)');
  const cachestat = libc.func('syscall', 'long', ['long', 'long', 'void *', 'void *', 'uint']);
  const quotactl = libc.func('syscall', 'long', ['long', 'long', 'long', 'long', 'void *']);
  const map = libc.func('mmap', 'void *', ['void *', 'size_t', 'int', 'int', 'int', 'int64']);
  const unmap = libc.func('munmap', 'int', ['void *', 'size_t']);
  const mincore = libc.func('mincore', 'int', ['void *', 'size_t', 'void *']);
  return {
    dropPages: (fd, offset, length) => fadvise(fd, offset, length, POSIX_FADV_DONTNEED),
    cachedPagesByCachestat: (fd, offset, length) => {
      const range = BigUint64Array.of(BigInt(offset), BigInt(length));
      const counts = new BigUint64Array(5);
      return cachestat(SYS_CACHESTAT, fd, range, counts, 0) === 0 ? Number(counts[0]) : null;
    },
    cachedPagesByMincore: (fd, offset, length) => {
      const address = map(null, length, PROT_READ, MAP_SHARED, fd, offset);
      // MAP_FAILED is all ones; a null pointer cannot be looked at either.
      if (!address || BigInt(address) === 0xffff_ffff_ffff_ffffn) return null;
      const pages = new Uint8Array(Math.ceil(length / PAGE_BYTES));
      const failed = mincore(address, length, pages) !== 0;
      unmap(address, length);
      return failed ? null : pages.reduce((count, page) => count + (page & 1), 0);
    },
    userQuota: (fd, userId, into) => {
      // QCMD(Q_GETQUOTA, USRQUOTA), quotactl(2)
      const failed = quotactl(SYS_QUOTACTL_FD, fd, 0x80000700, userId, into) !== 0;
      return failed ? koffi.errno() : 0;
    },
  };
}

/** Pages of [offset, offset + length) in the page cache, or null where nothing can tell. */
export function cachedPages(fd: number, offset: number, length: number): number | null {
  const { calls } = systemCalls();
  if (calls === null) return null;
  return (
    calls.cachedPagesByCachestat(fd, offset, length) ??
    calls.cachedPagesByMincore(fd, offset, length)
  );
}
