// `shifted`: the right bytes at a displaced offset, as after an insertion or a deletion. The run
// overlaps its own source (it is longer than its displacement), or it goes on to the end of the file
// at a displacement that is no multiple of a sector or that the file's length confirms. Where it
// begins, the joint says what happened: see missing.ts, extra.ts and duplicated.ts.

import { formatCount } from '../base/quantities.ts';
import type { Damage } from '../domain/damage.ts';
import { originOf } from './hypothesis.ts';
import type { PlacedRun } from './placed-run.ts';
import { extentOf, type Scene } from './scene.ts';

const SECTOR_BYTES = 512;

export function isShifted(scene: Scene, run: PlacedRun): boolean {
  const { displacement } = run.hypothesis;
  if (Math.abs(displacement) < run.to - run.from) return true;
  if (run.to < scene.observed.end || !scene.seenToEnd) return false;
  const longer = scene.meantBytes === null ? null : scene.observed.end - scene.meantBytes;
  return displacement % SECTOR_BYTES !== 0 || displacement === longer;
}

export function shiftedDamage(scene: Scene, run: PlacedRun): Damage {
  const { displacement } = run.hypothesis;
  const side = displacement > 0 ? 'after' : 'before';
  const bytes = formatCount(Math.abs(displacement));
  return {
    kind: 'shifted',
    ...extentOf(scene, run),
    from: originOf(run.hypothesis, run.from),
    because: `the bytes stand ${bytes} bytes ${side} the place where they belong`,
  };
}
