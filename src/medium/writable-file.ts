// What a resilient writer writes to: the least that a file must be able to do. A file of a medium
// is such by itself, one of Node by an adapter.

import type { FileHandle } from 'node:fs/promises';

/** What is written to; a file of a medium and `writableFileHandle` are such. */
export interface WritableFile {
  /** All of `bytes` at `offset`, or it rejects; then any part of it may be there. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** All that was acknowledged is durable. A file without it is taken at its word. */
  sync?(): Promise<void>;
  close(): Promise<void>;
}

/** @param again false the first time, when the file may be created; then it must not be cut */
export type OpenWritable = (again: boolean) => Promise<WritableFile>;

/** Takes the handle over: it is closed with the writer. */
export function writableFileHandle(handle: FileHandle): WritableFile {
  return {
    /** write(2) may write less than it was given, so the rest is given again. */
    async write(offset, bytes) {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await handle.write(
          bytes,
          done,
          bytes.length - done,
          offset + done,
        );
        done += bytesWritten;
      }
    },
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}
