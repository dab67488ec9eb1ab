// Picking up where a name can be taken away: the marker is renamed to a name of this picker, which
// only one can do, then the file. What is claimed is in nobody's sight and cannot change any more.
//
//   NAME.ready -> .heisenwrite-claim-SIGN        from now on: claimed, not delivered
//   NAME       -> .heisenwrite-claim-SIGN.data
//   delivered, claim removed, data removed       a .data without its claim was delivered
//
// What a picker that is gone had claimed is given back: file first, then marker. Where its name
// was taken meanwhile it is kept (rename-claims.ts).

import { HeisenwriteError } from '../domain/errors.ts';
import { isAbsent } from '../medium/operation-error.ts';
import { mediumContent } from './content.ts';
import { markerOf } from './marker.ts';
import { candidates, lookAt, type Picking, type Promised, whyLeft } from './picking.ts';
import {
  type Claimed,
  claimedBy,
  claimSigns,
  giveBack,
  keptThere,
  readPromise,
} from './rename-claims.ts';
import { isGone, newSign } from './sign.ts';

export async function pickByRename(picking: Picking): Promise<void> {
  await giveBackOfGone(picking);
  await tellKept(picking);
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
    await giveBack(picking.place, claimed);
    return;
  }
  try {
    await picking.step('taken', name);
    const { bytes, sha256: expected } = promised;
    const content = mediumContent(client, claimed.data, bytes, expected);
    const sha256 = await picking.deliver(name, content);
    picking.picked.push({ name, bytes, sha256 });
  } catch (error) {
    const kept = await giveBack(picking.place, claimed);
    if (kept !== null) throw keptInstead(name, kept, error);
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
  for (const sign of await claimSigns(client)) {
    const claimed = claimedBy(sign);
    const ofClaim = await client.status(claimed.claim);
    const ofData = await client.status(claimed.data);
    const lastMs = Math.max(ofClaim?.modifiedMs ?? 0, ofData?.modifiedMs ?? 0);
    if (!isGone(sign, lastMs, staleMs)) continue;
    if (ofClaim !== null) await giveBack(place, claimed);
    // Asked for again: only without its claim is it known to have been delivered.
    else if ((await client.status(claimed.claim)) === null) await client.removeTree(claimed.data);
  }
}

async function tellKept({ place, waiting }: Picking): Promise<void> {
  for (const { name, path } of await keptThere(place.client)) {
    const why = `an older file of this name is kept as ${path}: its picker did not deliver it`;
    const remedy = 'publish that file under another name, or remove it';
    waiting.push({ name, why: `${why}, and the name was published again; ${remedy}` });
  }
}

function keptInstead(name: string, kept: string, cause: unknown): HeisenwriteError {
  const because = cause instanceof Error ? cause.message : String(cause);
  const words = `${name} was not delivered (${because}), and its name was published again`;
  return new HeisenwriteError('write-failed', `${words}: the older file is kept as ${kept}`, {
    cause,
    remedy: 'publish the file that was kept under another name, or remove it',
  });
}
