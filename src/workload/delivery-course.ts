// The course of one delivery: what is written, where from, and through which stores it goes. Each
// store names its medium, and nothing else of a delivery does.

import type { MediumAddress } from '../domain/medium.ts';
import type { StampStream } from '../domain/observation.ts';
import { numberLevel, textLevel } from '../domain/plan.ts';
import type { TrialGround } from '../domain/planting.ts';
import type { TrialSetting } from '../domain/workload.ts';
import { boardSlots, type DeliveryBoard } from './delivery-board.ts';
import { partsOf } from './delivery-write.ts';
import type { DeliveryWriter } from './delivery-writers.ts';
import { blockBytesOf, GenerationMap } from './generation-map.ts';
import { mediaOf } from './medium-factor.ts';

/** A folder in which a file arrives. */
export interface DeliveryStore {
  readonly medium: MediumAddress;
  /** Absolute, on the medium. */
  readonly folder: string;
  /** Relative to the directory of the trial there. */
  readonly name: string;
}

/** The file as it lies on another medium, for a writer that downloads it in ranges. */
export interface DeliveryOrigin {
  readonly medium: MediumAddress;
  readonly path: string;
}

export interface DeliveryCourse {
  readonly setting: TrialSetting;
  readonly board: DeliveryBoard;
  readonly stream: StampStream;
  readonly map: GenerationMap;
  readonly sizeBytes: number;
  readonly partBytes: number;
  readonly writer: DeliveryWriter;
  readonly origin: DeliveryOrigin | null;
  /** That of the writer, then one behind each relay. */
  readonly stores: readonly [DeliveryStore, ...DeliveryStore[]];
}

export function courseOf(setting: TrialSetting): DeliveryCourse {
  const { levels, hunt, firstFile, actors } = setting;
  const sizeBytes = numberLevel(levels, 'size');
  const partBytes = numberLevel(levels, 'part');
  const writer = textLevel(levels, 'writer') as DeliveryWriter;
  const blockBytes = blockBytesOf(partBytes);
  const pattern = textLevel(levels, 'pattern') as StampStream['pattern'];
  const map = new GenerationMap(sizeBytes / blockBytes);
  const blocks = partBytes / blockBytes;
  for (const part of partsOf({ writer, sizeBytes, partBytes }))
    map.mark(part * blocks, blocks, 1, 0);
  const stores = storesOf(setting);
  const slots = boardSlots(stores.length);
  return {
    setting,
    board: actors.board?.(slots) ?? new Int32Array(new SharedArrayBuffer(4 * slots)),
    stream: { hunt, file: firstFile, writer: 0, blockBytes, pattern, fileBytes: 0 },
    ...{ map, sizeBytes, partBytes, writer, stores },
    origin: originOf(setting),
  };
}

function storesOf(setting: TrialSetting): DeliveryCourse['stores'] {
  const storeOn = ({ directory, medium }: TrialGround, store: number): DeliveryStore => {
    const name = `store-${store}`;
    return { medium, folder: `${directory}/${name}`, name };
  };
  const forward = mediaOf(textLevel(setting.levels, 'forward'));
  const relays = numberLevel(setting.levels, 'relays');
  const further = Array.from({ length: relays }, (_, hop) => {
    const url = forwardAt(forward, hop);
    return storeOn(url === undefined ? setting : groundOn(setting, url), hop + 1);
  });
  return [storeOn(setting, 0), ...further];
}

/**
 * Where the relay of this number, from 0, carries the file; undefined for the place of the hunt.
 * @param forward the media that the factor names
 */
export function forwardAt(forward: readonly string[], relay: number): string | undefined {
  return forward[relay] ?? forward.at(-1);
}

function originOf(setting: TrialSetting): DeliveryOrigin | null {
  const isByProgram = textLevel(setting.levels, 'writer') === 'command';
  const [url] = mediaOf(textLevel(setting.levels, 'origin'));
  if (!isByProgram && url === undefined) return null;
  const { medium, directory } = url === undefined ? setting : groundOn(setting, url);
  return { medium, path: `${directory}/origin` };
}

/** @param url of one of the media that the levels name */
function groundOn({ others }: TrialSetting, url: string): TrialGround {
  const ground = others?.[url];
  if (ground === undefined) throw new Error(`the trial has no directory on ${url}`);
  return ground;
}
