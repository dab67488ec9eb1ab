// Runs of zeros in what differs, to the byte: parts that never arrived, whose borders are seldom
// those of chunks. Whether zeros were meant there a digest does not tell, so they are no damage of
// their own; but where all that differs holds such a run, its length is that of the parts.

import { readSync } from 'node:fs';
import type { ByteRange } from '../domain/damage.ts';
import { attempt } from '../stamp/file-failure.ts';
import type { SourceFile } from './source-file.ts';

/** Shorter runs are in any file; a hole of a file system is at least so long. */
const RUN_BYTES_MIN = 4096;
const PAGE_BYTES = 4096;
const PIECE_BYTES = 2 ** 20;
/** What is looked at; where more differs, another look at it is seldom worth the time. */
const LOOKED_BYTES_MAX = 2 ** 30;
const RUNS_MAX = 1000;

/**
 * @param ranges ascending, from whole pages on; adjacent ones are looked at as one
 * @returns the runs of the first GiB of them, at most 1,000
 * @throws HeisenwriteError read-failed
 */
export function zeroRuns(file: SourceFile, ranges: readonly ByteRange[]): ByteRange[] {
  const runs: ByteRange[] = [];
  let looked = 0;
  for (const { offset, length } of joined(ranges)) {
    const end = offset + Math.min(length, LOOKED_BYTES_MAX - looked);
    looked += end - offset;
    addRuns(file, { offset, end }, runs);
  }
  return runs.filter((run) => run.length >= RUN_BYTES_MIN).slice(0, RUNS_MAX);
}

function joined(ranges: readonly ByteRange[]): ByteRange[] {
  const all: { offset: number; length: number }[] = [];
  for (const { offset, length } of ranges) {
    const last = all.at(-1);
    if (last && last.offset + last.length === offset) last.length += length;
    else all.push({ offset, length });
  }
  return all;
}

function addRuns(
  { path, descriptor }: SourceFile,
  { offset, end }: { readonly offset: number; readonly end: number },
  runs: ByteRange[],
): void {
  const piece = Buffer.alloc(PIECE_BYTES);
  const zeros = Buffer.alloc(PAGE_BYTES);
  let start: number | null = null;
  let before = 0;
  for (let at = offset; at < end; at += PIECE_BYTES) {
    const got = attempt('read', path, () =>
      readSync(descriptor, piece, 0, Math.min(PIECE_BYTES, end - at), at),
    );
    for (let page = 0; page < got; page += PAGE_BYTES) {
      const bytes = piece.subarray(page, Math.min(page + PAGE_BYTES, got));
      if (bytes.equals(zeros.subarray(0, bytes.length))) {
        start ??= at + page - before;
        continue;
      }
      const first = bytes.findIndex((byte) => byte !== 0);
      if (start !== null) runs.push({ offset: start, length: at + page + first - start });
      start = null;
      before = bytes.length - 1 - bytes.findLastIndex((byte) => byte !== 0);
    }
  }
  if (start !== null) runs.push({ offset: start, length: end - start });
}
