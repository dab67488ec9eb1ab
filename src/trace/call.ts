// One call of a program, as a tracer saw it; the same whichever tracer it was. What it means (which
// file, at which offset) is worked out in scene.ts.

/** Everything a tracer tells, in the order in which it came to know of it. */
export type TraceEvent =
  | { readonly kind: 'call'; readonly call: TracedCall }
  | { readonly kind: 'exit'; readonly exit: TracedExit }
  | {
      readonly kind: 'signal';
      readonly thread: number;
      readonly atNs: bigint;
      readonly name: string;
    }
  | { readonly kind: 'probe'; readonly probe: ProbeHit }
  /** Before the call that started it has returned. */
  | { readonly kind: 'start'; readonly start: TracedStart }
  /** The tracer itself says that it missed some. */
  | { readonly kind: 'lost'; readonly events: number };

export interface TracedCall {
  /** The thread that made it; of a process with one thread, the process. */
  readonly thread: number;
  /** Where the tracer says so. */
  readonly process?: number;
  /** As the kernel calls it: `pwrite64`, `openat`. */
  readonly name: string;
  /** CLOCK_MONOTONIC */
  readonly beganNs: bigint;
  /** Null where it has not returned. */
  readonly tookNs: number | null;
  /** Null where it failed or has not returned. */
  readonly result: number | null;
  /** By name, `EACCES`; null where it did not fail. */
  readonly errno: string | null;
  readonly given: CallArguments;
}

/** What of the arguments matters here; absent where the call has none of it, or it is unknown. */
export interface CallArguments {
  readonly fd?: number;
  /** What the descriptor is, where the tracer says so: a path, or `TCP:[1.2.3.4:5->...]`. */
  readonly subject?: string;
  /** The same of the descriptor that it returned. */
  readonly resultSubject?: string;
  /** The second descriptor: of dup2 the new one, of sendfile the one that is read. */
  readonly otherFd?: number;
  readonly path?: string;
  /** The directory that `path` is relative to; without it, the working directory. */
  readonly directory?: string;
  /** The same by its descriptor, where the tracer does not say what that is; -100 is AT_FDCWD. */
  readonly directoryFd?: number;
  /** Of rename, the new name. */
  readonly toPath?: string;
  readonly toDirectory?: string;
  readonly toDirectoryFd?: number;
  /** Names of flags, commands and whence: `O_APPEND`, `F_DUPFD`, `SEEK_END`, `CLONE_THREAD`. */
  readonly flags?: readonly string[];
  /** Bytes that it was asked to transfer. */
  readonly bytes?: number;
  /** Of pwrite and lseek the offset, of ftruncate the length. */
  readonly offset?: number;
  /** At an offset that was given and is not known. */
  readonly elsewhere?: true;
  /** Of connect, bind and accept, the other side, as the tracer puts it. */
  readonly address?: string;
}

export interface TracedStart {
  readonly atNs: bigint;
  /** The thread that started it. */
  readonly by: number;
  readonly thread: number;
  /** Null where the tracer does not say; then each of its calls does. */
  readonly isThread: boolean | null;
}

export interface TracedExit {
  readonly thread: number;
  /** Where the tracer says so. */
  readonly process?: number;
  readonly atNs: bigint;
  /** Null where a signal ended it. */
  readonly status: number | null;
  readonly signal: string | null;
}

/** A function of a library was called, or returned. */
export interface ProbeHit {
  readonly process: number;
  readonly thread: number;
  readonly atNs: bigint;
  /** As it was asked for: `u:/usr/lib/libcpg.so.4:cpg_mcast_joined`. */
  readonly probe: string;
  /** Of an entry its first six arguments, of a return its value. */
  readonly values: readonly bigint[];
}

const WRITES = ['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2'];
const READS = ['read', 'pread64', 'readv', 'preadv', 'preadv2'];
const COPIES = ['sendfile', 'copy_file_range', 'splice'];

/** It puts the caller's bytes into a descriptor. */
export const isWrite = (name: string): boolean => WRITES.includes(name);
export const isRead = (name: string): boolean => READS.includes(name);
/** It moves bytes from one descriptor into another: `fd` is written. */
export const isCopy = (name: string): boolean => COPIES.includes(name);
/** At the position of the descriptor and not at an offset that the caller gave. */
export const isAtPosition = (name: string): boolean => name === 'write' || name === 'writev';
export const isOpen = (name: string): boolean => /^(open|openat|openat2|creat)$/.test(name);
export const isRename = (name: string): boolean => /^rename(at|at2)?$/.test(name);
export const isSync = (name: string): boolean => name === 'fsync' || name === 'fdatasync';

/**
 * What a program calls: the C library's name, which the manual has as well. openat2, pwritev2 and
 * preadv2 have manuals of their own, with other errors.
 */
export function manualName(name: string): string {
  const same: Readonly<Record<string, string>> = {
    ...{ pwrite64: 'pwrite', pread64: 'pread', openat: 'open', creat: 'open' },
    ...{ writev: 'write', readv: 'read', pwritev: 'pwrite', preadv: 'pread' },
    ...{ renameat: 'rename', renameat2: 'rename', unlinkat: 'unlink', accept4: 'accept' },
    ...{ sendto: 'send', sendmsg: 'send', recvfrom: 'recv', recvmsg: 'recv' },
  };
  return same[name] ?? name;
}
