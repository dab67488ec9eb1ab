// What is asked of the machine while a program is traced, because no call tells it: descriptors
// that were open before, the process of a thread, how long a file is. It may have changed in the
// meantime; what follows from it errs on the side of silence.

import {
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

export interface World {
  /** Null where the process has gone, or has no such descriptor. */
  descriptor(process: number, fd: number): KnownDescriptor | null;
  /** The process of a thread, and the process that started it; null when it has gone. */
  family(thread: number): { readonly process: number; readonly parent: number } | null;
  workingDirectory(process: number): string;
  /** Its name, as `ps` shows it; empty when it has gone. */
  command(process: number): string;
  /** Null where there is no such file, or it is none (a directory, a pipe with a name). */
  file(path: string): { readonly bytes: number; readonly volatile: boolean } | null;
  /** The path without symbolic links in its directory, as the kernel names open files. */
  realPath(path: string): string;
}

export interface KnownDescriptor {
  readonly subject: string;
  readonly flags: readonly string[];
}

/** statfs(2) f_type of tmpfs and ramfs. */
const VOLATILE = [0x0102_1994, 0x8584_58f6];
/** Octal, asm-generic/fcntl.h. O_DSYNC is a part of O_SYNC. */
const O_APPEND = 0o2000;
const O_DSYNC = 0o10000;

const or = <T>(otherwise: T, look: () => T): T => {
  try {
    return look();
  } catch {
    return otherwise;
  }
};

function descriptor(process: number, fd: number): KnownDescriptor | null {
  return or(null, () => {
    const subject = readlinkSync(`/proc/${process}/fd/${fd}`);
    const info = readFileSync(`/proc/${process}/fdinfo/${fd}`, 'utf8');
    const bits = Number.parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? '0', 8);
    const flags = [
      ...(bits & O_APPEND ? ['O_APPEND'] : []),
      ...(bits & O_DSYNC ? ['O_DSYNC'] : []),
    ];
    return { subject, flags };
  });
}

function family(thread: number): { process: number; parent: number } | null {
  return or(null, () => {
    const status = readFileSync(`/proc/${thread}/status`, 'utf8');
    const field = (name: string) =>
      Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1]);
    return { process: field('Tgid'), parent: field('PPid') };
  });
}

/** Neither gone nor ended and not waited for (a zombie), which has no descriptors any more. */
const isThere = (process: number): boolean =>
  or(false, () => readdirSync(`/proc/${process}/fd`).length > 0);

function noteProcess(process: number) {
  const fds = or([], () => readdirSync(`/proc/${process}/fd`).map(Number));
  const descriptors = new Map(fds.map((fd) => [fd, descriptor(process, fd)]));
  return { descriptors, directory: directoryOf(process), command: commandOf(process) };
}

/** A thread that has not ended; one that nobody has waited for (a zombie) has. */
export const isRunning = (thread: number): boolean =>
  or(false, () => !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${thread}/status`, 'utf8')));

/** Itself, where it has gone. */
export function threadsOf(process: number): number[] {
  return or([process], () => readdirSync(`/proc/${process}/task`).map(Number));
}

const directoryOf = (process: number): string =>
  or('/', () => readlinkSync(`/proc/${process}/cwd`));
const commandOf = (process: number): string =>
  or('', () => readFileSync(`/proc/${process}/comm`, 'utf8').trim());

/**
 * Of Linux, by /proc.
 * @param attached a process that may be gone before its calls are looked at: what it is and has
 * open is noted now, for then
 */
export function machineWorld(attached?: number): World {
  const directories = new Map<string, string>();
  const noted = attached === undefined ? null : noteProcess(attached);
  const kept = (process: number) => (process === attached ? noted : null);
  return {
    descriptor: (process, fd) =>
      descriptor(process, fd) ??
      (isThere(process) ? null : (kept(process)?.descriptors.get(fd) ?? null)),
    family,
    workingDirectory: (process) => kept(process)?.directory ?? directoryOf(process),
    command: (process) => commandOf(process) || (kept(process)?.command ?? ''),
    file: (path) =>
      or(null, () => {
        const status = statSync(path);
        if (!status.isFile() && !status.isBlockDevice()) return null;
        const volatile = VOLATILE.includes(statfsSync(path).type);
        return { bytes: status.size, volatile };
      }),
    realPath(path) {
      const directory = dirname(path);
      let real = directories.get(directory);
      if (real === undefined) {
        real = or(directory, () => realpathSync(directory));
        if (directories.size < 10_000) directories.set(directory, real);
      }
      return join(real, basename(path));
    },
  };
}
