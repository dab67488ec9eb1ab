// `zeroed`: at least 8 zero bytes in a row, which cover the whole damage, where something else was
// meant (a hole in a file, a page that was never filled, a block that was given out cleared). Fewer
// zeros, such as half a word, are flipped bits as far as can be told.

import type { Damage } from '../domain/damage.ts';
import { type Extent, extentOf, type Scene, trimmed } from './scene.ts';

export function zeroedDamage(scene: Scene, extent: Extent): Damage {
  return {
    kind: 'zeroed',
    ...extentOf(scene, wholeWords(scene, extent)),
    because: 'nothing but zero bytes in a row where other bytes were meant',
  };
}

/** A word that is zero throughout is damaged as a whole: its first or last byte may be right. */
function wholeWords(scene: Scene, extent: Extent): Extent {
  const { observed } = scene;
  const { from, to } = trimmed(scene, extent);
  const first = from - (from % 8);
  const last = to + ((8 - (to % 8)) % 8);
  const zeros = (start: number, end: number) =>
    start >= observed.start &&
    end <= observed.end &&
    observed.read(start, end).every((byte) => byte === 0);
  return {
    from: zeros(first, first + 8) ? first : from,
    to: zeros(last - 8, last) ? last : to,
    whole: true,
  };
}
