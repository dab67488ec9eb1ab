// Flips in data that are not random-looking: text, tables, counters. There a small edit comes close
// to what was meant too, so closeness is no evidence; only one or two bits of a word are, or one
// mask that several different words share.

import type { Hypothesis } from './hypothesis.ts';
import { countBits, hexWord, type WordDifference } from './word-differences.ts';

const PLAIN_BITS_MAX = 2;
const ONE_MASK_WORDS_MIN = 3;
/** Judged by so many meant bytes around a place. */
const AROUND_BYTES = 1024;
/** Of fewer than these nothing can be said. */
const AROUND_BYTES_MIN = 256;
/** Random bytes have about 7.8 bits each in 1,024 of them and 7.2 in 256; text has 4 to 6. */
const MISSED_BITS_MAX = 0.3;

/** Why these words are flipped, or null when they may have been edited. */
export function plainFlipsBecause(words: readonly WordDifference[]): string | null {
  if (words.length === 0) return null;
  const masks = new Set(words.map(({ expected, observed }) => expected ^ observed));
  const meant = new Set(words.map(({ expected }) => expected));
  const [mask] = masks;
  if (masks.size === 1 && meant.size >= ONE_MASK_WORDS_MIN) {
    return `${meant.size} different words differ by one and the same mask, ${hexWord(mask ?? 0n)}`;
  }
  const most = Math.max(...[...masks].map(countBits));
  if (most > PLAIN_BITS_MAX || looksEdited(words)) return null;
  const which = words.length === 1 ? 'the word differs' : `each of ${words.length} words differs`;
  return `${which} in ${most === 1 ? '1 bit' : `at most ${most} bits`} from what was meant`;
}

/** More than two bits in neighbouring words, or some set and others cleared: other data. */
function looksEdited(words: readonly WordDifference[]): boolean {
  return words.some((word, index) => {
    const before = words[index - 1];
    const near = before && before.at + 8 === word.at ? [before, word] : [word];
    const cleared = near.some(({ expected, observed }) => (expected & ~observed) !== 0n);
    const set = near.some(({ expected, observed }) => (~expected & observed) !== 0n);
    const bits = near.reduce((sum, one) => sum + countBits(one.expected ^ one.observed), 0);
    return bits > PLAIN_BITS_MAX || (cleared && set);
  });
}

/** Whether the bytes that were meant around `at` use all byte values evenly. */
export function looksRandom(meant: Hypothesis, at: number, end: number): boolean {
  const from = Math.max(0, Math.min(at - AROUND_BYTES / 2, end - AROUND_BYTES));
  const bytes = meant.bytes(from, Math.min(end, from + AROUND_BYTES));
  if (bytes.length < AROUND_BYTES_MIN) return false;
  const counts = new Map<number, number>();
  for (const byte of bytes) counts.set(byte, (counts.get(byte) ?? 0) + 1);
  let entropy = 0;
  for (const count of counts.values()) {
    const share = count / bytes.length;
    entropy -= share * Math.log2(share);
  }
  const expected = 8 - 255 / (2 * Math.LN2 * bytes.length);
  return entropy > expected - MISSED_BITS_MAX;
}
