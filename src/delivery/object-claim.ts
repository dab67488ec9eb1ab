// Where nothing can be renamed, one object per name says who works on that name: a publisher
// between its last request and its marker, or a picker. It is put only if it is absent; that of a
// process that is gone is replaced under the condition that it still is the one that was read.

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../base/clock.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { MediumClient, PutCondition } from '../domain/medium.ts';
import { OperationError } from '../medium/operation-error.ts';
import { readShort } from './content.ts';
import { markerOf } from './marker.ts';
import { CLAIM_PREFIX, isGone } from './sign.ts';

const SCHEMA = 'heisenwrite.claim/1';
const CLAIM_BYTES_MAX = 4096;
const PAUSE_MS = 200;

interface ClaimText {
  readonly sign: string;
  readonly name: string;
  /** Its content is where it was to go: what is left to do is to remove it here. */
  readonly isDelivered: boolean;
}

export interface Claim {
  readonly path: string;
  readonly name: string;
  readonly sign: string;
  /** What the one before had left to do. */
  readonly wasDelivered: boolean;
}

export interface Claimant {
  readonly sign: string;
  readonly staleMs: number;
}

export function claimPath(name: string): string {
  return `/${CLAIM_PREFIX}${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
}

/** Null where somebody who lives has it. */
export async function takeClaim(
  client: MediumClient,
  name: string,
  { sign, staleMs }: Claimant,
): Promise<Claim | null> {
  const path = claimPath(name);
  const text = encode({ sign, name, isDelivered: false });
  const ours = { path, name, sign };
  if (await putIf(client, path, text, { when: 'absent' })) return { ...ours, wasDelivered: false };
  const before = await readClaim(client, path);
  if (before === null || !isGone(before.text.sign, before.modifiedMs, staleMs)) return null;
  // The ETag of an object of one request is its MD5, but under SSE-KMS: there nobody takes it over.
  const version = `"${createHash('md5').update(before.bytes).digest('hex')}"`;
  if (!(await putIf(client, path, text, { when: 'matches', version }))) return null;
  return { ...ours, wasDelivered: before.text.isDelivered };
}

/** @throws HeisenwriteError `name-busy` when the patience is over */
export async function waitForClaim(
  client: MediumClient,
  name: string,
  claimant: Claimant & { readonly patienceMs: number },
): Promise<Claim> {
  const sinceMs = monotonicMs();
  for (;;) {
    const claim = await takeClaim(client, name, claimant);
    if (claim) return claim;
    const waitedMs = monotonicMs() - sinceMs;
    if (waitedMs < claimant.patienceMs) await sleep(PAUSE_MS);
    else {
      const words = `${name} is claimed (${claimPath(name).slice(1)}) by a living process`;
      throw new HeisenwriteError('name-busy', `${words}; waited ${Math.round(waitedMs)} ms`);
    }
  }
}

export async function releaseClaim(client: MediumClient, claim: Claim): Promise<void> {
  await removeFile(client, claim.path);
}

/**
 * The file and its marker go; whoever finds the claim of one who died meanwhile goes on with it.
 */
export async function finishDelivered(client: MediumClient, claim: Claim): Promise<void> {
  const { path, name, sign } = claim;
  if (!claim.wasDelivered) await client.put(path, encode({ sign, name, isDelivered: true }));
  await removeFile(client, `/${name}`);
  await removeFile(client, `/${markerOf(name)}`);
}

/** Claims of processes that are gone, whatever they had claimed. */
export async function removeGoneClaims(client: MediumClient, claimant: Claimant): Promise<void> {
  for (const listed of await client.names('/')) {
    if (!/^[0-9a-f]{32}$/.test(listed.slice(CLAIM_PREFIX.length))) continue;
    if (!listed.startsWith(CLAIM_PREFIX)) continue;
    const before = await readClaim(client, `/${listed}`);
    if (before === null || !isGone(before.text.sign, before.modifiedMs, claimant.staleMs)) continue;
    const claim = await takeClaim(client, before.text.name, claimant);
    if (claim?.wasDelivered) await finishDelivered(client, claim);
    if (claim) await releaseClaim(client, claim);
  }
}

export async function removeFile(client: MediumClient, path: string): Promise<void> {
  await (client.removeFile ? client.removeFile(path) : client.removeTree(path));
}

async function putIf(
  client: MediumClient,
  path: string,
  text: Uint8Array,
  condition: PutCondition,
): Promise<boolean> {
  try {
    await client.put(path, text, condition);
    return true;
  } catch (error) {
    if (error instanceof OperationError && error.errno === 'PRECONDITION') return false;
    throw error;
  }
}

async function readClaim(client: MediumClient, path: string) {
  const modifiedMs = (await client.status(path))?.modifiedMs ?? null;
  const bytes = await readShort(client, path, CLAIM_BYTES_MAX);
  const text = bytes && decode(bytes);
  return bytes && text ? { bytes, text, modifiedMs } : null;
}

function encode(text: ClaimText): Uint8Array {
  return Buffer.from(`${JSON.stringify({ schema: SCHEMA, ...text })}\n`);
}

function decode(bytes: Uint8Array): ClaimText | null {
  try {
    const found = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>;
    const { schema, sign, name, isDelivered } = found;
    if (schema !== SCHEMA || typeof sign !== 'string' || typeof name !== 'string') return null;
    return { sign, name, isDelivered: isDelivered === true };
  } catch {
    return null;
  }
}
