// A window of a file whose blocks and generations are known: the read-back of `roundtrip`, and each
// damaged range of a stamped file.

import type { Damage } from '../domain/damage.ts';
import type { Expected, Observation } from '../domain/observation.ts';
import { Conclusion } from './conclusion.ts';
import { contentOrigins, firstOrigin } from './content-origins.ts';
import { DamageList } from './damage-list.ts';
import { extraEnd } from './extra.ts';
import { GoodOrigins } from './good-origins.ts';
import { SAMPLE_BYTES } from './good-places.ts';
import { missingDamage } from './missing.ts';
import { type ObservedBytes, observedInMemory } from './observed-bytes.ts';
import type { PlacedRun } from './placed-run.ts';
import { plainWordsOf, type Scene } from './scene.ts';
import { type Piece, type Segmentation, segment } from './segmenter.ts';
import { sparing } from './sparing-origins.ts';
import { staleDamage } from './stale.ts';
import { meantAt, type StampedSetting, stampedOrigins, stampedRight } from './stamped-origins.ts';

export const NOBODYS = 'no word of it is of any place, file or generation of this hunt';
const NOBODYS_KNOWN = 'it is not of this place in the generations tried, nor found nearby';
/** Generations of the same place that are tried where the pattern is not decoded. */
const GENERATIONS_TRIED = 64;
/** Of a longer content an index is made, rather than searching it time and again. */
const SEARCHED_BYTES_MAX = 2 ** 20;

type BlocksExpected = Extract<Expected, { shape: 'blocks' }>;

export function diagnoseBlocks(observation: Observation, expected: BlocksExpected): Damage[] {
  const { offset, asked, returned, fileBytes, bytes } = observation;
  const { lengthBytes } = expected;
  const wantedTo = Math.min(offset + asked, lengthBytes);
  if (returned < 0) {
    const range = { offset, length: Math.max(0, wantedTo - offset) };
    return [missingDamage(range, 'the file is absent')];
  }
  const observed = observedInMemory(bytes, offset);
  const setting = blocksSetting(observed, expected);
  const seenToEnd = bytes.length < asked || observed.end === fileBytes;
  const list = new DamageList();
  const found = fileBytes >= 0 ? { fileBytes } : {};
  const judge = stampedJudge(setting, list, { lengthBytes, seenToEnd, ...found });
  judge.look(observed.start, observed.end);
  judge.end(offset + asked);
  if (fileBytes > lengthBytes && observed.end <= lengthBytes && offset + asked >= lengthBytes) {
    list.add(extraEnd(lengthBytes, fileBytes));
  } else if (asked === 0 && fileBytes >= 0 && fileBytes < lengthBytes) {
    const range = { offset: fileBytes, length: lengthBytes - fileBytes };
    list.add(missingDamage(range, `the file ends at byte ${fileBytes}`));
  }
  return list.all();
}

/** The bytes of the window as they were meant, up to the meant end of the file. */
export function meantBlocks(observation: Observation, expected: BlocksExpected): Uint8Array {
  const { offset, asked, bytes } = observation;
  const setting = blocksSetting(observedInMemory(bytes, offset), expected);
  const to = Math.max(offset, Math.min(offset + asked, expected.lengthBytes));
  return stampedRight(setting).bytes(offset, to).slice();
}

function blocksSetting(observed: ObservedBytes, expected: BlocksExpected): StampedSetting {
  const { stream, runs, lengthBytes } = expected;
  const versionOf = (block: number) => {
    if (block * stream.blockBytes >= lengthBytes) return undefined;
    const holds = (run: (typeof runs)[number]) =>
      block >= run.firstBlock && block < run.firstBlock + run.blocks;
    return runs.findLast(holds) ?? null;
  };
  const newest = runs.reduce((most, run) => Math.max(most, run.generation), 0);
  return stampedSetting(stream, observed, versionOf, newest, lengthBytes);
}

