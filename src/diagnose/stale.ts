// `stale`: an older generation of the same place: a write that was acknowledged is not there. The
// words themselves (or the header, or the only generation whose bytes these are) say which. A
// generation newer than any that was written by then is `unexplained`.

import type { Damage } from '../domain/damage.ts';
import { originOf } from './hypothesis.ts';
import type { PlacedRun } from './placed-run.ts';
import { extentOf, type Scene } from './scene.ts';
import { unexplainedDamage } from './unexplained.ts';

/** @param expected the generation that was meant; null where nothing was written (a hole) */
export function staleDamage(scene: Scene, run: PlacedRun, expected: number | null): Damage {
  const found = run.hypothesis.provenance?.generation ?? null;
  if (found === null || (expected !== null && found >= expected)) {
    const than = found === expected ? 'another writer of' : `newer than`;
    const because = `generation ${found} of this place, ${than} generation ${expected}`;
    return { ...unexplainedDamage(scene, run, because), from: originOf(run.hypothesis, run.from) };
  }
  const meant = expected === null ? 'a hole' : `generation ${expected}`;
  return {
    kind: 'stale',
    ...extentOf(scene, run),
    from: originOf(run.hypothesis, run.from),
    because: `the bytes are those of generation ${found} of this place; ${meant} was meant`,
  };
}
