// `zeroed`: at least 8 zero bytes in a row, which cover the whole damage, where something else was
// meant (a hole in a file, a page that was never filled, a block that was given out cleared). Fewer
// zeros, such as half a word, are flipped bits as far as can be told.

import type { Damage } from '../domain/damage.ts';
import { type Extent, extentOf, type Scene } from './scene.ts';

export function zeroedDamage(scene: Scene, extent: Extent): Damage {
  return {
    kind: 'zeroed',
    ...extentOf(scene, extent),
    because: 'nothing but zero bytes in a row where other bytes were meant',
  };
}
