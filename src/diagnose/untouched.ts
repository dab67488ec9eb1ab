// `untouched`: the read returned success and did not fill the buffer. Before a read the buffer holds
// poison, a value that no stamp has, in every word or in the last word of each 512-byte sector; a
// sector that still ends with it was not filled to its end, whatever older bytes stand before.

import type { Damage } from '../domain/damage.ts';
import { type Extent, extentOf, type Scene } from './scene.ts';

export function untouchedDamage(scene: Scene, extent: Extent): Damage {
  return {
    kind: 'untouched',
    ...extentOf(scene, { ...extent, whole: true }),
    because: 'the poison that was put into the buffer before the read is still there',
  };
}
