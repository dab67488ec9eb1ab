// The other side of damage: which bytes of a stamped file are as they were stamped, and what became
// of those that stand in the place of others: moved there, swapped with them, or there twice.

import type { ByteRange, Damage } from '../domain/damage.ts';
import { joinedRanges } from './part-grid.ts';

/** Intact ranges that are listed; there are no more of them than of damage, and one. */
export interface IntactBytes {
  readonly bytes: number;
  readonly ranges: readonly ByteRange[];
}

/** Own bytes of the file that stand in the place of others. */
export interface MovedBytes extends ByteRange {
  /** Where they belong. */
  readonly from: number;
  /**
   * `copied`: they are in their own place as well. `swapped`: there stand those that belong here.
   * `moved`: there stands something else, or it was not looked at.
   */
  readonly how: 'copied' | 'swapped' | 'moved';
}

/** What of [from, to) no damage touches; null where not all damage is listed. */
export function intactIn(damage: readonly Damage[], from: number, to: number): IntactBytes {
  const ranges: ByteRange[] = [];
  let at = from;
  for (const { offset, length } of joinedRanges(damage)) {
    if (offset >= to) break;
    if (offset > at) ranges.push({ offset: at, length: offset - at });
    at = Math.max(at, offset + length);
  }
  if (at < to) ranges.push({ offset: at, length: to - at });
  return { bytes: ranges.reduce((sum, { length }) => sum + length, 0), ranges };
}

/** @param file number of the stamped file itself. @param intact what is known to be in its place */
export function movedIn(
  damage: readonly Damage[],
  file: number,
  intact: readonly ByteRange[],
): MovedBytes[] {
  const own = damage.flatMap(({ kind, offset, length, from }) =>
    kind === 'misdirected' && from?.offset !== undefined && from.file === file && !from.hunt
      ? [{ offset, length, from: from.offset }]
      : [],
  );
  const holds = (one: ByteRange, offset: number, length: number) =>
    one.offset <= offset && offset + length <= one.offset + one.length;
  return own.map((one) => {
    const copied = intact.some((range) => holds(range, one.from, one.length));
    const swapped = own.some((other) => other.offset === one.from && other.from === one.offset);
    return { ...one, how: copied ? 'copied' : swapped ? 'swapped' : 'moved' } as const;
  });
}
