// The bytes under judgement, addressed by file offset: in memory for one observation of a trial, or
// read from a file a piece at a time, so that a file of any size needs the same small memory.

import { readSync } from 'node:fs';
import { assert } from '../base/assert.ts';
import { POISON_WORD } from '../stamp/layout.ts';

export interface ObservedBytes {
  /** File offsets of the first byte and of the end (exclusive). */
  readonly start: number;
  readonly end: number;
  /**
   * Bytes [from, to), both inside [start, end], at most READ_BYTES_MAX at a time. Not to be
   * written to; later calls leave them as they are.
   */
  read(from: number, to: number): Uint8Array;
}

export const READ_BYTES_MAX = 1024 * 1024;
const PIECE_BYTES = 4 * 1024 * 1024;

export function observedInMemory(bytes: Uint8Array, start: number): ObservedBytes {
  return {
    start,
    end: start + bytes.length,
    read: (from, to) => bytes.subarray(from - start, to - start),
  };
}

/**
 * Part [start, end) of an open file. What a read leaves unfilled is poison, so that it is seen.
 * @throws the error of the system call
 */
export function observedInFile(descriptor: number, start: number, end: number): ObservedBytes {
  // A new buffer each time: what was handed out before stays as it was.
  let piece = Buffer.alloc(0);
  let pieceFrom = start;
  const load = (from: number) => {
    const wanted = Math.min(PIECE_BYTES, end - from);
    piece = Buffer.from(new BigUint64Array(Math.ceil(wanted / 8)).fill(POISON_WORD).buffer);
    let got = 0;
    while (got < wanted) {
      const count = readSync(descriptor, piece, got, wanted - got, from + got);
      if (count === 0) break;
      got += count;
    }
    piece = piece.subarray(0, wanted);
    pieceFrom = from;
  };
  return {
    start,
    end,
    read(from, to) {
      assert(from >= start && to <= end && to - from <= READ_BYTES_MAX, 'a read inside the file');
      const known = from >= pieceFrom && to <= pieceFrom + piece.length;
      if (!known) load(Math.max(start, from - (from % 4096) - READ_BYTES_MAX));
      return piece.subarray(from - pieceFrom, to - pieceFrom);
    },
  };
}

/** The bytes of [from, to) that exist. */
export function readClipped(observed: ObservedBytes, from: number, to: number): Uint8Array {
  const first = Math.min(Math.max(from, observed.start), observed.end);
  return observed.read(first, Math.max(first, Math.min(to, observed.end)));
}
