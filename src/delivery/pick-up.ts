// The other half of `publish`: takes from a folder what was published there, each file once, also
// with several pickers at once, and never a half of one. What it takes is checked against the
// marker while it is brought to its place; what differs is left, and said.

import { HeisenwriteError } from '../domain/errors.ts';
import type { ConnectOptions, MediumConnection } from '../domain/medium.ts';
import { connectMedium } from '../medium/media.ts';
import { CHUNK_BYTES, type Content, digestOf } from './content.ts';
import { pickObjects } from './object-picking.ts';
import { PickFailures } from './pick-failures.ts';
import {
  type Failed,
  type Picked,
  type Picking,
  PickingEnded,
  type PickStep,
  type Waiting,
} from './picking.ts';
import { bring, type PublishOptions, urlOf } from './publish.ts';
import { saidOf } from './refusals.ts';
import { pickByRename } from './rename-picking.ts';
import { refuseSameFolder } from './same-folder.ts';
import { STALE_MS } from './sign.ts';
import { removeStale } from './stale-uploads.ts';

/** A file that was checked and is nobody else's; good until `hand` returns. */
export interface HandedFile extends Picked {
  /** From its beginning; each chunk is lent until the next one is asked for. */
  read(): AsyncIterable<Uint8Array>;
}

interface CommonOptions {
  /**
   * `marker`, the default: what has a marker that agrees in length and SHA-256. `name`: all that
   * has a final name, which is right only where every writer renames, or puts whole objects.
   */
  readonly trust?: 'marker' | 'name';
  /**
   * After which what a picker on another host claimed is given back; milliseconds, default a day.
   * Of this host it is known whether its process lives.
   */
  readonly staleMs?: number;
  /**
   * When all files have had their turn: `reject`, the default, with the first error that there was,
   * or `tell` of all of them in `failed`.
   */
  readonly whenFailed?: 'reject' | 'tell';
  readonly connect?: ConnectOptions;
  /** Called after each step of each file; what it returns is waited for. */
  readonly onStep?: (step: PickStep, name: string) => void | Promise<void>;
}

export interface IntoOptions extends CommonOptions {
  /** A folder, path or URL, into which each file is published as `publish` does it. */
  readonly into: string;
  /** Of that; `marker` is false where it is not given. */
  readonly publish?: Omit<PublishOptions, 'name' | 'onStep'>;
}

export interface HandOptions extends CommonOptions {
  /** When it returns the file is removed; when it rejects the file is given back. */
  readonly hand: (file: HandedFile) => Promise<void>;
}

export type PickUpOptions = IntoOptions | HandOptions;

export interface PickedUp {
  readonly picked: readonly Picked[];
  /** What is there and was not taken, with the reason. */
  readonly waiting: readonly Waiting[];
  /** Empty unless `whenFailed` is `tell`. */
  readonly failed: readonly Failed[];
  /** By what it was claimed, in words. */
  readonly used: readonly string[];
}

/**
 * Picks up all that is ready now. A file that fails keeps no other from being picked up.
 * @param from the folder: a path, or the URL of a medium
 * @throws HeisenwriteError `unsupported-medium` where a file cannot be claimed, `invalid-option`
 *   where both are one folder, what `publish` throws for `into`, and what connecting throws;
 *   besides it whatever `hand` rejects with
 */
export async function pickUp(from: string, options: PickUpOptions): Promise<PickedUp> {
  if ('into' in options) await refuseSameFolder(from, options.into);
  const saying = saidOf({ doing: `pick up from ${from}`, place: from, isPickUp: true });
  const place = await connectMedium(urlOf(from), options.connect).catch(saying);
  try {
    const used = waysOf(place, from);
    const target = 'into' in options ? await targetOf(options, from) : null;
    const failures = new PickFailures(from);
    try {
      const deliver = target ?? { deliver: handing(options as HandOptions) };
      const picking: Picking = {
        place,
        trust: options.trust ?? 'marker',
        staleMs: options.staleMs ?? STALE_MS,
        deliver: (name, content) => deliver.deliver(name, content),
        step: async (step, name) => {
          await options.onStep?.(step, name);
        },
        picked: [],
        waiting: [],
        fail: (name, error, left) => failures.note(name, error, left),
      };
      await pickAll(picking).catch(saying);
      if (options.whenFailed !== 'tell') failures.reject();
      const { picked, waiting } = picking;
      return { picked, waiting, failed: failures.failed, used };
    } finally {
      await target?.close();
    }
  } finally {
    await place.client.close();
  }
}

async function pickAll(picking: Picking): Promise<void> {
  const pick = picking.place.client.renameNew ? pickByRename : pickObjects;
  try {
    await pick(picking);
  } catch (error) {
    if (!(error instanceof PickingEnded)) throw error;
  }
}

function waysOf({ client, capabilities }: MediumConnection, from: string): string[] {
  if (client.renameNew && capabilities.rename) {
    return ['claimed by renaming marker and file, which one picker alone can do'];
  }
  if (client.renameNew) return ['claimed by renaming marker and file to names of the picker'];
  if (capabilities.conditionalPut) return ['claimed by an object that is put only if absent'];
  const words = `${from} has neither a rename nor a conditional put, so no file can be claimed`;
  throw new HeisenwriteError('unsupported-medium', words, {
    remedy: 'use one picker alone, with the tools of that medium',
  });
}

async function targetOf({ into, publish = {} }: IntoOptions, from: string) {
  const url = urlOf(into);
  const saying = (what: string) => ({
    doing: `bring ${what} to ${into}`,
    place: into,
    isPickUp: true,
  });
  const said = saidOf(saying(`what is in ${from}`));
  const place = await connectMedium(url, publish.connect).catch(said);
  await removeStale(place.client, publish.staleMs ?? STALE_MS).catch(said);
  const options: PublishOptions = { marker: false, ...publish };
  return {
    deliver: async (name: string, content: Content) => {
      const telling = saying(`${name} from ${from}`);
      return (await bring({ url, place, name, content, options, telling })).sha256;
    },
    close: () => place.client.close(),
  };
}

/** All is read and checked before it is handed out, and cannot change in between. */
function handing({ hand }: HandOptions) {
  return async (name: string, content: Content): Promise<string> => {
    const sha256 = await digestOf(content.chunks(CHUNK_BYTES));
    await content.check(sha256);
    const { bytes } = content;
    await hand({ name, bytes, sha256, read: () => content.chunks(CHUNK_BYTES) });
    return sha256;
  };
}
