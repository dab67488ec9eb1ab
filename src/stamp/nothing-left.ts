// A file without one byte that is not zero: it says nothing of what it was. If it was stamped, that
// is the worst that can be found, and no reason to believe that the wrong file was given.

import { readSync } from 'node:fs';
import { HeisenwriteError } from '../domain/errors.ts';

const READ_BYTES = 2 ** 20;

/** Whether a file is empty or holds only zeros; reads up to its first other byte. */
export function isZeros(descriptor: number): boolean {
  const [bytes, zeros] = [Buffer.alloc(READ_BYTES), Buffer.alloc(READ_BYTES)];
  for (let at = 0; ; ) {
    const got = readSync(descriptor, bytes, 0, READ_BYTES, at);
    if (got === 0) return true;
    if (!bytes.subarray(0, got).equals(zeros.subarray(0, got))) return false;
    at += got;
  }
}

/** The error for it, not-stamped. */
export function nothingLeft(name: string, bytes: number): HeisenwriteError {
  const what = bytes === 0 ? 'is empty' : 'is nothing but zeros';
  return new HeisenwriteError('not-stamped', `${name} ${what}`, {
    remedy:
      'if it was written by `heisenwrite stamp`, all of it is lost; ' +
      'only such files check themselves: others are checked by `heisenwrite manifest`',
  });
}
