// A delivery where a file can be given another name: written under a name that says whose it is,
// synced, read back when asked, named, and then marked in the same way.
//
//   .heisenwrite-publish-SIGN  --- write, sync, read back --->  NAME          (one step)
//   .heisenwrite-publish-SIGN.ready  --- write, sync ------->   NAME.ready    (one step)

import { createHash } from 'node:crypto';
import type { MediumClient, WriteManner } from '../domain/medium.ts';
import { OperationError } from '../medium/operation-error.ts';
import { CHUNK_BYTES } from './content.ts';
import { type Delivery, readBack, syncOrNot } from './delivery.ts';
import { encodeMarker, markerOf } from './marker.ts';
import { claimedThere, existsThere } from './refusals.ts';
import { claimantOf } from './rename-claims.ts';
import { PUBLISH_PREFIX } from './sign.ts';

/** @returns the SHA-256 of what was written. @throws HeisenwriteError, OperationError */
export async function deliverByRename(delivery: Delivery): Promise<string> {
  const temporary = `/${PUBLISH_PREFIX}${delivery.sign}`;
  const { client } = delivery.place;
  await refuseClaimed(delivery);
  try {
    const sha256 = await writeTemporary(delivery, temporary);
    await delivery.content.check(sha256);
    if (delivery.verifies) await readBack(delivery, temporary, sha256);
    await giveName(delivery, temporary);
    return sha256;
  } catch (error) {
    await removeQuietly(client, temporary);
    throw error;
  }
}

/** The marker of a file that is there, whole, under its name. */
export async function markByRename(delivery: Delivery, sha256: string): Promise<void> {
  const { place, name, content, sign } = delivery;
  const temporary = `/${markerOf(PUBLISH_PREFIX + sign)}`;
  const text = encodeMarker({ name, bytes: content.bytes, sha256 });
  try {
    // No marker is a program, whatever it marks.
    const own = { ...delivery, mode: delivery.mode & 0o666 };
    const file = await place.client.create(temporary, manner(own, text.length));
    try {
      await file.write(0, text);
      await syncOrNot(file.sync());
    } finally {
      await file.close();
    }
    await delivery.step('marker-written');
    await moveOver(delivery, temporary, `/${markerOf(name)}`);
    await syncNames(delivery);
  } catch (error) {
    await removeQuietly(place.client, temporary);
    throw error;
  }
  delivery.used.add(`a marker ${markerOf(name)} with length and SHA-256, written after the file`);
  await delivery.step('marked');
}

async function writeTemporary(delivery: Delivery, path: string): Promise<string> {
  const { content, place, words } = delivery;
  const hash = createHash('sha256');
  const file = await place.client.create(path, manner(delivery, content.bytes));
  let isClosed = false;
  try {
    await delivery.step('begun');
    let offset = 0;
    // Two chunks at least, so that there is always a half to be interrupted at.
    const chunkBytes = Math.max(1, Math.min(CHUNK_BYTES, Math.ceil(content.bytes / 2)));
    for await (const chunk of content.chunks(chunkBytes)) {
      hash.update(chunk);
      await file.write(offset, chunk).catch(fullOr(delivery, chunk.length));
      const isHalf = offset * 2 < content.bytes && (offset + chunk.length) * 2 >= content.bytes;
      offset += chunk.length;
      if (isHalf) await delivery.step('half');
    }
    delivery.used.add('written in order under a temporary name on the same medium');
    await delivery.step('written');
    const isSynced = await syncOrNot(file.sync());
    if (isSynced) delivery.used.add(words.sync);
    else delivery.missing.add(`the server has no ${words.sync}: a power cut may take bytes`);
    isClosed = true;
    await file.close();
    await delivery.step('synced');
    return hash.digest('hex');
  } catch (error) {
    if (!isClosed) await file.close().catch(() => undefined);
    throw error;
  }
}

/**
 * For `catch`: a write that came to less than it was given, and a failure of SFTP that has no
 * status for it, are a full disk where no more is free than that.
 */
function fullOr({ place }: Delivery, bytes: number): (error: unknown) => Promise<never> {
  return async (error) => {
    const isUnclear =
      error instanceof OperationError && ['SHORT', 'SSH_FX_FAILURE'].includes(error.errno);
    const free = isUnclear ? await place.freeBytes().catch(() => null) : null;
    if (!isUnclear || free === null || free >= bytes) throw error;
    const words = `${error.message}; ${free} bytes are free there`;
    throw new OperationError(error.operation, error.path, 'ENOSPC', words, error.offset);
  };
}

async function giveName(delivery: Delivery, temporary: string): Promise<void> {
  const { replaces, name, place, words, used } = delivery;
  if (replaces) await moveOver(delivery, temporary, `/${name}`);
  else {
    // Again, as writing takes its time; who claims it later than that keeps what it has claimed.
    await refuseClaimed(delivery);
    await place.client.renameNew?.(temporary, `/${name}`).catch((error: unknown) => {
      const isTaken = error instanceof OperationError && error.errno === 'EEXIST';
      throw isTaken ? existsThere(name, ', since a moment ago') : error;
    });
    used.add(words.nameNew);
  }
  await delivery.step('named');
  await syncNames(delivery);
  await delivery.step('name-synced');
}

async function refuseClaimed({ place, name, replaces, staleMs }: Delivery): Promise<void> {
  if (replaces) return;
  const claimant = await claimantOf(place.client, name, staleMs);
  if (claimant !== null) throw claimedThere(name, claimant);
}

async function moveOver(delivery: Delivery, from: string, to: string): Promise<void> {
  const { place, words, used, missing } = delivery;
  if (place.capabilities.rename) {
    used.add(words.nameOver);
    return place.client.rename(from, to);
  }
  if ((await place.client.status(to)) !== null) {
    missing.add(`the server has no ${words.nameOver}: the name was absent for a moment`);
    await place.client.removeTree(to);
  }
  used.add(words.nameNew);
  await place.client.renameNew?.(from, to);
}

async function syncNames({ place, words, used, missing }: Delivery): Promise<void> {
  if (place.client.syncDirectory) {
    const isSynced = await syncOrNot(place.client.syncDirectory('/'));
    if (isSynced) used.add(words.syncNames);
    else missing.add(`this file system has no ${words.syncNames}`);
    return;
  }
  if (words.syncNames !== '') used.add(words.syncNames);
  if (words.noSyncNames !== '') missing.add(words.noSyncNames);
}

function manner({ mode }: Delivery, totalBytes: number): WriteManner {
  return { stability: 'any', upload: 'any', totalBytes, mode };
}

/**
 * What cannot be removed now is recognised later, and the error that led here is the one to tell.
 */
async function removeQuietly(client: MediumClient, path: string): Promise<void> {
  await client.removeTree(path).catch(() => undefined);
}
