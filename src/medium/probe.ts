// What a place can do, found by trying it on a file of our own: a file system's name does not tell
// (O_DIRECT on tmpfs depends on the kernel, on a loop device on the sector size of the backing
// file).

import { closeSync, constants, openSync, rmSync, writeSync } from 'node:fs';
import { errnoOf } from '../domain/errors.ts';
import type { PlaceCapabilities } from '../domain/workload.ts';

const ALIGNMENTS_BYTES = [512, 4096] as const;
const PAGE_BYTES = 65_536;

/** @param path a file to create and remove; it must not exist */
export function probePlace(path: string): PlaceCapabilities {
  const pages = new Uint8Array(
    new WebAssembly.Memory({ initial: 1, maximum: 1 }).buffer,
    0,
    PAGE_BYTES,
  );
  let refusal: string | null = null;
  try {
    for (const alignment of ALIGNMENTS_BYTES) {
      try {
        writeDirect(path, pages, alignment);
        return { directAlignmentBytes: alignment, directRefusal: null, client: null };
      } catch (error) {
        const errno = errnoOf(error);
        if (errno !== 'EINVAL' && errno !== 'EOPNOTSUPP') throw error;
        refusal = errno;
      }
    }
    return { directAlignmentBytes: null, directRefusal: refusal, client: null };
  } finally {
    rmSync(path, { force: true });
  }
}

/** At an offset that only this alignment divides. */
function writeDirect(path: string, pages: Uint8Array, alignment: number): void {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_DIRECT, 0o600);
  try {
    writeSync(fd, pages, 0, alignment, alignment);
  } finally {
    closeSync(fd);
  }
}
