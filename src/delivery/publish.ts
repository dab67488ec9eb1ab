// Publishes a file so that nobody can take a half of it: a temporary name on the same medium, all
// written in order, synced, read back when asked, named in one step, and only then marked. Killed
// at any of these steps it leaves nothing that a picker takes, or the whole file; the next
// publisher removes what is left and goes on.

import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ConnectOptions, MediumConnection } from '../domain/medium.ts';
import { connectMedium, schemeOf } from '../medium/media.ts';
import { CHUNK_BYTES, type Content, digestOf, fileContent, mediumContent } from './content.ts';
import type { Delivery, PublishStep } from './delivery.ts';
import { checkName } from './marker.ts';
import { type MediumWords, wordsOf } from './medium-words.ts';
import { removeGoneClaims } from './object-claim.ts';
import { deliverObject, markObject } from './object-delivery.ts';
import { existsThere, saidOf, type Telling } from './refusals.ts';
import { deliverByRename, markByRename } from './rename-delivery.ts';
import { newSign, STALE_MS } from './sign.ts';
import { removeStale } from './stale-uploads.ts';

export interface PublishOptions {
  /** In the folder; that of the file where it is not given. */
  readonly name?: string;
  /** What to do where the name holds another content. Default: refuse. */
  readonly exists?: 'refuse' | 'replace';
  /** Read all of it back through a second client before anybody can see or trust it. */
  readonly verify?: boolean;
  /** Write `NAME.ready` when all is there. Default true. */
  readonly marker?: boolean;
  /**
   * Permissions of the file and its marker, where the medium has them; default those of the file
   * that is published, 0644 where it has none. A umask, of this process or of the server, takes
   * from them.
   */
  readonly mode?: number;
  /**
   * After which what a publisher on another host left, and did not touch since, is removed;
   * milliseconds, default a day. Of this host it is known whether its process lives.
   */
  readonly staleMs?: number;
  /** How long to wait for a name that is claimed by a picker; milliseconds, default 60,000. */
  readonly patienceMs?: number;
  readonly connect?: ConnectOptions;
  /** Called after each step; what it returns is waited for. */
  readonly onStep?: (step: PublishStep) => void | Promise<void>;
}

export interface Published {
  readonly name: string;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
  /** An earlier try had brought it there, whole: at most the marker was missing. */
  readonly wasThere: boolean;
  /** The strongest that this medium has for each step, in words. */
  readonly used: readonly string[];
  /** What this medium has none of, and what that means, in words. */
  readonly missing: readonly string[];
  /** Temporary names of publishers that are gone, which were removed. */
  readonly removed: readonly string[];
}

const PATIENCE_MS = 60_000;
const MODE = 0o644;

/**
 * @param file a path on this host
 * @param to the folder: a path, or the URL of a medium
 * @throws HeisenwriteError `file-exists`, `no-space`, `place-not-writable`, `source-changed`,
 *   `read-back-differs`, `name-busy`, `invalid-option` for a name that cannot be, `no-such-file`,
 *   `not-readable`, `write-failed`, and what connecting to the medium throws
 */
export async function publish(
  file: string,
  to: string,
  options: PublishOptions = {},
): Promise<Published> {
  const name = options.name ?? basename(file);
  checkName(name);
  const content = await fileContent(file);
  try {
    const url = urlOf(to);
    const telling = { doing: `publish ${name}`, place: to };
    const place = await connectMedium(url, options.connect).catch(saidOf(telling));
    try {
      return await bring({ url, place, name, content, options, telling });
    } finally {
      await place.client.close();
    }
  } finally {
    await content.close();
  }
}

/** A path as the URL of its directory. */
export function urlOf(place: string): string {
  return schemeOf(place) === null ? pathToFileURL(resolve(place)).href : place;
}

export interface Bringing {
  readonly url: string;
  readonly place: MediumConnection;
  readonly name: string;
  readonly content: Content;
  readonly options: PublishOptions;
  readonly telling: Telling;
}

/** As publish, of any content, over a connection that is there. @throws HeisenwriteError */
export async function bring(bringing: Bringing): Promise<Published> {
  const { options, telling } = bringing;
  return carryOut(deliveryOf(bringing), options).catch(saidOf(telling));
}

async function carryOut(delivery: Delivery, options: PublishOptions): Promise<Published> {
  const { place, name, content, used, missing, sign, staleMs, marks } = delivery;
  const byRename = place.client.renameNew !== undefined;
  const known = delivery.replaces ? null : await thereAlready(delivery);
  let sha256 = known;
  if (sha256 === null) {
    sha256 = byRename ? await deliverByRename(delivery) : await deliverObject(delivery);
    if (marks && byRename) await markByRename(delivery, sha256);
  } else if (marks) {
    await (byRename ? markByRename(delivery, sha256) : markObject(delivery, sha256));
  }
  if (options.marker === false)
    missing.add('no marker was asked for: a picker must trust the name');
  const removed = await removeStale(place.client, staleMs);
  if (!byRename && place.capabilities.conditionalPut) {
    await removeGoneClaims(place.client, { sign, staleMs });
  }
  const { bytes } = content;
  return {
    name,
    bytes,
    sha256,
    wasThere: known !== null,
    used: [...used],
    missing: [...missing],
    removed,
  };
}

/** The digest of what the name holds, where that is the content. @throws HeisenwriteError */
async function thereAlready({ place, name, content }: Delivery): Promise<string | null> {
  const path = `/${name}`;
  const status = await place.client.status(path);
  if (status === null) return null;
  const { bytes } = content;
  if (status.bytes !== bytes) throw existsThere(name, `, with ${status.bytes} bytes`);
  const chunks = mediumContent(place.client, path, bytes, null).chunks(CHUNK_BYTES);
  const found = await digestOf(chunks);
  if (found === (await content.digest())) return found;
  throw existsThere(name, ', as long as this file but with another content');
}

function deliveryOf({ url, place, name, content, options }: Bringing): Delivery {
  const words: MediumWords = wordsOf(schemeOf(url));
  return {
    place,
    words,
    second: () => connectMedium(url, options.connect),
    name,
    content,
    replaces: options.exists === 'replace',
    verifies: options.verify ?? false,
    marks: options.marker ?? true,
    mode: options.mode ?? content.permissions ?? MODE,
    sign: newSign(),
    patienceMs: options.patienceMs ?? PATIENCE_MS,
    staleMs: options.staleMs ?? STALE_MS,
    step: async (step) => {
      await options.onStep?.(step);
    },
    used: new Set(),
    missing: new Set(),
  };
}
