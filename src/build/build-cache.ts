// Where built programs are kept from one hunt to the next, and whether what is there is whole: a
// tool that looks for damaged files does not trust one of its own unseen.

import { createHash } from 'node:crypto';
import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { errnoOf } from '../domain/errors.ts';

/**
 * Below $XDG_CACHE_HOME (XDG Base Directory Specification), by default ~/.cache; in the hunt's own
 * directory where that cannot be written.
 */
export function cacheDirectory(huntDirectory: string): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const wanted = join(base, 'heisenwrite', 'builds');
  try {
    mkdirSync(wanted, { recursive: true });
    accessSync(wanted, constants.W_OK | constants.X_OK);
    return wanted;
  } catch (error) {
    if (errnoOf(error) === null) throw error;
    const own = join(huntDirectory, 'builds');
    mkdirSync(own, { recursive: true });
    return own;
  }
}

export function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** What is written beside a program: what it was made of, and its digest. */
export function sealOf(program: string, inputs: object): string {
  return `${JSON.stringify({ digest: digestOf(program), ...inputs }, null, 2)}\n`;
}

export function isWhole(program: string, seal: string): boolean {
  try {
    const { digest } = JSON.parse(readFileSync(seal, 'utf8')) as { digest?: unknown };
    return digest === digestOf(program);
  } catch {
    return false;
  }
}
