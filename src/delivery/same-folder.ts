// Two names of one folder: what is picked up there into itself would be given its name again, and
// then removed as delivered.

import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { HeisenwriteError } from '../domain/errors.ts';
import { schemeOf } from '../medium/media.ts';
import { urlOf } from './publish.ts';

/**
 * Of two directories of this host also by links and other mounts; else by their URLs alone.
 * @throws HeisenwriteError `invalid-option`
 */
export async function refuseSameFolder(from: string, into: string): Promise<void> {
  const [one, other] = await Promise.all([from, into].map(identityOf));
  if (one !== other) return;
  const words = `${from} and ${into} are one folder: nothing can be moved from it into itself`;
  throw new HeisenwriteError('invalid-option', words, { remedy: 'give another folder to move to' });
}

async function identityOf(place: string): Promise<string> {
  const url = urlOf(place);
  try {
    if (schemeOf(url) === 'file') {
      const { dev, ino } = await stat(fileURLToPath(url), { bigint: true });
      return `${dev}:${ino}`;
    }
    return new URL(url).href.replace(/\/+$/, '');
  } catch {
    // What is wrong with it, connecting says.
    return url;
  }
}
