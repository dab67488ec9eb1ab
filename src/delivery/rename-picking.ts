// Picking up where a name can be taken away: the marker is renamed to a name of this picker, which
// only one can do, then the file. What is claimed is in nobody's sight and cannot change any more.
//
//   NAME.ready -> .heisenwrite-claim-SIGN        from now on: claimed, not delivered
//   NAME       -> .heisenwrite-claim-SIGN.data
//   delivered, claim removed, data removed       a .data without its claim was delivered
//
// What a picker that is gone had claimed is given back: file first, then marker.

import type { MediumClient } from '../domain/medium.ts';
import { isAbsent, OperationError } from '../medium/operation-error.ts';
import { CHUNK_BYTES, digestOf, mediumContent, readShort } from './content.ts';
import { MARKER_BYTES_MAX, markerOf } from './marker.ts';
import { candidates, lookAt, type Picking, type Promised, whyLeft } from './picking.ts';
import { CLAIM_PREFIX, isGone, newSign, signIn } from './sign.ts';

interface Claimed {
  readonly claim: string;
  readonly data: string;
}

export async function pickByRename(picking: Picking): Promise<void> {
  await giveBackOfGone(picking);
  for (const name of candidates(await picking.place.client.names('/'), picking.trust)) {
    const found = await lookAt(picking, name);
    if (typeof found === 'string') picking.waiting.push({ name, why: found });
    else if (found) await pickOne(picking, name);
  }
}

async function pickOne(picking: Picking, name: string): Promise<void> {
  const { client } = picking.place;
  const claimed = claimedBy(newSign());
  if (!(await claim(picking, name, claimed.claim))) return;
  await picking.step('claimed', name);
  // A publisher may have put a newer marker between the look and the claim: this one counts.
  const promised = await promisedBy(picking, name, claimed);
  if (promised === null) {
    await giveBack(picking.place.client, claimed);
    return;
  }
  try {
    await picking.step('taken', name);
    const { bytes, sha256: expected } = promised;
    const content = mediumContent(client, claimed.data, bytes, expected);
    const sha256 = await picking.deliver(name, content);
    picking.picked.push({ name, bytes, sha256 });
  } catch (error) {
    await giveBack(client, claimed);
    const why = whyLeft(error);
    if (why === null) throw error;
    picking.waiting.push({ name, why });
    return;
  }
  await picking.step('delivered', name);
  await client.removeTree(claimed.claim);
  await picking.step('released', name);
  await client.removeTree(claimed.data);
  await picking.step('removed', name);
}

/** True for one picker alone; with a trusted name it is only the place where the name is kept. */
async function claim(picking: Picking, name: string, path: string): Promise<boolean> {
  const { client } = picking.place;
  if (picking.trust === 'marker') return moved(picking, `/${markerOf(name)}`, path);
  const text = Buffer.from(JSON.stringify({ name, bytes: null, sha256: null }));
  const file = await client.create(path, {
    stability: 'any',
    upload: 'any',
    totalBytes: text.length,
  });
  try {
    await file.write(0, text);
  } finally {
    await file.close();
  }
  return true;
}

/** Takes the file as well; null, with the reason told, where it is not what was promised. */
async function promisedBy(
  picking: Picking,
  name: string,
  { claim: path, data }: Claimed,
): Promise<Promised | null> {
  const { client } = picking.place;
  const promise = await readPromise(client, path);
  if (promise === null || !(await moved(picking, `/${name}`, data))) return null;
  const bytes = (await client.status(data))?.bytes;
  if (bytes === undefined) return null;
  if (promise.sha256 === null) return { name, bytes, sha256: null };
  if (promise.bytes === bytes) return { ...promise, name, bytes };
  picking.waiting.push({ name, why: `it has ${bytes} bytes, its marker says ${promise.bytes}` });
  return null;
}

/** False where it is gone, as another picker was faster. */
async function moved({ place }: Picking, from: string, to: string): Promise<boolean> {
  const { client, capabilities } = place;
  try {
    await (capabilities.rename ? client.rename(from, to) : client.renameNew?.(from, to));
    return true;
  } catch (error) {
    if (!isAbsent(error)) throw error;
    // Without a rename of one step the other may have been between its two.
    if (!capabilities.rename) await client.removeTree(to);
    return false;
  }
}

async function giveBackOfGone({ place, staleMs }: Picking): Promise<void> {
  const { client } = place;
  const listed = await client.names('/');
  const signs = new Set(listed.map((name) => signIn(name, CLAIM_PREFIX)));
  for (const sign of signs) {
    if (sign === null) continue;
    const claimed = claimedBy(sign);
    const ofClaim = await client.status(claimed.claim);
    const ofData = await client.status(claimed.data);
    const lastMs = Math.max(ofClaim?.modifiedMs ?? 0, ofData?.modifiedMs ?? 0);
    if (!isGone(sign, lastMs, staleMs)) continue;
    if (ofClaim !== null) await giveBack(client, claimed);
    // Asked for again: only without its claim is it known to have been delivered.
    else if ((await client.status(claimed.claim)) === null) await client.removeTree(claimed.data);
  }
}

/** Each step may have been done before, by one who was killed or by another at this moment. */
async function giveBack(client: MediumClient, { claim: path, data }: Claimed): Promise<void> {
  const promise = await readPromise(client, path);
  if (promise === null) return;
  const { name } = promise;
  const isBack = await placed(client, data, `/${name}`);
  if (!isBack && !(await holdsPromised(client, promise))) {
    // A newer file has the name, so that this one was replaced, and its promise with it.
    await client.removeTree(path);
    await client.removeTree(data);
    return;
  }
  await client.removeTree(data);
  const isMarked = promise.sha256 !== null;
  if (isMarked) await placed(client, path, `/${markerOf(name)}`);
  await client.removeTree(path);
}

/** False where the new name is taken; true also where there was nothing to move. */
async function placed(client: MediumClient, from: string, to: string): Promise<boolean> {
  try {
    await client.renameNew?.(from, to);
  } catch (error) {
    if (error instanceof OperationError && error.errno === 'EEXIST') return false;
    if (!isAbsent(error)) throw error;
  }
  return true;
}

async function holdsPromised(client: MediumClient, promise: OpenPromise): Promise<boolean> {
  const { name, bytes, sha256 } = promise;
  if (bytes === null) return false;
  if ((await client.status(`/${name}`))?.bytes !== bytes) return false;
  const chunks = mediumContent(client, `/${name}`, bytes, null).chunks(CHUNK_BYTES);
  return (await digestOf(chunks)) === sha256;
}

interface OpenPromise {
  readonly name: string;
  readonly bytes: number | null;
  readonly sha256: string | null;
}

/** Null where it is gone. A claim is made in one step, or by a picker that wrote it whole. */
async function readPromise(client: MediumClient, path: string): Promise<OpenPromise | null> {
  const text = await readShort(client, path, MARKER_BYTES_MAX);
  try {
    const found = JSON.parse(Buffer.from(text ?? []).toString('utf8')) as Partial<OpenPromise>;
    const { name, bytes = null, sha256 = null } = found;
    return typeof name === 'string' ? { name, bytes, sha256 } : null;
  } catch {
    return null;
  }
}

function claimedBy(sign: string): Claimed {
  return { claim: `/${CLAIM_PREFIX}${sign}`, data: `/${CLAIM_PREFIX}${sign}.data` };
}
