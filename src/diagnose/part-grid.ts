// Whether the damaged ranges are parts of a transfer: a size of which every range begins and ends
// at a multiple. A grid is claimed only where chance is no explanation: that all boundaries, which
// lie at pages anyway, happen to be multiples of it. Any numbers have a common divisor, so that a
// size which nobody uses takes one boundary more to be believed.

import type { ByteRange, Damage, DamageKind } from '../domain/damage.ts';

export interface PartRange {
  /** From 0. */
  readonly first: number;
  readonly count: number;
}

export interface PartGrid {
  readonly partBytes: number;
  /** Ascending; every byte of these, and of no other part, is in a damaged range. */
  readonly parts: readonly PartRange[];
  readonly damagedParts: number;
  /** Parts that the whole file has; null where its length is not known. */
  readonly ofParts: number | null;
  /** The largest size that explains the ranges as well, where that is not the usual one above. */
  readonly largestBytes: number;
  /** Upper bound of the probability that boundaries at pages lie so by chance. */
  readonly chance: number;
}

const KIB = 2 ** 10;
const MIB = 2 ** 20;
/** What clients and libraries cut files into: powers of two from 32 KiB (SFTP), and these. */
const USUAL_BYTES: readonly number[] = [
  ...Array.from({ length: 16 }, (_, power) => 32 * KIB * 2 ** power),
  ...[5, 10, 50, 100, 500].map((count) => count * MIB),
].sort((a, b) => b - a);
const PAGE_BYTES = 4096;
const CHANCE_MAX = 1 / 1000;
/** A usual size that is so many times smaller than what is common to all explains less. */
const SMALLER_MAX = 8;

/** Data that were not delivered, or were put elsewhere, as parts are. Bits do not flip by parts. */
const HOLES: readonly DamageKind[] = [
  'zeroed',
  'missing',
  'stale',
  'misdirected',
  'foreign',
  'untouched',
  'unexplained',
];
/** Where these are, offsets of what follows mean something else. */
const MOVING: readonly DamageKind[] = ['shifted', 'extra', 'duplicated', 'reordered'];

/**
 * @param damage all of it; of a list that is not complete no grid may be claimed
 * @param meantBytes where the last part may end early; null where that is not known
 * @param blockBytes a grid that is no coarser says no more than the blocks do
 * @param lookedAt where what was looked at begins and ends: a range that begins at the first byte
 *   of it may have begun earlier
 * @param edgeBytes boundaries lie at multiples of it whatever the parts are: pages, or the chunks
 *   by which the ranges were found
 * @returns null where the ranges support no grid
 */
export function partGridOf(
  damage: readonly Damage[],
  meantBytes: number | null,
  blockBytes: number,
  lookedAt: readonly number[] = [],
  edgeBytes = PAGE_BYTES,
): PartGrid | null {
  if (damage.some(({ kind }) => MOVING.includes(kind))) return null;
  const holes = joinedRanges(damage.filter(({ kind }) => HOLES.includes(kind)));
  const edges = new Set(
    damage
      .filter(({ kind }) => HOLES.includes(kind))
      .flatMap(({ offset, length }) => [offset, offset + length])
      .filter((at) => at !== 0 && at !== meantBytes && !lookedAt.includes(at)),
  );
  const largestBytes = [...edges].reduce(greatestCommonDivisor, 0);
  if (edges.size === 0 || largestBytes <= blockBytes) return null;
  const partBytes = usualSizeOf(largestBytes, blockBytes);
  const isUsual = USUAL_BYTES.includes(partBytes);
  const evidence = isUsual ? edges.size : edges.size - 1;
  const chance = Math.min(1, (edgeBytes / partBytes) ** evidence);
  if (chance > CHANCE_MAX) return null;
  const parts = holes.map(({ offset, length }) => {
    const first = Math.floor(offset / partBytes);
    return { first, count: Math.ceil((offset + length) / partBytes) - first };
  });
  return {
    partBytes,
    parts,
    damagedParts: parts.reduce((sum, { count }) => sum + count, 0),
    ofParts: meantBytes === null ? null : Math.ceil(meantBytes / partBytes),
    largestBytes,
    chance,
  };
}

function usualSizeOf(largestBytes: number, blockBytes: number): number {
  const usual = USUAL_BYTES.find((size) => largestBytes % size === 0);
  const explains = usual !== undefined && usual > blockBytes && usual * SMALLER_MAX >= largestBytes;
  return explains ? usual : largestBytes;
}

/** Touching ranges as one; ranges ascend by offset. */
export function joinedRanges(ranges: readonly ByteRange[]): ByteRange[] {
  const joined: ByteRange[] = [];
  for (const { offset, length } of ranges) {
    const last = joined.at(-1);
    if (last && offset <= last.offset + last.length) {
      const to = Math.max(last.offset + last.length, offset + length);
      joined[joined.length - 1] = { offset: last.offset, length: to - last.offset };
    } else joined.push({ offset, length });
  }
  return joined;
}

function greatestCommonDivisor(a: number, b: number): number {
  let [larger, smaller] = [a, b];
  while (smaller > 0) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}
