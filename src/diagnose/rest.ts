// What is concluded from a piece without an origin: zeros, a buffer that was not filled, flipped
// bits, somebody else's bytes, or nothing.

import type { Damage } from '../domain/damage.ts';
import { flippedBecause, flippedDamage } from './flipped.ts';
import { FOREIGN_BYTES_MIN, foreignDamage } from './foreign.ts';
import { type Scene, trimmed } from './scene.ts';
import type { Piece } from './segmenter.ts';
import { unexplainedDamage } from './unexplained.ts';
import { untouchedDamage } from './untouched.ts';
import { wordDifferences } from './word-differences.ts';
import { zeroedDamage } from './zeroed.ts';

/** Words looked at first: when not even these are close, none of a long rest need be. */
const FIRST_WORDS = 16;
const FIRST_BYTES = 4096;

export function restDamage(scene: Scene, piece: Piece): Damage[] {
  if (piece.cause === 'zeros') return [zeroedDamage(scene, piece)];
  if (piece.cause === 'untouched') return [untouchedDamage(scene, piece)];
  for (const baseline of new Set([scene.right, piece.hypothesis])) {
    const flips = flipsAgainst(scene, piece, baseline);
    if (flips) return flips;
  }
  const extent = trimmed(scene, piece);
  if (extent.to - extent.from >= FOREIGN_BYTES_MIN) return [foreignDamage(scene, extent)];
  const because = 'too few bytes are wrong to tell whose they are, and too many bits to be flips';
  return [unexplainedDamage(scene, extent, because)];
}

function flipsAgainst(scene: Scene, piece: Piece, baseline: Scene['right']): Damage[] | null {
  const { observed } = scene;
  const until = Math.min(piece.to, piece.from + FIRST_BYTES);
  const first = wordDifferences(observed, baseline, piece.from, until, FIRST_WORDS);
  if (first.length === 0 || flippedBecause(first) === null) return null;
  const words = wordDifferences(observed, baseline, piece.from, piece.to);
  const because = flippedBecause(words);
  return because === null ? null : flippedDamage(words, because);
}
