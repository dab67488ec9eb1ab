// A window of a copy of the user's own file, of which nothing is known but its bytes: places are
// found by content, as `diagnose BAD GOOD` finds them, inside the window. And a content that only
// the user's own command can judge.

import type { Damage, Origin, WordSample } from '../domain/damage.ts';
import type { Expected, Observation } from '../domain/observation.ts';
import { Conclusion } from './conclusion.ts';
import { DamageList } from './damage-list.ts';
import { extraEnd } from './extra.ts';
import { GoodOrigins, goodHypothesis } from './good-origins.ts';
import { SAMPLE_BYTES } from './good-places.ts';
import { missingDamage, missingEnd } from './missing.ts';
import { observedInMemory } from './observed-bytes.ts';
import { looksRandom } from './plain-flips.ts';
import type { Scene } from './scene.ts';
import { segment } from './segmenter.ts';
import { sparing } from './sparing-origins.ts';

type GivenExpected = Extract<Expected, { shape: 'given' }>;
type ComparedExpected = Extract<Expected, { shape: 'compared' }>;

const NOBODYS = 'the bytes are not those of the input at this place, nor found near it';

/** The bytes that were meant in the window. */
export function meantGiven({ meant }: GivenExpected): Uint8Array {
  return Buffer.from(meant, 'base64');
}

export function diagnoseGiven(observation: Observation, expected: GivenExpected): Damage[] {
  const { offset, asked, returned, fileBytes, bytes } = observation;
  const { lengthBytes } = expected;
  const wantedTo = Math.min(offset + asked, lengthBytes);
  if (returned < 0) {
    const range = { offset, length: Math.max(0, wantedTo - offset) };
    return [missingDamage(range, 'the file is absent')];
  }
  const list = new DamageList();
  for (const damage of walkWindow(observation, expected)) list.add(moved(damage, offset));
  const seenTo = offset + bytes.length;
  if (fileBytes > lengthBytes && seenTo <= lengthBytes && offset + asked >= lengthBytes) {
    list.add(extraEnd(lengthBytes, fileBytes));
  } else if (asked === 0 && fileBytes >= 0 && fileBytes < lengthBytes) {
    const range = { offset: fileBytes, length: lengthBytes - fileBytes };
    list.add(missingDamage(range, `the file ends at byte ${fileBytes}`));
  }
  return list.all();
}

/** Offsets are those of the window, since nothing is known of what lies before it. */
function walkWindow(observation: Observation, expected: GivenExpected): readonly Damage[] {
  const { offset, asked, bytes, fileBytes } = observation;
  const meant = meantGiven(expected);
  const observed = observedInMemory(bytes, 0);
  const good = {
    bytes: observedInMemory(meant, 0),
    readSample: (at: number) => meant.subarray(at, at + SAMPLE_BYTES),
  };
  const right = goodHypothesis(good, observed, 0);
  const end = Math.min(meant.length, observed.end);
  const scene: Scene = {
    observed,
    right,
    meantBytes: Math.max(0, expected.lengthBytes - offset),
    seenToEnd: bytes.length < asked || offset + observed.end === fileBytes,
    nobodys: NOBODYS,
    mayBeEdited: (at) => !looksRandom(right, at, end),
  };
  const list = new DamageList();
  // Of a file without stamps there is no other generation that a run could be of.
  const conclusion = new Conclusion(scene, 0, list, () => undefined);
  const origins = sparing(new GoodOrigins(good, observed));
  for (const piece of segment({ observed, right, origins }, 0, observed.end)) {
    conclusion.add(piece);
    if (list.isOverfull) break;
  }
  conclusion.end(observed.end, asked);
  return list.all();
}

function moved(damage: Damage, by: number): Damage {
  const { from, samples, offset, length } = damage;
  // The one kind whose words name a place.
  const ended = missingEnd(offset, offset + length).because === damage.because;
  return {
    ...damage,
    ...(ended && missingEnd(offset + by, offset + by + length)),
    offset: offset + by,
    ...(from && { from: movedOrigin(from, by) }),
    ...(samples && { samples: samples.map((sample) => movedSample(sample, by)) }),
  };
}

function movedOrigin(from: Origin, by: number): Origin {
  return from.offset === undefined ? from : { ...from, offset: from.offset + by };
}

function movedSample(sample: WordSample, by: number): WordSample {
  return { ...sample, offset: sample.offset + by };
}

/** Whatever its bytes are: the command that knows what they mean has spoken. */
export function diagnoseCompared(
  { fileBytes }: Observation,
  { status, said }: ComparedExpected,
): Damage[] {
  if (status !== 1) return [];
  const words = said === '' ? '' : `: ${said}`;
  const because = `the compare command says that they differ (exit 1)${words}`;
  return [{ kind: 'unexplained', offset: 0, length: Math.max(0, fileBytes), because }];
}
