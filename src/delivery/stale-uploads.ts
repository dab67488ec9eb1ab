// What publishers left that are gone: temporary names, and uploads in parts of which a sign tells.
// Those of a publisher that lives are never touched.

import type { MediumClient } from '../domain/medium.ts';
import { readShort } from './content.ts';
import { removeFile } from './object-claim.ts';
import { isGone, PUBLISH_PREFIX, signIn } from './sign.ts';

/** How long after its sign an upload without a number may have begun: the limit of a call. */
const BEGINNING_MS = 15_000;
const SIGN_BYTES_MAX = 4096;

export interface UploadText {
  readonly name: string;
  /** Null before it is known. */
  readonly uploadId: string | null;
}

export function uploadSign(sign: string): string {
  return `/${PUBLISH_PREFIX}${sign}`;
}

export function encodeUpload(text: UploadText): Uint8Array {
  return Buffer.from(`${JSON.stringify(text)}\n`);
}

/** @returns the names that were removed */
export async function removeStale(client: MediumClient, staleMs: number): Promise<string[]> {
  const listed = await client.names('/');
  const signs = listed.filter((name) => signIn(name, PUBLISH_PREFIX) !== null);
  const removed: string[] = [];
  for (const name of signs) {
    const status = await client.status(`/${name}`);
    const sign = signIn(name, PUBLISH_PREFIX) as string;
    if (status === null || !isGone(sign, status.modifiedMs, staleMs)) continue;
    if (client.uploads) await abandon(client, `/${name}`, status.modifiedMs, signs);
    await removeFile(client, `/${name}`);
    removed.push(name);
  }
  return removed;
}

async function abandon(
  client: MediumClient,
  path: string,
  putMs: number | null,
  signs: readonly string[],
): Promise<void> {
  const text = await readUpload(client, path);
  if (text === null || !client.uploads || !client.abandonUpload) return;
  const begun = await client.uploads(`/${text.name}`);
  const others = new Set<string | null>();
  for (const other of signs) {
    const found = `/${other}` === path ? null : await readUpload(client, `/${other}`);
    if (found?.name === text.name) others.add(found.uploadId);
  }
  for (const { id, begunMs } of begun) {
    const isKnown = id === text.uploadId;
    // It died before it could say which one: then it is one of that moment, and nobody else's.
    const sinceMs = (begunMs ?? Number.POSITIVE_INFINITY) - (putMs ?? 0);
    const isOfThen = sinceMs >= -1000 && sinceMs <= BEGINNING_MS;
    const isNobodys = !others.has(id) && !others.has(null);
    if (isKnown || (text.uploadId === null && isOfThen && isNobodys)) {
      await client.abandonUpload(`/${text.name}`, id);
    }
  }
}

async function readUpload(client: MediumClient, path: string): Promise<UploadText | null> {
  const bytes = await readShort(client, path, SIGN_BYTES_MAX);
  try {
    const found = JSON.parse(Buffer.from(bytes ?? []).toString('utf8')) as UploadText;
    return typeof found.name === 'string' ? found : null;
  } catch {
    return null;
  }
}
