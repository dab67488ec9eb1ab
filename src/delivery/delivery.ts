// One file on its way into a folder of a medium: what both ways (a rename, an object) are given,
// and what they share.

import { HeisenwriteError } from '../domain/errors.ts';
import type { MediumConnection } from '../domain/medium.ts';
import { OperationError } from '../medium/operation-error.ts';
import { CHUNK_BYTES, type Content, digestOf, mediumContent } from './content.ts';
import type { MediumWords } from './medium-words.ts';

/**
 * What has just been done. `begun`: a temporary name, or an upload, is there. `half`: half of the
 * bytes. `written`: all. `synced`, `verified`, `named`, `name-synced`; then of the marker
 * `marker-written` and `marked`. A medium that has no such step leaves it out.
 */
export const PUBLISH_STEPS = [
  'begun',
  'half',
  'written',
  'synced',
  'claimed',
  'verified',
  'named',
  'name-synced',
  'marker-written',
  'marked',
] as const;
export type PublishStep = (typeof PUBLISH_STEPS)[number];

export interface Delivery {
  readonly place: MediumConnection;
  readonly words: MediumWords;
  /** Opens another connection to the same place. */
  second(): Promise<MediumConnection>;
  readonly name: string;
  readonly content: Content;
  readonly replaces: boolean;
  readonly verifies: boolean;
  readonly marks: boolean;
  /** Permissions of the file and its marker, where the medium has them. */
  readonly mode: number;
  /** Of this try alone; see sign.ts. */
  readonly sign: string;
  /** How long a name that another program of ours has claimed is waited for; milliseconds. */
  readonly patienceMs: number;
  readonly staleMs: number;
  step(step: PublishStep): Promise<void>;
  /** In words. */
  readonly used: Set<string>;
  readonly missing: Set<string>;
}

/**
 * Reads it back through a second client, which has no cache of the first.
 * @throws HeisenwriteError `read-back-differs`
 */
export async function readBack(delivery: Delivery, path: string, sha256: string): Promise<void> {
  const { bytes } = delivery.content;
  const { client } = await delivery.second();
  try {
    const length = await client.length(path);
    const found =
      length === bytes
        ? await digestOf(mediumContent(client, path, bytes, null).chunks(CHUNK_BYTES))
        : `of ${length} bytes`;
    if (found !== sha256) {
      const words = `${delivery.name}: ${bytes} bytes with SHA-256 ${sha256} were written and `;
      throw new HeisenwriteError('read-back-differs', `${words}${found} was read back`);
    }
    delivery.used.add('all was read back through a second client');
    await delivery.step('verified');
  } finally {
    await client.close();
  }
}

/** True where it was done, false where the server has no such call. */
export async function syncOrNot(sync: Promise<void>): Promise<boolean> {
  try {
    await sync;
    return true;
  } catch (error) {
    const isUnknown =
      error instanceof OperationError &&
      ['UNSUPPORTED', 'SSH_FX_OP_UNSUPPORTED', 'EINVAL', 'ENOTSUP'].includes(error.errno);
    if (isUnknown) return false;
    throw error;
  }
}
