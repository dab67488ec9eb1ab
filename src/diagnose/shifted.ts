// `shifted`: the right bytes at a displaced offset, as after an insertion or a deletion. The run
// overlaps its own source (it is longer than its displacement), or its displacement is no multiple
// of a sector, or the file's length confirms it. Where it goes on, the joint at its beginning says
// what happened: see missing.ts, extra.ts and duplicated.ts.

import { formatCount } from '../base/quantities.ts';
import type { Damage } from '../domain/damage.ts';
import { originOf } from './hypothesis.ts';
import type { PlacedRun } from './placed-run.ts';
import { extentOf, type Scene } from './scene.ts';

const SECTOR_BYTES = 512;

export function isWholeSectors(displacement: number): boolean {
  return displacement % SECTOR_BYTES === 0;
}

/** True where the data go on displaced, so that something happened at the joint. */
export function goesOn(scene: Scene, run: PlacedRun): boolean {
  const { displacement } = run.hypothesis;
  if (Math.abs(displacement) < run.to - run.from) return true;
  const { observed, meantBytes, seenToEnd } = scene;
  if (run.to < observed.end) return false;
  const fileBytes = scene.fileBytes ?? (seenToEnd ? observed.end : null);
  const isConfirmed =
    meantBytes !== null && fileBytes !== null && displacement === fileBytes - meantBytes;
  return isConfirmed || (seenToEnd && !isWholeSectors(displacement));
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
