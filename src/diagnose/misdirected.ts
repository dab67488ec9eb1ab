// `misdirected`: data of another file, or of another place of the same file, in a bounded run: the
// file is another one, or the run is not longer than its displacement, which is a whole number of
// sectors, as when a write or a read goes to a wrong address. Else the run is `shifted`.

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
