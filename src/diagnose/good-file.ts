// The two files of a comparison, open for reading, with the errors that a user can meet.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { HeisenwriteError } from '../domain/errors.ts';
import { attempt } from '../stamp/file-failure.ts';
import type { SteadyFile } from '../stamp/steady-file.ts';
import { SAMPLE_BYTES } from './good-places.ts';
import { type ObservedBytes, observedInFile } from './observed-bytes.ts';

export interface OpenedFile extends SteadyFile {
  /** Length when it was opened. */
  readonly length: number;
  close(): void;
}

/** GOOD: read in pieces from front to back, and in single samples. */
export interface GoodFile {
  readonly bytes: ObservedBytes;
  readonly readSample: (offset: number) => Uint8Array;
}

/** @throws HeisenwriteError no-such-file, not-readable, read-failed */
export function openForReading(path: string): OpenedFile {
  const descriptor = attempt('read', path, () =>
    openSync(path, constants.O_RDONLY | constants.O_NONBLOCK),
  );
  const status = fstatSync(descriptor, { bigint: true });
  if (!status.isFile()) {
    closeSync(descriptor);
    throw new HeisenwriteError('not-readable', `${path} is not a file`, {
      remedy: 'give the path of a file',
    });
  }
  const close = () => closeSync(descriptor);
  return { path, descriptor, status, length: Number(status.size), close };
}

export function goodFileOf({ descriptor, length }: OpenedFile): GoodFile {
  const sample = new Uint8Array(SAMPLE_BYTES);
  return {
    bytes: observedInFile(descriptor, 0, length),
    readSample(offset) {
      readSync(descriptor, sample, 0, SAMPLE_BYTES, offset);
      return sample;
    },
  };
}
