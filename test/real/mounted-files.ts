// One file on a fault mount as programs see it, beside the same file as it is stored: single calls
// of read(2) and write(2), and what they were told.

import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../src/domain/errors.ts';
import type { FaultMount } from './fault-mounts.ts';

/** @param mount asked at each call, since it is mounted after the tests are declared */
export function filesOn(mount: () => FaultMount) {
  const path = (name = 'file') => join(mount().at, name);
  const below = (name = 'file') => readFileSync(join(mount().below, name));
  const put = (data: Uint8Array, name = 'file') => writeFileSync(join(mount().below, name), data);
  /** One call of write(2) at an offset; the errno of what failed, or the bytes written. */
  const write = (data: Uint8Array, offset = 0, flags: number | string = 'r+') =>
    attempt(() => {
      const fd = openSync(path(), flags);
      try {
        return writeSync(fd, data, 0, data.length, offset);
      } finally {
        closeSync(fd);
      }
    });
  /** One call of read(2) at an offset. */
  const read = (length: number, offset = 0) => {
    const fd = openSync(path(), 'r');
    try {
      const memory = Buffer.alloc(length);
      return memory.subarray(0, readSync(fd, memory, 0, length, offset));
    } finally {
      closeSync(fd);
    }
  };
  return { path, below, put, write, read };
}

/** What the call gives, or the errno with which it fails. */
export function attempt(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return errnoOf(error);
  }
}
