// Numbers of the traced calls and bits of their flags on x86-64, which the kernel's tracepoints
// give instead of names: arch/x86/entry/syscalls/syscall_64.tbl, asm-generic/fcntl.h,
// linux/sched.h.

export const CALL_NUMBERS: Readonly<Record<string, number>> = {
  ...{ read: 0, write: 1, open: 2, close: 3, lseek: 8, pread64: 17, pwrite64: 18, readv: 19 },
  ...{ writev: 20, dup: 32, dup2: 33, sendfile: 40, socket: 41, connect: 42, accept: 43 },
  ...{ sendto: 44, recvfrom: 45, sendmsg: 46, recvmsg: 47, shutdown: 48, bind: 49, listen: 50 },
  ...{ clone: 56, fork: 57, vfork: 58, execve: 59, fcntl: 72, flock: 73, fsync: 74 },
  ...{ fdatasync: 75, truncate: 76, ftruncate: 77, chdir: 80, fchdir: 81, rename: 82 },
  ...{ creat: 85, unlink: 87, sync: 162, exit_group: 231, openat: 257, unlinkat: 263 },
  ...{ renameat: 264, splice: 275, accept4: 288, dup3: 292, preadv: 295, pwritev: 296 },
  ...{ syncfs: 306, renameat2: 316, copy_file_range: 326, preadv2: 327, pwritev2: 328 },
  ...{ clone3: 435, close_range: 436 },
};

const NAMES = new Map(Object.entries(CALL_NUMBERS).map(([name, number]) => [number, name]));

export const numberOf = (name: string): number => CALL_NUMBERS[name] as number;
export const nameOf = (number: number): string | null => NAMES.get(number) ?? null;

type Bits = readonly (readonly [name: string, bit: number])[];

const OPEN: Bits = [
  ['O_WRONLY', 0o1],
  ['O_RDWR', 0o2],
  ['O_CREAT', 0o100],
  ['O_TRUNC', 0o1000],
  ['O_APPEND', 0o2000],
  ['O_DSYNC', 0o10000],
  ['O_CLOEXEC', 0o2000000],
];
const CLONE: Bits = [
  ['CLONE_FILES', 0x400],
  ['CLONE_THREAD', 0x10000],
];
const UNLINK: Bits = [['AT_REMOVEDIR', 0x200]];
const CLOSE_RANGE: Bits = [['CLOSE_RANGE_CLOEXEC', 4]];
const COMMANDS: Readonly<Record<number, string>> = {
  ...{ 0: 'F_DUPFD', 2: 'F_SETFD', 4: 'F_SETFL', 6: 'F_SETLK', 7: 'F_SETLKW' },
  ...{ 37: 'F_OFD_SETLK', 38: 'F_OFD_SETLKW', 1030: 'F_DUPFD_CLOEXEC' },
};
const WHENCE = ['SEEK_SET', 'SEEK_CUR', 'SEEK_END'];

const named = (bits: Bits, value: number): string[] =>
  bits.filter(([, bit]) => (value & bit) === bit).map(([name]) => name);

export const openFlags = (value: number): string[] => named(OPEN, value);
export const cloneFlags = (value: number): string[] => named(CLONE, value);
export const unlinkFlags = (value: number): string[] => named(UNLINK, value);
export const closeRangeFlags = (value: number): string[] => named(CLOSE_RANGE, value);
export const whenceFlags = (value: number): string[] => [WHENCE[value] ?? String(value)];

/** Its first is the command, the others what it sets. */
export function controlFlags(command: number, value: number): string[] {
  const name = COMMANDS[command] ?? String(command);
  if (name === 'F_SETFL') return [name, ...openFlags(value)];
  return name === 'F_SETFD' && (value & 1) === 1 ? [name, 'FD_CLOEXEC'] : [name];
}
