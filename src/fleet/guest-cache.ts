// Where what guests boot from is kept: one entry for each set of inputs, made in a directory of its
// own and then renamed, so that whoever finds an entry finds it whole, and two that build the same
// at once do not meet.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { wallMs } from '../base/clock.ts';

/** Entries that nobody used for so long are removed when a new one is made; milliseconds. */
const UNUSED_MS = 7 * 86_400_000;

/** Told of each step as it begins, in words. */
export type Say = (words: string) => void;

/** `$XDG_CACHE_HOME/heisenwrite/guests`, as the XDG Base Directory Specification has it. */
export function guestCache(): string {
  const home = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(home, 'heisenwrite', 'guests');
}

/** 16 hex digits that stand for all inputs. */
export function inputsHash(inputs: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(`${input.length}:`).update(input);
  return hash.digest('hex').slice(0, 16);
}

/**
 * The directory of this entry; made by `build` where it is not there.
 * @param name as `kernel-6.1.192-0123456789abcdef`: a sort, what it is, and the hash of its inputs
 */
export async function cached(
  name: string,
  build: (directory: string) => Promise<void>,
): Promise<string> {
  const path = join(guestCache(), name);
  if (!existsSync(path)) {
    await mkdir(guestCache(), { recursive: true });
    await removeUnused();
    const begun = await mkdtemp(join(guestCache(), 'begun-'));
    try {
      await build(begun);
      await rename(begun, path).catch((error: unknown) => {
        if (!existsSync(path)) throw error;
      });
    } finally {
      await rm(begun, { recursive: true, force: true });
    }
  }
  const now = new Date(wallMs());
  await utimes(path, now, now);
  return path;
}

/** The entries whose name begins so, the one that was used last first. */
export async function cachedEntries(prefix: string): Promise<string[]> {
  const names = existsSync(guestCache()) ? await readdir(guestCache()) : [];
  const paths = names.filter((name) => name.startsWith(prefix)).map((n) => join(guestCache(), n));
  const used = await Promise.all(paths.map(async (path) => (await stat(path)).mtimeMs));
  return paths.toSorted((a, b) => (used[paths.indexOf(b)] ?? 0) - (used[paths.indexOf(a)] ?? 0));
}

async function removeUnused(): Promise<void> {
  for (const path of await cachedEntries('')) {
    const { mtimeMs } = await stat(path);
    if (wallMs() - mtimeMs > UNUSED_MS) await rm(path, { recursive: true, force: true });
  }
}
