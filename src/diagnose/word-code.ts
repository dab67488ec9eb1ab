// Finds words that tell their own place among arbitrary bytes, at any byte offset. Two neighbouring
// words of a body differ by a constant (src/stamp/layout.ts), which is tested on their low 32 bits
// first, without multiplication or BigInt, because every byte of a damaged region is tried.

import type { Pattern, StampStream } from '../domain/observation.ts';
import {
  FILE_BITS,
  GENERATION_BITS,
  INDEX_BITS,
  WORD_INVERSE,
  WORD_MULTIPLIER,
} from '../stamp/layout.ts';
import { keyOf } from '../stamp/reference.ts';

export interface WordPlace {
  /** Low bits of the file's number; null where the pattern does not carry it. */
  readonly fileLow: number | null;
  /** Low bits of the generation, `generationBits` of them. */
  readonly generationLow: number;
  /** File offset at which the word belongs, bytes. */
  readonly offset: number;
}

export interface WordCode {
  readonly pattern: Pattern;
  readonly generationBits: number;
  /** The place that the two words at index `at` and `at + 8` agree on, or null. */
  pairAt(view: DataView, at: number): WordPlace | null;
  /** The place of the one word at index `at` if that is `offset`, or null. */
  wordAt(view: DataView, at: number, offset: number): WordPlace | null;
}

const FILE_MASK = (1n << FILE_BITS) - 1n;
const GENERATION_MASK = (1n << GENERATION_BITS) - 1n;
const INDEX_MASK = (1n << INDEX_BITS) - 1n;

/** Null for patterns whose words do not tell their place. */
export function wordCodeOf(stream: StampStream): WordCode | null {
  if (stream.pattern === 'stamp') {
    const key = keyOf(stream.hunt);
    return codeOf('stamp', WORD_MULTIPLIER, key, Number(GENERATION_BITS), (value) => {
      const packed = BigInt.asUintN(64, value * WORD_INVERSE);
      return {
        fileLow: Number((packed >> (GENERATION_BITS + INDEX_BITS)) & FILE_MASK),
        generationLow: Number((packed >> INDEX_BITS) & GENERATION_MASK),
        offset: Number(packed & INDEX_MASK) * 8,
      };
    });
  }
  if (stream.pattern === 'counter') {
    const generationBits = 64 - Number(INDEX_BITS);
    return codeOf('counter', 1n, 0n, generationBits, (value) => ({
      fileLow: null,
      generationLow: Number(value >> INDEX_BITS),
      offset: Number(value & INDEX_MASK) * 8,
    }));
  }
  return null;
}

function codeOf(
  pattern: Pattern,
  step: bigint,
  key: bigint,
  generationBits: number,
  decode: (value: bigint) => WordPlace,
): WordCode {
  const stepLow = Number(step & 0xffff_ffffn) | 0;
  const keyLow = Number(key & 0xffff_ffffn) | 0;
  const valueAt = (view: DataView, at: number) => view.getBigUint64(at, true) ^ key;
  return {
    pattern,
    generationBits,
    pairAt(view, at) {
      if (at + 16 > view.byteLength) return null;
      const first = view.getInt32(at, true) ^ keyLow;
      const second = view.getInt32(at + 8, true) ^ keyLow;
      if (((second - first) | 0) !== stepLow) return null;
      const value = valueAt(view, at);
      if (BigInt.asUintN(64, value + step) !== valueAt(view, at + 8)) return null;
      return decode(value);
    },
    wordAt(view, at, offset) {
      if (at + 8 > view.byteLength) return null;
      const low = view.getInt32(at, true) ^ keyLow;
      if (((low - Math.imul(offset / 8, stepLow)) | 0) !== 0) return null;
      const place = decode(valueAt(view, at));
      return place.offset === offset ? place : null;
    },
  };
}

/**
 * The number with these low bits that is nearest to `reference` and not above it, unless only a
 * number above it can be meant (a word of a generation that is only just ahead).
 */
export function numberNear(low: number, bits: number, reference: number): number {
  const cycle = 2 ** bits;
  const behind = (((reference - low) % cycle) + cycle) % cycle;
  const ahead = cycle - behind;
  return behind > reference || (behind > 0 && ahead < 64) ? reference + ahead : reference - behind;
}
