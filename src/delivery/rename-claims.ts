// Claims where a name can be taken away: a marker that was renamed to a name of its picker, and
// beside it the file. What is claimed and not delivered is never removed: it is given back, and
// where its name was taken meanwhile it is kept, where no picker touches it again.
//
//   .heisenwrite-claim-SIGN               .heisenwrite-claim-SIGN.data
//   .heisenwrite-claim-SIGN.kept.marker   .heisenwrite-claim-SIGN.kept

import type { MediumClient, MediumConnection } from '../domain/medium.ts';
import { isAbsent, OperationError } from '../medium/operation-error.ts';
import { CHUNK_BYTES, digestOf, mediumContent, readShort } from './content.ts';
import { MARKER_BYTES_MAX, markerOf } from './marker.ts';
import { CLAIM_PREFIX, isGone, signIn } from './sign.ts';

const DATA_ENDING = '.data';
const KEPT_ENDING = '.kept';

export interface Claimed {
  readonly claim: string;
  readonly data: string;
}

export function claimedBy(sign: string): Claimed {
  const claim = `/${CLAIM_PREFIX}${sign}`;
  return { claim, data: claim + DATA_ENDING };
}

export interface OpenPromise {
  readonly name: string;
  readonly bytes: number | null;
  readonly sha256: string | null;
}

/** Null where it is gone, or not all there. A claim is a marker, or written by its picker. */
export async function readPromise(client: MediumClient, path: string): Promise<OpenPromise | null> {
  const text = await readShort(client, path, MARKER_BYTES_MAX);
  try {
    const found = JSON.parse(Buffer.from(text ?? []).toString('utf8')) as Partial<OpenPromise>;
    const { name, bytes = null, sha256 = null } = found;
    return typeof name === 'string' ? { name, bytes, sha256 } : null;
  } catch {
    return null;
  }
}

/** Signs of all claims that are there, whole or in part. */
export async function claimSigns(client: MediumClient): Promise<ReadonlySet<string>> {
  const signs = (await client.names('/')).map((name) => signIn(name, CLAIM_PREFIX));
  return new Set(signs.filter((sign) => sign !== null));
}

/** Who has claimed the name, in words, or null. @param staleMs as `isGone` has it */
export async function claimantOf(
  client: MediumClient,
  name: string,
  staleMs: number,
): Promise<string | null> {
  for (const sign of await claimSigns(client)) {
    const { claim } = claimedBy(sign);
    // What this user may not read is left to the picker, which never removes what is claimed.
    const promise = await readPromise(client, claim).catch(() => null);
    if (promise?.name !== name) continue;
    const modifiedMs = (await client.status(claim))?.modifiedMs ?? null;
    const who = isGone(sign, modifiedMs, staleMs) ? 'that died with it' : 'that is at work on it';
    return `claimed by a picker ${who} (${claim.slice(1)})`;
  }
  return null;
}

/**
 * Each step may have been done before, by one who was killed or by another at this moment.
 * @param known the name of the file, where the claim cannot say it
 * @returns null, or where it is kept because its name was taken meanwhile
 */
export async function giveBack(
  place: MediumConnection,
  { claim, data }: Claimed,
  known: string | null = null,
): Promise<string | null> {
  const { client } = place;
  const promise = await readPromise(client, claim);
  if (promise === null) return giveBackUnread(place, { claim, data }, known);
  const name = `/${promise.name}`;
  if (!(await placed(client, data, name)) && (await client.status(data)) !== null) {
    // The same file with both names, where one was killed between the two steps of a renaming; or
    // what was published again is the same.
    if (!(await holdSame(client, data, name))) return keep(place, { claim, data });
    await client.removeTree(data);
  }
  if (promise.sha256 !== null) await placed(client, claim, markerOf(name));
  await client.removeTree(claim);
  return null;
}

/** One that was killed while it wrote its claim had taken nothing yet. */
async function giveBackUnread(
  place: MediumConnection,
  { claim, data }: Claimed,
  known: string | null,
): Promise<string | null> {
  const { client } = place;
  if ((await client.status(claim)) === null) return null;
  if ((await client.status(data)) !== null) return keep(place, { claim, data });
  // It was the marker of another program.
  if (known !== null) await placed(client, claim, `/${markerOf(known)}`);
  await client.removeTree(claim);
  return null;
}

async function keep(place: MediumConnection, { claim, data }: Claimed): Promise<string> {
  const kept = claim + KEPT_ENDING;
  // The file first: a claim alone says of no file that it was delivered.
  await moved(place, data, kept);
  await moved(place, claim, `${kept}.marker`);
  return kept.slice(1);
}

/** Does nothing where another one has done it. */
async function moved(place: MediumConnection, from: string, to: string): Promise<void> {
  try {
    await renamed(place, from, to);
  } catch (error) {
    if (!isAbsent(error) && !isTaken(error)) throw error;
  }
}

/** To a name that is this claim's alone: in one step, where the medium has that. */
export async function renamed(
  { client, capabilities }: MediumConnection,
  from: string,
  to: string,
): Promise<void> {
  await (capabilities.rename ? client.rename(from, to) : client.renameNew?.(from, to));
}

/** What was kept, by the name that it had; its own where that is not known. */
export async function keptThere(
  client: MediumClient,
): Promise<readonly { readonly name: string; readonly path: string }[]> {
  const there = [];
  for (const path of await client.names('/')) {
    if (!path.endsWith(KEPT_ENDING)) continue;
    if (signIn(path.slice(0, -KEPT_ENDING.length), CLAIM_PREFIX) === null) continue;
    const promise = await readPromise(client, `/${path}.marker`).catch(() => null);
    there.push({ name: promise?.name ?? path, path });
  }
  return there;
}

/** False where the new name is taken; true also where there was nothing to move. */
async function placed(client: MediumClient, from: string, to: string): Promise<boolean> {
  try {
    await client.renameNew?.(from, to);
  } catch (error) {
    if (isTaken(error)) return false;
    if (!isAbsent(error)) throw error;
  }
  return true;
}

function isTaken(error: unknown): boolean {
  return error instanceof OperationError && error.errno === 'EEXIST';
}

async function holdSame(client: MediumClient, one: string, other: string): Promise<boolean> {
  const bytes = (await client.status(one))?.bytes;
  if (bytes === undefined || (await client.status(other))?.bytes !== bytes) return false;
  const digestAt = (path: string) =>
    digestOf(mediumContent(client, path, bytes, null).chunks(CHUNK_BYTES));
  try {
    const [first, second] = await Promise.all([digestAt(one), digestAt(other)]);
    return first === second;
  } catch {
    // What goes away or changes while it is read is not known to be the same.
    return false;
  }
}
