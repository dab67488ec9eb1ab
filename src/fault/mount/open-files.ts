// The files that programs have open through the mount, and the flags that they gave.

import { constants } from 'node:fs';
import type { FAULT_FLAGS } from '../../domain/fault.ts';

type FlagName = (typeof FAULT_FLAGS)[number];

// O_SYNC is O_DSYNC and a bit of its own (open(2)), so a file that has it has both.
const FLAG_BITS: Readonly<Record<FlagName, number>> = {
  O_SYNC: constants.O_SYNC,
  O_DSYNC: constants.O_DSYNC,
  O_DIRECT: constants.O_DIRECT,
  O_APPEND: constants.O_APPEND,
  O_TRUNC: constants.O_TRUNC,
};
const FLAGS = Object.entries(FLAG_BITS);
/** The kernel has decided the offset of an append; our memory is not aligned. */
const NOT_PASSED_ON = constants.O_APPEND | constants.O_DIRECT;

/** An error that a lost write left for a later call. */
export interface LateError {
  readonly errno: number;
  readonly at: 'close' | 'fsync';
}

export interface OpenFile {
  /** Of the file below; also its handle in FUSE. */
  readonly fd: number;
  /** From the root of the mount, when it was opened. */
  readonly path: string;
  readonly flags: readonly string[];
  readonly isWritable: boolean;
  late: LateError | null;
}

export function flagNames(flags: number): readonly string[] {
  return FLAGS.filter(([, bits]) => (flags & bits) === bits).map(([name]) => name);
}

/** What the file below is opened with. */
export function backingFlags(flags: number): number {
  return flags & ~NOT_PASSED_ON;
}

export class OpenFiles {
  readonly #files = new Map<number, OpenFile>();

  add(fd: number, path: string, flags: number): OpenFile {
    const isWritable = (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
    const file = { fd, path, flags: flagNames(flags), isWritable, late: null };
    this.#files.set(fd, file);
    return file;
  }

  get isEmpty(): boolean {
    return this.#files.size === 0;
  }

  get(fd: number): OpenFile | undefined {
    return this.#files.get(fd);
  }

  remove(fd: number): void {
    this.#files.delete(fd);
  }
}
