// The two files of a comparison, open for reading, with the errors that a user can meet.

import { closeSync, readSync } from 'node:fs';
import { openSteady, type SteadyFile } from '../stamp/steady-file.ts';
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
  const file = openSteady(path);
  const { descriptor, status } = file;
  return { ...file, length: Number(status.size), close: () => closeSync(descriptor) };
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
