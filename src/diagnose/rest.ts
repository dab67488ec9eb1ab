// What is concluded from pieces without an origin: zeros, a buffer that was not filled, flipped
// bits, somebody else's bytes, or nothing. Pieces that stand close together are looked at together
// first: a stuck bit leaves right words between the wrong ones.

import type { Damage } from '../domain/damage.ts';
import type { DamageList } from './damage-list.ts';
import { flippedBecause, flippedDamage } from './flipped.ts';
import { FOREIGN_BYTES_MIN, foreignDamage } from './foreign.ts';
import { plainFlipsBecause } from './plain-flips.ts';
import { type Extent, type Scene, trimmed } from './scene.ts';
import type { Piece } from './segmenter.ts';
import { unexplainedDamage } from './unexplained.ts';
import { untouchedDamage } from './untouched.ts';
import { bitsOf, type WordDifference, wordDifferences } from './word-differences.ts';
import { zeroedDamage } from './zeroed.ts';

/** Words looked at first: when not even these are close, none of a long rest need be. */
const FIRST_WORDS = 16;
const FIRST_BYTES = 4096;

/** Right bytes between two pieces of one group, at most. */
const GROUP_GAP_BYTES = 256;
const GROUP_PIECES_MAX = 512;
const SURROUNDED_BYTES_MAX = 64;

const MAY_BE_EDITED =
  'several bits of a word differ; in data that are not random an edit, or an older state, ' +
  'may look like that as well as flipped bits';

export class RestGroups {
  private readonly scene: Scene;
  private readonly list: DamageList;
  private group: Piece[] = [];

  constructor(scene: Scene, list: DamageList) {
    this.scene = scene;
    this.list = list;
  }

  /** Pieces in ascending order, each at most 64 KiB long. */
  add(piece: Piece): void {
    const last = this.group.at(-1);
    const apart = last ? piece.from - last.to : 0;
    if (apart > GROUP_GAP_BYTES || this.group.length >= GROUP_PIECES_MAX) this.end();
    if (piece.cause === 'rest') this.group.push(piece);
    else this.list.add(...restDamage(this.scene, piece));
  }

  end(): void {
    const group = this.group;
    this.group = [];
    const flips = group.length > 1 ? flipsTogether(this.scene, group) : null;
    this.list.add(...(flips ?? group.flatMap((piece) => restDamage(this.scene, piece))));
  }
}

function flipsTogether(scene: Scene, group: readonly Piece[]): Damage[] | null {
  const words: WordDifference[] = [];
  for (const piece of group) {
    if (piece.to - piece.from > FIRST_BYTES) return null;
    const found = wordDifferences(scene.observed, scene.right, piece.from, piece.to);
    words.push(...found.filter(({ at }) => at !== words.at(-1)?.at));
  }
  const because = flipsBecause(scene, words);
  return because === null ? null : flippedDamage(words, because);
}

function flipsBecause({ mayBeEdited }: Scene, words: readonly WordDifference[]): string | null {
  const [first] = words;
  const edited = first !== undefined && mayBeEdited?.(first.at);
  return edited ? plainFlipsBecause(words) : flippedBecause(words);
}

export function restDamage(scene: Scene, piece: Piece): Damage[] {
  if (piece.cause === 'zeros') return [zeroedDamage(scene, piece)];
  if (piece.cause === 'untouched') return [untouchedDamage(scene, piece)];
  const flips = fewestFlips(scene, piece);
  if (flips) return flips;
  const extent = trimmed(scene, piece);
  const edited = editedDamage(scene, extent);
  if (edited) return edited;
  if (isOfThePattern(scene, extent)) {
    const because =
      'words of the same pattern, displaced or of another generation: they do not say';
    return [unexplainedDamage(scene, extent, because)];
  }
  if (extent.to - extent.from >= FOREIGN_BYTES_MIN) {
    const foreign = foreignDamage(scene, extent);
    return [foreign ?? unexplainedDamage(scene, extent, scene.nobodys)];
  }
  const because = 'too few bytes are wrong to tell whose they are, and too many bits to be flips';
  return [unexplainedDamage(scene, extent, because)];
}

/** What would be called flipped in random data, and may as well have been edited in these. */
function editedDamage(scene: Scene, extent: Extent): Damage[] | null {
  if (!scene.mayBeEdited?.(extent.from)) return null;
  if (extent.to - extent.from > FIRST_BYTES) return null;
  const words = wordDifferences(scene.observed, scene.right, extent.from, extent.to);
  if (flippedBecause(words) === null) return null;
  const bits = bitsOf(words);
  return [{ ...unexplainedDamage(scene, extent, MAY_BE_EDITED), bits }];
}

function isOfThePattern(scene: Scene, { from, to }: Extent): boolean {
  const { isPlainWord } = scene;
  if (!isPlainWord) return false;
  const until = Math.min(to, from + FIRST_BYTES);
  const words = wordDifferences(scene.observed, scene.right, from, until);
  const plain = words.filter(({ observed }) => isPlainWord(observed)).length;
  return plain * 8 > words.length * 7;
}

/**
 * Against what was meant or, of a short piece, what stands around it, whichever the bits are nearer
 * to. A long piece is not part of what stands around it just because some of its bytes are.
 */
function fewestFlips(scene: Scene, piece: Piece): Damage[] | null {
  const short = piece.to - piece.from <= SURROUNDED_BYTES_MAX;
  const baselines = short ? [scene.right, piece.hypothesis] : [scene.right];
  const tries = [...new Set(baselines)].flatMap((baseline) => {
    const flips = flipsAgainst(scene, piece, baseline);
    return flips ? [flips] : [];
  });
  const bits = (flips: readonly Damage[]) =>
    flips.reduce((sum, damage) => sum + (damage.bits?.count ?? 0), 0);
  return tries.sort((a, b) => bits(a) - bits(b))[0] ?? null;
}

function flipsAgainst(scene: Scene, piece: Piece, baseline: Scene['right']): Damage[] | null {
  const { observed } = scene;
  const until = Math.min(piece.to, piece.from + FIRST_BYTES);
  const first = wordDifferences(observed, baseline, piece.from, until, FIRST_WORDS);
  if (first.length === 0 || flipsBecause(scene, first) === null) return null;
  const words = wordDifferences(observed, baseline, piece.from, piece.to);
  const because = flipsBecause(scene, words);
  return because === null ? null : flippedDamage(words, because);
}
