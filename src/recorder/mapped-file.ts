// A new file of full size, mapped into memory and shared with the kernel: what was stored in it is
// in the file whatever then happens to the process. Its blocks are reserved before the first event,
// because a store to a page that the disk has no room for would end the process (SIGBUS).

import { closeSync, openSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import { fileFailure, RecordingError } from './recording-error.ts';

// <sys/mman.h>, <errno.h>
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
/** Linux 5.14: pages are made present and writable now, and not at the first event in each. */
const MADV_POPULATE_WRITE = 23;
/** MAP_FAILED. */
const FAILED = 0xffff_ffff_ffff_ffffn;
const ENOSPC = 28;
/** More than this is not made present beforehand: it would take seconds. */
const POPULATED_BYTES_MAX = 256 * 2 ** 20;

export interface MappedFile {
  readonly buffer: ArrayBuffer;
  /** After this, no view of the buffer may be touched: its memory has gone. */
  unmap(): void;
}

interface Library {
  posixFallocate(fd: number, offset: number, bytes: number): number;
  map(
    address: null,
    bytes: number,
    protection: number,
    flags: number,
    fd: number,
    at: number,
  ): bigint;
  unmap(address: bigint, bytes: number): number;
  advise(address: bigint, bytes: number, advice: number): number;
  view(address: bigint, bytes: number): ArrayBuffer;
  errno(): number;
}

let loaded: Library | null = null;

/** Creates the file, which must not exist. @throws RecordingError */
export function createMappedFile(path: string, bytes: number): MappedFile {
  loaded ??= load();
  let fd: number;
  try {
    fd = openSync(path, 'wx+');
  } catch (error) {
    throw fileFailure(error, path, true);
  }
  try {
    return mapDescriptor(loaded, fd, path, bytes);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

function mapDescriptor(library: Library, fd: number, path: string, bytes: number): MappedFile {
  const refused = library.posixFallocate(fd, 0, bytes);
  if (refused !== 0) {
    const said = `${bytes} bytes could not be reserved (error ${refused})`;
    throw new RecordingError(refused === ENOSPC ? 'no-space' : 'not-writable', path, said);
  }
  const address = library.map(null, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0);
  if (!address || BigInt(address) === FAILED) {
    throw new RecordingError('not-writable', path, `cannot be mapped (error ${library.errno()})`);
  }
  // Where the kernel does not know it, the first event in each page is slower, and that is all.
  if (bytes <= POPULATED_BYTES_MAX) library.advise(address, bytes, MADV_POPULATE_WRITE);
  return {
    buffer: library.view(address, bytes),
    unmap: () => void library.unmap(address, bytes),
  };
}

function load(): Library {
  if (endianness() !== 'LE') throw new RecordingError('unsupported', null, 'big-endian machine');
  try {
    const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
    const libc = koffi.load(null);
    return {
      posixFallocate: libc.func('posix_fallocate', 'int', ['int', 'int64', 'int64']),
      map: libc.func('mmap', 'void *', ['void *', 'size_t', 'int', 'int', 'int', 'int64']),
      unmap: libc.func('munmap', 'int', ['void *', 'size_t']),
      advise: libc.func('madvise', 'int', ['void *', 'size_t', 'int']),
      view: koffi.view,
      errno: () => koffi.errno(),
    };
  } catch (error) {
    const said = `koffi did not load: ${(error as Error).message.split('\n')[0]}`;
    throw new RecordingError('unsupported', null, said);
  }
}
