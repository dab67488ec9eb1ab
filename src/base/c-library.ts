// What processes of one host need of the C library and Node does not offer: memory that they share,
// and a child that ends with its parent. Loaded on first use through koffi, and allowed to be
// absent.

import { ftruncateSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';

// <sys/mman.h>, <sys/prctl.h>, <signal.h>
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MFD_CLOEXEC = 1;
const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9;
/** MAP_FAILED. */
const FAILED = 0xffff_ffff_ffff_ffffn;

interface Library {
  /** A file in memory that goes with its last descriptor. @throws Error where there is none */
  memoryFile(name: string, bytes: number): number;
  /** Maps the start of a file, for good. @throws Error */
  map(fd: number, bytes: number): ArrayBuffer;
  /** This process is killed by the kernel as soon as its parent has gone. */
  endWithParent(): void;
}

let loaded: Library | string | null = null;

/** The calls, or why they are not there. */
export function cLibrary(): Library | string {
  loaded ??= load();
  return loaded;
}

/** Maps a file that another process has open. @throws Error */
export function mapOpenFile(path: string, bytes: number): ArrayBuffer {
  const library = cLibrary();
  if (typeof library === 'string') throw new Error(library);
  return library.map(openSync(path, 'r+'), bytes);
}

function load(): Library | string {
  try {
    const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
    return bind(koffi);
  } catch (error) {
    return `koffi did not load: ${(error as Error).message.split('\n')[0]}`;
  }
}

function bind(koffi: typeof import('koffi')): Library {
  const libc = koffi.load(null);
  const create = libc.func('memfd_create', 'int', ['str', 'uint']);
  const mmap = libc.func('mmap', 'void *', ['void *', 'size_t', 'int', 'int', 'int', 'int64']);
  const prctl = libc.func('prctl', 'int', ['int', 'ulong', 'ulong', 'ulong', 'ulong']);
  return {
    memoryFile: (name, bytes) => {
      const fd: number = create(name, MFD_CLOEXEC);
      if (fd < 0) throw new Error(`memfd_create: error ${koffi.errno()}`);
      ftruncateSync(fd, bytes);
      return fd;
    },
    map: (fd, bytes) => {
      const address = mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0);
      if (!address || BigInt(address) === FAILED) throw new Error(`mmap: ${koffi.errno()}`);
      return koffi.view(address, bytes);
    },
    endWithParent: () => void prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0),
  };
}
