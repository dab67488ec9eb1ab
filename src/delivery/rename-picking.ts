// Picking up where a name can be taken away: the marker is renamed to a name of this picker, which
// only one can do, then the file. What is claimed is in nobody's sight and cannot change any more.
//
//   NAME.ready -> .heisenwrite-claim-SIGN        from now on: claimed, not delivered
//   NAME       -> .heisenwrite-claim-SIGN.data
//   delivered, claim removed, data removed       a .data without its claim was delivered
//
// What a picker that is gone had claimed is given back: file first, then marker. Where its name
// was taken meanwhile it is kept (rename-claims.ts).

import { isAbsent } from '../medium/operation-error.ts';
import { mediumContent } from './content.ts';
import { markerOf } from './marker.ts';
import { attempt, candidates, lookAt, type Picking, type Promised, whyLeft } from './picking.ts';
import {
  type Claimed,
  claimedBy,
  claimSigns,
  giveBack,
  keptThere,
  readPromise,
  renamed,
} from './rename-claims.ts';
import { isGone, newSign } from './sign.ts';

export async function pickByRename(picking: Picking): Promise<void> {
  await giveBackOfGone(picking);
  await tellKept(picking);
  for (const name of candidates(await picking.place.client.names('/'), picking.trust)) {
    await attempt(picking, name, async () => {
      const found = await lookAt(picking, name);
      if (typeof found === 'string') picking.waiting.push({ name, why: found });
      else if (found) await pickOne(picking, found);
    });
  }
}

async function pickOne(picking: Picking, found: Promised): Promise<void> {
  const { name } = found;
  const claimed = claimedBy(newSign());
  if (!(await claim(picking, found, claimed.claim))) return;
  try {
    await picking.step('claimed', name);
    // A publisher may have put a newer marker between the look and the claim: this one counts.
    const promised = await promisedBy(picking, name, claimed);
    if (promised === null) throw new NotTaken();
    await picking.step('taken', name);
    const { bytes, sha256: expected, permissions } = promised;
    const { client } = picking.place;
    const content = mediumContent(client, claimed.data, bytes, expected, permissions);
    picking.picked.push({ name, bytes, sha256: await picking.deliver(name, content) });
  } catch (error) {
    await leave(picking, name, claimed, error);
    return;
  }
  await remove(picking, name, claimed);
}

/** It was promised otherwise, or another one was faster: what is claimed is given back. */
class NotTaken extends Error {
  override name = 'NotTaken';
}

async function leave(
  picking: Picking,
  name: string,
  claimed: Claimed,
  error: unknown,
): Promise<void> {
  const left = await giveBack(picking.place, claimed, name).then(
    (kept) => (kept === null ? null : `it is ${keptAs(kept)}`),
    (refused: unknown) => stuckAs(claimed, name, refused),
  );
  const why = whyLeft(error);
  if (left === null && error instanceof NotTaken) return;
  if (left === null && why !== null) picking.waiting.push({ name, why });
  else picking.fail(name, error instanceof NotTaken ? new Error('it was not taken') : error, left);
}

async function remove(picking: Picking, name: string, { claim, data }: Claimed): Promise<void> {
  const { client } = picking.place;
  try {
    await picking.step('delivered', name);
    await client.removeTree(claim);
    await picking.step('released', name);
    await client.removeTree(data);
    await picking.step('removed', name);
  } catch (error) {
    const words = `it was delivered, and ${claim.slice(1)} is what is left here`;
    picking.fail(name, error, `${words}: the next \`pickup\` finds that out and removes it`);
  }
}

/**
 * True for one picker alone; of a name without a marker it is only the place where the name is
 * kept.
 */
async function claim(picking: Picking, { name, sha256 }: Promised, path: string): Promise<boolean> {
  const { client } = picking.place;
  if (sha256 !== null) return moved(picking, `/${markerOf(name)}`, path);
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
  const status = await client.status(data);
  if (status === null) return null;
  const { bytes, permissions } = status;
  if (promise.sha256 === null) {
    const marker = await client.status(`/${markerOf(name)}`);
    if (marker === null) return { name, bytes, permissions, sha256: null };
    picking.waiting.push({ name, why: 'its marker came only now: the next try goes by that' });
    return null;
  }
  if (promise.bytes === bytes) return { ...promise, name, bytes, permissions };
  picking.waiting.push({ name, why: `it has ${bytes} bytes, its marker says ${promise.bytes}` });
  return null;
}

/** False where it is gone, as another picker was faster. */
async function moved({ place }: Picking, from: string, to: string): Promise<boolean> {
  const { client, capabilities } = place;
  try {
    await renamed(place, from, to);
    return true;
  } catch (error) {
    if (!isAbsent(error)) throw error;
    // Without a rename of one step the other may have been between its two.
    if (!capabilities.rename) await client.removeTree(to);
    return false;
  }
}

async function giveBackOfGone(picking: Picking): Promise<void> {
  const { client } = picking.place;
  for (const sign of await claimSigns(client)) {
    const claimed = claimedBy(sign);
    const shown = claimed.claim.slice(1);
    await attempt(picking, shown, async () => {
      const ofClaim = await client.status(claimed.claim);
      const ofData = await client.status(claimed.data);
      const lastMs = Math.max(ofClaim?.modifiedMs ?? 0, ofData?.modifiedMs ?? 0);
      if (!isGone(sign, lastMs, picking.staleMs)) return;
      if (ofClaim !== null) await giveBackOne(picking, claimed);
      // Asked for again: only without its claim is it known to have been delivered.
      else if ((await client.status(claimed.claim)) === null) await client.removeTree(claimed.data);
    });
  }
}

async function giveBackOne({ place, fail }: Picking, claimed: Claimed): Promise<void> {
  try {
    await giveBack(place, claimed);
  } catch (error) {
    const promise = await readPromise(place.client, claimed.claim).catch(() => null);
    const name = promise?.name ?? claimed.claim.slice(1);
    fail(name, error, stuckAs(claimed, promise?.name ?? 'its name', null));
  }
}

async function tellKept({ place, waiting }: Picking): Promise<void> {
  for (const { name, path } of await keptThere(place.client)) {
    waiting.push({ name, why: `an older file of this name is ${keptAs(path)}` });
  }
}

function keptAs(path: string): string {
  const why = 'its name was taken again before a picker had delivered it';
  return `kept as ${path}, as ${why}; publish that file under another name, or remove it`;
}

/** @param refused by what it could not be given back; null where that is told already */
function stuckAs({ claim, data }: Claimed, name: string, refused: unknown): string {
  const because = refused instanceof Error ? ` (${refused.message})` : '';
  return (
    `the file is still claimed, as ${data.slice(1)}, and could not be given back${because}: ` +
    `a picker that owns it gives it back, or rename it to ${name}, and then ` +
    `${claim.slice(1)} to ${markerOf(name)}`
  );
}
