// `flipped`: bits of a word differ, the word itself is the one that was meant. The evidence is that
// the found word is too close to the meant one to be anything else: at most 12 of 64 bits differ (a
// random word comes so close once in 10 million), or several different words differ by one and the
// same mask, or certain bits read always 0 (or 1) whatever was meant. Where the meant words are all
// the same plain value, closeness of many different words is no evidence, and nothing is claimed.

import type { Damage } from '../domain/damage.ts';
import { bitsOf, countBits, hexWord, samplesOf, type WordDifference } from './word-differences.ts';

export const FLIPPED_BITS_MAX = 12;
/** Bits of coincidence that a claim about many words needs. */
const EVIDENCE_BITS = 24;
const STUCK_WORDS_MIN = 3;
/** A mask that covers nearly the whole word leaves nothing of it to be recognised. */
const STUCK_BITS_MAX = 56;
/** So many different words that differ by one mask leave no doubt, even when all bits differ. */
const ONE_MASK_WORDS_MIN = 4;

/** Why these words are flipped, or null when they need not be. */
export function flippedBecause(words: readonly WordDifference[]): string | null {
  if (words.length === 0) return null;
  const counts = words.map(({ expected, observed }) => countBits(expected ^ observed));
  const most = Math.max(...counts);
  if (most <= FLIPPED_BITS_MAX && !isPlainMixture(words)) {
    const close = `${bitWords(most, words.length)} from what was meant, its other bits are right`;
    const stuck = stuckWords(words);
    return stuck === null ? close : `${close}: ${stuck}`;
  }
  return constantMask(words) ?? stuckBits(words);
}

/** `stuck at 1 ..` where all the bits that changed in several words read the same. */
export function stuckWords(words: readonly WordDifference[]): string | null {
  const different = new Set(words.map(({ expected }) => expected)).size;
  const [mask, reads] = stuckMask(words);
  if (different < STUCK_WORDS_MIN || reads === null) return null;
  return `every bit of mask ${hexWord(mask)} reads ${reads} in them, stuck at ${reads}`;
}

/** All bits that differ in any word, and what they all read. */
function stuckMask(words: readonly WordDifference[]): [bigint, 0 | 1 | null] {
  let mask = 0n;
  for (const { expected, observed } of words) mask |= expected ^ observed;
  if (words.every(({ observed }) => (observed & mask) === 0n)) return [mask, 0];
  return [mask, words.every(({ observed }) => (observed & mask) === mask) ? 1 : null];
}

function bitWords(most: number, words: number): string {
  if (words === 1) return `the word differs in ${most} bit${most === 1 ? '' : 's'}`;
  return `each of ${words} words differs in at most ${most} bit${most === 1 ? '' : 's'}`;
}

/** Many different small values where one plain value was meant: not bits, but other data. */
function isPlainMixture(words: readonly WordDifference[]): boolean {
  const [first] = words as [WordDifference];
  const masks = new Set(words.map((word) => word.expected ^ word.observed));
  const plain = first.expected === 0n || first.expected === 2n ** 64n - 1n;
  if (!plain || words.length < 3 || masks.size < 3) return false;
  const union = [...masks].reduce((all, mask) => all | mask, 0n);
  return words.every((word) => word.expected === first.expected) && countBits(union) > 12;
}

function constantMask(words: readonly WordDifference[]): string | null {
  const masks = new Set(words.map((word) => word.expected ^ word.observed));
  const meant = new Set(words.map((word) => word.expected));
  const [mask] = masks;
  if (masks.size !== 1) return null;
  if (meant.size < 2) return invertedRun(words);
  const all = countBits(mask as bigint) > STUCK_BITS_MAX;
  if (all && meant.size < ONE_MASK_WORDS_MIN) return null;
  const which = `${meant.size} different words`;
  return `${which} differ by one and the same mask, ${hexWord(mask as bigint)}`;
}

/** Of the masks of a random word one in 2^53 is a run: half of a word, inverted, is that half. */
function invertedRun(words: readonly WordDifference[]): string | null {
  const { expected, observed } = words[0] as WordDifference;
  const mask = expected ^ observed;
  const size = countBits(mask);
  if (words.length > 1 || size > STUCK_BITS_MAX || !isOneRun(mask)) return null;
  return `${size} bits of the word in a row are inverted, its others are right`;
}

function stuckBits(words: readonly WordDifference[]): string | null {
  const [mask, reads] = stuckMask(words);
  const size = countBits(mask);
  if (reads === null || size > STUCK_BITS_MAX) return null;
  const different = new Set(words.map(({ expected, observed }) => `${expected}/${observed}`)).size;
  const evidence = (different - 1) * size;
  if (evidence < EVIDENCE_BITS && !isOneRun(mask)) return null;
  const which = words.length === 1 ? 'the word' : 'each word';
  return `${size} bits of ${which} read ${reads}, the others are right (mask ${hexWord(mask)})`;
}

/** Set bits without a gap: half a word, a byte. */
function isOneRun(mask: bigint): boolean {
  let rest = mask;
  while (rest > 0n && (rest & 1n) === 0n) rest >>= 1n;
  return (rest & (rest + 1n)) === 0n;
}

/** One damage for each group of neighbouring damaged words. */
export function flippedDamage(words: readonly WordDifference[], because: string): Damage[] {
  const groups: WordDifference[][] = [];
  for (const word of words) {
    const group = groups.at(-1);
    if (group && (group.at(-1) as WordDifference).at + 8 === word.at) group.push(word);
    else groups.push([word]);
  }
  return groups.map((group) => {
    const [first, last] = [group[0] as WordDifference, group.at(-1) as WordDifference];
    return {
      kind: 'flipped',
      offset: first.first,
      length: last.last + 1 - first.first,
      bits: bitsOf(group),
      samples: samplesOf(group),
      because,
    };
  });
}
