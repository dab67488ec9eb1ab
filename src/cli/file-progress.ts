// How far a file has been read: drawn on one line, only where somebody looks.

import type { Writable } from 'node:stream';
import { formatSize } from '../base/quantities.ts';

/** A file that is read in an instant needs no progress. */
const QUIET_BYTES = 1024 ** 3;

export function fileProgress(verb: string, err: Writable) {
  const drawn = (err as { isTTY?: boolean }).isTTY === true;
  let shown = false;
  return {
    show(doneBytes: number, totalBytes: number): void {
      if (!drawn || totalBytes < QUIET_BYTES) return;
      shown = true;
      err.write(`\r${verb}: ${formatSize(doneBytes)} of ${formatSize(totalBytes)}\x1b[K`);
    },
    end(): void {
      if (shown) err.write('\r\x1b[K');
    },
  };
}
