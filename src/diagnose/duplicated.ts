// `duplicated`: bytes that also stand at their own place, a second time: a part that was sent twice
// or, in a journal, a record that is there twice. At least 8 bytes; fewer may be a coincidence.

import { formatCount } from '../base/quantities.ts';
import type { Damage, Origin } from '../domain/damage.ts';
import { type Extent, extentOf, type Scene } from './scene.ts';

export const DUPLICATED_BYTES_MIN = 8;

/** @param from where the same bytes stand rightly */
export function duplicatedDamage(scene: Scene, extent: Extent, from: Origin): Damage {
  const where = formatCount(from.offset ?? 0);
  return {
    kind: 'duplicated',
    ...extentOf(scene, { ...extent, whole: true }),
    from,
    because: `the same bytes stand at their own place, offset ${where}, and here once more`,
  };
}

export function duplicatedRecord(offset: number, length: number, words: string): Damage {
  return {
    kind: 'duplicated',
    offset,
    length,
    because: `${words} stands in the file once before`,
  };
}
