// `misdirected`: data of another file, or of another place of the same file, in a bounded run: the
// run is not longer than its displacement, or the file is another one. A run that overlaps its own
// source is `shifted` instead.

import { formatCount } from '../base/quantities.ts';
import type { Damage } from '../domain/damage.ts';
import { originOf } from './hypothesis.ts';
import type { PlacedRun } from './placed-run.ts';
import { extentOf, type Scene } from './scene.ts';

export function misdirectedDamage(scene: Scene, run: PlacedRun): Damage {
  const from = originOf(run.hypothesis, run.from);
  const whose = run.hypothesis.provenance;
  const file = whose && !whose.ownFile ? ` of file ${whose.file}` : '';
  return {
    kind: 'misdirected',
    ...extentOf(scene, run),
    from,
    because: `the bytes are those that belong at offset ${formatCount(from.offset ?? 0)}${file}`,
  };
}
