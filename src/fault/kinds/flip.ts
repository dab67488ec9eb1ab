// Bits of the data of one call are flipped: a mask over 64-bit words, as numbers of this host
// (little endian). With `content=` only words of that content are candidates, since some paths harm
// only what looks a certain way.

import type { Rng } from '../../base/rng.ts';
import type { Fault } from '../../domain/fault.ts';

const WORD_BYTES = 8;

/**
 * Changes `data` in place. A last word that is not whole counts, with the bytes that it has.
 * @returns what was changed, for the receipt: `word 3 ^ 0xff`
 */
export function flip(data: Uint8Array, { values }: Fault, rng: Rng): string {
  const mask = typeof values.mask === 'bigint' ? values.mask : 1n;
  const wordsMax = Number(values.words ?? 1);
  const candidates = candidateWords(data, values.content);
  if (candidates.length === 0) return 'nothing: there is no such word';
  const first =
    values.word === undefined
      ? rng.integer(0, candidates.length - 1)
      : candidates.findIndex((word) => word >= Number(values.word));
  if (first === -1) return `nothing: there is no word ${values.word}`;
  const words = candidates.slice(first, first + wordsMax);
  for (const word of words) flipWord(data, word, mask);
  const shown = `0x${mask.toString(16)}`;
  const more = words.length > 1 ? ` and ${words.length - 1} more` : '';
  return `word ${words[0]}${more} ^ ${shown}`;
}

function candidateWords(data: Uint8Array, content: unknown): number[] {
  const count = Math.ceil(data.length / WORD_BYTES);
  const all = Array.from({ length: count }, (_, word) => word);
  if (content === undefined) return all;
  const byte = content === 'ones' ? 0xff : 0;
  return all.filter((word) => {
    const bytes = data.subarray(word * WORD_BYTES, (word + 1) * WORD_BYTES);
    return bytes.length === WORD_BYTES && bytes.every((each) => each === byte);
  });
}

function flipWord(data: Uint8Array, word: number, mask: bigint): void {
  for (let byte = 0; byte < WORD_BYTES; byte++) {
    const at = word * WORD_BYTES + byte;
    if (at >= data.length) return;
    data[at] = (data[at] as number) ^ Number((mask >> BigInt(8 * byte)) & 0xffn);
  }
}
