// `untouched`: the read returned success and did not fill the buffer. Before a read the buffer
// holds poison, a value that no stamp has, in every word or in the last word of each 512-byte
// sector; a sector that still ends with it was not filled to its end, whatever older bytes stand
// before.

import type { Damage } from '../domain/damage.ts';
import { POISON_WORD } from '../stamp/layout.ts';
import { type Extent, extentOf, type Scene } from './scene.ts';

const SECTOR_BYTES = 512;

export function untouchedDamage(scene: Scene, extent: Extent): Damage {
  return {
    kind: 'untouched',
    ...extentOf(scene, { ...extent, from: firstUnfilled(scene, extent), whole: true }),
    because: 'the poison that was put into the buffer before the read is still there',
  };
}

/** Where poison stands in every word it begins there; else the whole sector was not filled. */
function firstUnfilled({ observed }: Scene, { from }: Extent): number {
  const word = from - (from % 8);
  const sector = from - (from % SECTOR_BYTES);
  if (word < observed.start || word + 8 > observed.end) return from;
  const seen = observed.read(word, word + 8);
  const found = new DataView(seen.buffer, seen.byteOffset, 8).getBigUint64(0, true);
  return found === POISON_WORD ? word : Math.max(observed.start, sector);
}
