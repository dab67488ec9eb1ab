// `extra`: more bytes than were meant: the file is longer, or bytes were put in, which is certain
// when what follows them has moved down by just as many; or a record that nobody was told is there.

import { formatCount } from '../base/quantities.ts';
import type { Damage } from '../domain/damage.ts';
import { type Extent, extentOf, type Scene } from './scene.ts';

export function insertedBytes(scene: Scene, { from, to }: Extent): Damage {
  const bytes = formatCount(to - from);
  return {
    kind: 'extra',
    ...extentOf(scene, { from, to, whole: true }),
    because: `what follows these ${bytes} bytes stands just as many bytes too late`,
  };
}

export function extraEnd(meantBytes: number, endsAt: number): Damage {
  return {
    kind: 'extra',
    offset: meantBytes,
    length: endsAt - meantBytes,
    because: `the file was meant to end at byte ${formatCount(meantBytes)} and goes on`,
  };
}

/** A record whose append returned an error, or never returned, and is in the file all the same. */
export function unacknowledgedRecord(
  { from, to }: Extent,
  { writer, sequence }: { readonly writer: number; readonly sequence: number },
): Damage {
  return {
    kind: 'extra',
    offset: from,
    length: to - from,
    from: { generation: sequence },
    because: `record ${sequence} of writer ${writer} is whole and was never acknowledged`,
  };
}
