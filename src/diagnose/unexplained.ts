// `unexplained`: bytes are wrong and nothing in them says how. A permitted answer; a guess is not.

import type { Damage } from '../domain/damage.ts';
import { type Extent, extentOf, type Scene } from './scene.ts';

export function unexplainedDamage(scene: Scene, extent: Extent, because: string): Damage {
  return { kind: 'unexplained', ...extentOf(scene, extent), because };
}
