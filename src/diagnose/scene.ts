// What the kinds of damage look at: the observed bytes, what was meant, and how far both go. Ranges
// run from the first to the last damaged byte; bytes that only happen to be right, such as the
// beginning of a header, which all blocks share, belong to a run that has its own other evidence.

import type { ByteRange, WordSample } from '../domain/damage.ts';
import type { Pattern } from '../domain/observation.ts';
import { lastDifference } from './comparison.ts';
import type { Hypothesis } from './hypothesis.ts';
import type { ObservedBytes } from './observed-bytes.ts';
import { countBits, SAMPLES_MAX, samplesOf, wordDifferences } from './word-differences.ts';

export interface Scene {
  readonly observed: ObservedBytes;
  readonly right: Hypothesis;
  /** Length that the file is meant to have, bytes; null where that is not known. */
  readonly meantBytes: number | null;
  /** True when the observed bytes end where the file ended. */
  readonly seenToEnd: boolean;
  /** Length of the file as it was found, bytes; not given where that is not known. */
  readonly fileBytes?: number;
  /** Words for bytes of unknown origin: where they were looked for without success. */
  readonly nobodys: string;
  /** Whether words that are close to the meant ones at an offset need not be flipped ones. */
  readonly mayBeEdited?: (at: number) => boolean;
  /** True of pattern `random`: no word can be told from a word of another place or generation. */
  readonly wordsMayBeAny?: boolean;
  /** Whether a word may stand somewhere in a pattern whose words do not tell where. */
  readonly isPlainWord?: (word: bigint) => boolean;
}

/** Bytes [from, to) of the file that was found. */
export interface Extent {
  readonly from: number;
  readonly to: number;
  /** Take the range as it is, without cutting bytes at its ends that happen to be right. */
  readonly whole?: boolean;
}

const STEP_BYTES = 4096;

/** Bit b of x ^ (x >> 1) compares bits b and b + 1; these are the pairs inside one byte. */
const BYTE_NEIGHBOURS = 0x7f7f_7f7f_7f7f_7f7fn;

/**
 * Words of these patterns stand in many places, also displaced by some bytes (then of two words):
 * they tell no place, but they are not foreign either.
 */
export function plainWordsOf(pattern: Pattern): (word: bigint) => boolean {
  switch (pattern) {
    case 'alternating':
      return (word) => (((word >> 1n) ^ word) & BYTE_NEIGHBOURS) === 0n;
    case 'walking':
      return (word) => word !== 0n && countBits(word) <= 2;
    default:
      return () => false;
  }
}

/** The range of an extent and its first words. */
export function extentOf(
  scene: Scene,
  extent: Extent,
): ByteRange & { samples?: readonly WordSample[] } {
  const { from, to } = extent.whole ? extent : trimmed(scene, extent);
  const until = Math.min(to, from + STEP_BYTES);
  const words = wordDifferences(scene.observed, scene.right, from, until, SAMPLES_MAX);
  const beyond = scene.meantBytes !== null && from >= scene.meantBytes;
  return {
    offset: from,
    length: to - from,
    ...(words.length > 0 && !beyond ? { samples: samplesOf(words) } : {}),
  };
}

/** From the first to the last byte that differs from what was meant; as it is if none does. */
export function trimmed({ observed, right }: Scene, extent: Extent): Extent {
  let { from, to } = extent;
  while (from < to) {
    const until = Math.min(to, from + STEP_BYTES);
    const seen = observed.read(from, until);
    const meant = right.bytes(from, until);
    const index = seen.findIndex((byte, at) => byte !== meant[at]);
    if (index >= 0) {
      from += index;
      break;
    }
    from = until;
  }
  if (from >= to) return extent;
  for (;;) {
    const start = Math.max(from, to - STEP_BYTES);
    const index = lastDifference(observed.read(start, to), right.bytes(start, to));
    if (index >= 0) return { from, to: start + index + 1 };
    to = start;
  }
}
