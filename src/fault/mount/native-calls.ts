// Calls on files that Node does not offer: times in nanoseconds, extended attributes, allocation,
// special files, renames with flags. They are short and act on the directory below the mount.

import { createRequire } from 'node:module';
import { HeisenwriteError } from '../../domain/errors.ts';

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
/** linux/limits.h: no value and no list of names is longer. */
const XATTR_BYTES_MAX = 65_536;

/** Each gives what the call returns (0 or more), or the negated error number. */
export interface FileCalls {
  /** @param times seconds and nanoseconds of access, then of change; utimensat(2) */
  setTimes(path: string, follow: boolean, times: BigInt64Array): number;
  allocate(fd: number, mode: number, offset: number, length: number): number;
  makeNode(path: string, mode: number, device: number): number;
  renameWith(from: string, to: string, flags: number): number;
  seek(fd: number, offset: number, whence: number): number;
  /** What close(2) of one of several descriptors does to the file: NFS writes back there. */
  closeDuplicate(fd: number): number;
  setAttribute(path: string, name: string, value: Uint8Array, flags: number): number;
  getAttribute(path: string, name: string): Buffer | number;
  /** Names, each ended by a NUL. */
  listAttributes(path: string): Buffer | number;
  removeAttribute(path: string, name: string): number;
}

/** @throws HeisenwriteError `missing-component` */
export function loadFileCalls(): FileCalls {
  const koffi = loadKoffi();
  const libc = koffi.load(null);
  const utimensat = libc.func('utimensat', 'int', ['int', 'str', 'void *', 'int']);
  const fallocate = libc.func('fallocate', 'int', ['int', 'int', 'int64', 'int64']);
  const mknod = libc.func('mknod', 'int', ['str', 'uint', 'uint64']);
  const renameat2 = libc.func('renameat2', 'int', ['int', 'str', 'int', 'str', 'uint']);
  const lseek = libc.func('lseek', 'int64', ['int', 'int64', 'int']);
  const dup = libc.func('dup', 'int', ['int']);
  const close = libc.func('close', 'int', ['int']);
  const lsetxattr = libc.func('lsetxattr', 'int', ['str', 'str', 'void *', 'size_t', 'int']);
  const lgetxattr = libc.func('lgetxattr', 'long', ['str', 'str', 'void *', 'size_t']);
  const llistxattr = libc.func('llistxattr', 'long', ['str', 'void *', 'size_t']);
  const lremovexattr = libc.func('lremovexattr', 'int', ['str', 'str']);
  const scratch = Buffer.alloc(XATTR_BYTES_MAX);
  const answer = (value: number) => (value < 0 ? -koffi.errno() : value);
  const answerBytes = (length: number) =>
    length < 0 ? -koffi.errno() : Buffer.from(scratch.subarray(0, length));
  return {
    setTimes: (path, follow, times) =>
      answer(utimensat(AT_FDCWD, path, times, follow ? 0 : AT_SYMLINK_NOFOLLOW)),
    allocate: (fd, mode, offset, length) => answer(fallocate(fd, mode, offset, length)),
    makeNode: (path, mode, device) => answer(mknod(path, mode, device)),
    renameWith: (from, to, flags) => answer(renameat2(AT_FDCWD, from, AT_FDCWD, to, flags)),
    seek: (fd, offset, whence) => answer(Number(lseek(fd, offset, whence))),
    closeDuplicate: (fd) => {
      const duplicate = dup(fd);
      return answer(duplicate < 0 ? duplicate : close(duplicate));
    },
    setAttribute: (path, name, value, flags) =>
      answer(lsetxattr(path, name, value, value.length, flags)),
    getAttribute: (path, name) => answerBytes(lgetxattr(path, name, scratch, XATTR_BYTES_MAX)),
    listAttributes: (path) => answerBytes(llistxattr(path, scratch, XATTR_BYTES_MAX)),
    removeAttribute: (path, name) => answer(lremovexattr(path, name)),
  };
}

function loadKoffi(): typeof import('koffi') {
  try {
    return createRequire(import.meta.url)('koffi');
  } catch (error) {
    throw new HeisenwriteError('missing-component', 'koffi, for calls of the system, is missing', {
      remedy: 'npm install koffi',
      cause: error,
    });
  }
}
