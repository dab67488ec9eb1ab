// What classification works on: a window of observed bytes beside the bytes that were meant there,
// and a way to ask where any bytes belong. An observation of a hunt, a stamped file alone and a pair
// of files (BAD, GOOD) all become this, so that every kind of damage is judged by the same code.

import type { StampStream } from '../domain/observation.ts';

/** Bytes that tell by themselves where they belong: stamped words and headers of a known hunt. */
export interface StampPlaces {
  readonly how: 'stamps';
  readonly stream: StampStream;
  /** Newest generation that can have been written by now; what decodes to a newer one is nobody's. */
  readonly generationMax: number;
  /** Generation meant at a block; null where the block was never written (it reads as zeros). */
  generationOf(block: number): number | null;
  /** Files of this hunt whose bytes may turn up here; null where that is not known (then any). */
  readonly files: readonly number[] | null;
}

/** Bytes whose place is found by searching for them in what was meant (a GOOD file). */
export interface ContentPlaces {
  readonly how: 'content';
  /**
   * File offsets at which `sample` (16 to 64 bytes) stands in the meant content, nearest to `near`
   * first. At most a few; empty when it stands nowhere, or in so many places that none is evidence
   * (repetitive data).
   */
  find(sample: Uint8Array, near: number): readonly number[];
  /** The meant bytes of [offset, offset + length), cut at the ends of the content. */
  read(offset: number, length: number): Uint8Array;
}

export interface Comparison {
  /** File offset of the first byte of `observed` and `expected`. */
  readonly offset: number;
  readonly observed: Uint8Array;
  /** Bytes meant in the window. Where it is longer than `observed`, the rest was not returned. */
  readonly expected: Uint8Array;
  readonly places: StampPlaces | ContentPlaces;
  /** True where the read buffer was filled with POISON_WORD (last word of each sector) before. */
  readonly poisoned: boolean;
  /**
   * Lengths of the whole file as meant and as found; -1 where unknown or not to be judged (every
   * window of a large file but the last). With both, the end of the file is judged too: `missing` or
   * `extra` there, unless an insertion or deletion inside the window accounts for the difference.
   */
  readonly meantFileBytes: number;
  readonly actualFileBytes: number;
  /**
   * Displacement in force just before the window: the byte found at x was meant at x + displacement.
   * 0 or absent for a window of its own; a scan hands on what `displacementAtEnd` says.
   */
  readonly displacementBefore?: number;
}
