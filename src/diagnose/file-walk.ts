// Walks BAD from the first difference on and concludes what its damage is, in bounded memory. Where
// GOOD is stamped, generations are told apart as they are in a stamped file alone.

import type { Damage } from '../domain/damage.ts';
import { staleBlocks } from './blocks.ts';
import { Conclusion } from './conclusion.ts';
import { firstOrigin } from './content-origins.ts';
import { DamageList } from './damage-list.ts';
import { goodFileOf, type OpenedFile } from './good-file.ts';
import { GoodOrigins, goodHypothesis } from './good-origins.ts';
import { goodStamps } from './good-stamps.ts';
import type { ObservedBytes } from './observed-bytes.ts';
import { looksRandom } from './plain-flips.ts';
import type { Scene } from './scene.ts';
import { segment } from './segmenter.ts';
import { sparing } from './sparing-origins.ts';

const NOBODYS = 'the bytes are not those of GOOD at this place, and were found at no other';

/**
 * The damage of [from, end of BAD). Gives the offset that it has come to from time to time.
 * @throws the error of a system call
 */
export function* walkBad(
  observed: ObservedBytes,
  good: OpenedFile,
  from: number,
  rangesMax: number,
): Generator<number, { damage: Damage[]; notListed: number; givenUp: boolean }> {
  const source = goodFileOf(good);
  const right = goodHypothesis(source, observed, 0);
  const stamps = goodStamps(good, observed);
  const end = Math.min(good.length, observed.end);
  const scene: Scene = {
    observed,
    right,
    meantBytes: good.length,
    seenToEnd: true,
    nobodys: NOBODYS,
    ...(stamps ? {} : { mayBeEdited: (at) => !looksRandom(right, at, end) }),
  };
  const list = new DamageList(rangesMax);
  const conclusion = new Conclusion(scene, 0, list, (run) => {
    if (!stamps) return;
    const { stream, versionOf } = stamps.setting;
    for (const damage of staleBlocks(scene, stream, versionOf, run)) list.add(damage);
  });
  const byContent = new GoodOrigins(source, observed);
  const origins = sparing(stamps ? firstOrigin(stamps.origins, byContent) : byContent);
  for (const piece of segment({ observed, right, origins }, from, observed.end)) {
    conclusion.add(piece);
    yield piece.to;
    if (list.isOverfull) break;
  }
  conclusion.end(observed.end);
  const givenUp = list.isOverfull;
  return { damage: list.all(), notListed: list.notListed, givenUp };
}
