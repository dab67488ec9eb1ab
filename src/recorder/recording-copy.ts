// A copy of a recording that is being written, as it was at one moment: of the records that were
// written over while it was copied none is in the copy, as nobody could tell whether it is whole.

import { readFileSync, writeFileSync } from 'node:fs';
import { AT, FIXED_BYTES, readFixed } from './layout.ts';
import { fileFailure } from './recording-error.ts';

/** @throws RecordingError where `from` is no recording, or `to` cannot be written */
export function copyRecording(from: string, to: string): void {
  const copy = read(from);
  // Its commit words are older than any record that was changed after it was copied.
  const after = read(from);
  const { headerBytes, recordBytes, slots } = readFixed(copy.subarray(0, FIXED_BYTES), from);
  after.copy(copy, AT.next, AT.next, FIXED_BYTES);
  const end = Math.min(copy.length, after.length, headerBytes + slots * recordBytes);
  for (let at = headerBytes; at + recordBytes <= end; at += recordBytes) {
    if (copy.compare(after, at, at + 8, at, at + 8) !== 0) copy.fill(0, at, at + 8);
  }
  try {
    writeFileSync(to, copy, { flag: 'wx' });
  } catch (error) {
    throw fileFailure(error, to, true);
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileFailure(error, path, false);
  }
}