export function stampedSetting(
  stream: StampedSetting['stream'],
  observed: ObservedBytes,
  versionOf: StampedSetting['versionOf'],
  newestGeneration: number,
  meantBytes: number | null,
): StampedSetting {
  const around = [newestGeneration];
  for (let apart = 1; apart < GENERATIONS_TRIED; apart++) {
    if (newestGeneration >= apart) around.push(newestGeneration - apart);
  }
  // Displaced by a word or by a byte, `alternating` and `walking` look like another generation.
  const generations = stream.pattern === 'random' ? [...around, newestGeneration + 1] : [];
  return { stream, observed, versionOf, newestGeneration, generations, meantBytes };
}

export interface StampedJudge {
  /**
   * Walks the bytes [from, to); ranges in ascending order, all was right between them.
   * @returns the number of pieces that were not right
   */
  look(from: number, to: number): number;
  /** All was right from the last look up to `to`; what is before it is not read again. */
  passed(to: number): void;
  end(askedTo?: number): void;
}

/** @param otherGeneration told of runs of another generation, instead of calling them stale */
export function stampedJudge(
  setting: StampedSetting,
  list: DamageList,
  file: {
    readonly lengthBytes: number | null;
    readonly seenToEnd: boolean;
    readonly fileBytes?: number;
    /** A longer run is concluded in parts; not given where all can be read again. */
    readonly spanBytesMax?: number;
  },
  otherGeneration?: (run: PlacedRun) => void,
): StampedJudge {
  const { observed } = setting;
  const right = stampedRight(setting);
  const scene: Scene = {
    observed,
    right,
    meantBytes: file.lengthBytes,
    seenToEnd: file.seenToEnd,
    ...(file.fileBytes !== undefined && { fileBytes: file.fileBytes }),
    nobodys: setting.stream.pattern === 'random' ? NOBODYS_KNOWN : NOBODYS,
    wordsMayBeAny: setting.stream.pattern === 'random',
    isPlainWord: plainWordsOf(setting.stream.pattern),
  };
  const segmentation: Segmentation = {
    observed,
    right,
    origins: sparing(originsOf(setting, right)),
  };
  const conclusion = new Conclusion(
    scene,
    observed.start,
    list,
    otherGeneration ??
      ((run) => {
        for (const damage of staleBlocks(scene, setting.stream, setting.versionOf, run)) {
          list.add(damage);
        }
      }),
    file.spanBytesMax,
  );
  let last: Piece | undefined;
  return {
    look(from, to) {
      let pieces = 0;
      const goesOn = last?.cause === 'placed' && last.to === from;
      const before = goesOn ? last?.hypothesis : undefined;
      for (const piece of segment(segmentation, from, to, before)) {
        conclusion.add(piece);
        last = piece;
        pieces++;
        if (list.isOverfull) break;
      }
      return pieces;
    },
    passed: (to) => conclusion.passed(to),
    end(askedTo) {
      conclusion.end(observed.end, askedTo);
    },
  };
}

/** A run block by block, since blocks differ in what was meant; the list joins what is alike. */
export function* staleBlocks(
  scene: Scene,
  { blockBytes }: StampedSetting['stream'],
  versionOf: StampedSetting['versionOf'],
  run: PlacedRun,
): Generator<Damage> {
  for (let from = run.from; from < run.to; ) {
    const block = Math.floor(from / blockBytes);
    const to = Math.min(run.to, (block + 1) * blockBytes);
    yield staleDamage(scene, { ...run, from, to }, versionOf(block)?.generation ?? null);
    from = to;
  }
}

/** Words of pattern `random` do not tell their place, but they are so telling that it is found. */
function originsOf(setting: StampedSetting, right: Segmentation['right']): Segmentation['origins'] {
  const stamped = stampedOrigins(setting);
  if (setting.stream.pattern !== 'random') return stamped;
  const { observed, meantBytes } = setting;
  const lengthBytes = meantBytes ?? observed.end;
  const read = (from: number, to: number) => right.bytes(from, to);
  const hypothesis = (displacement: number) => meantAt(setting, displacement);
  if (lengthBytes <= SEARCHED_BYTES_MAX) {
    return firstOrigin(stamped, contentOrigins(observed, { lengthBytes, read, hypothesis }));
  }
  const meant = {
    bytes: { start: 0, end: lengthBytes, read },
    readSample: (offset: number) => read(offset, offset + SAMPLE_BYTES),
  };
  return firstOrigin(stamped, new GoodOrigins(meant, observed, hypothesis));
}
