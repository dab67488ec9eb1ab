// Words that are the meant ones with flipped bits, whatever place they seem to tell: asked before
// any word is believed, since what they would say is an accusation.

import type { StampStream } from '../domain/observation.ts';
import { HEADER_BYTES } from '../stamp/layout.ts';
import { wordAt } from '../stamp/reference.ts';
import type { StampedSetting } from './stamped-origins.ts';
import { countBits } from './word-differences.ts';

/** Words of another generation differ so little from the meant one once in thousands. */
export const FLIPPED_ALONE_BITS_MAX = 3;

/**
 * A word so near to the meant one is that word with flipped bits, whatever it seems to say; and so
 * are two. Words of `counter` are always so near: there two that agree are another generation's.
 */
export function isNearly(
  stream: StampStream,
  generation: number,
  view: DataView,
  index: number,
  at: number,
  pair: boolean,
  bitsMax: number,
): boolean {
  if (pair && stream.pattern === 'counter') return false;
  const places = pair ? [0, 8] : [0];
  return places.every((add) => {
    const meant = wordAt(stream, generation, (at + add) / 8);
    return countBits(view.getBigUint64(index + add, true) ^ meant) <= bitsMax;
  });
}

/**
 * Two words, each so near to the meant one. The code is linear: where the same bit of each was
 * changed in one direction, they agree on a place to which they were never written.
 */
export function isFlippedWords(
  { stream, versionOf, placesVary }: StampedSetting,
  view: DataView,
  index: number,
  at: number,
  bitsMax: number,
): boolean {
  if (stream.pattern !== 'stamp' || placesVary || at % 8 !== 0 || at < 0) return false;
  if (index + 16 > view.byteLength || at % stream.blockBytes < HEADER_BYTES) return false;
  const meant = versionOf(Math.floor(at / stream.blockBytes))?.generation;
  return meant !== undefined && isNearly(stream, meant, view, index, at, true, bitsMax);
}
