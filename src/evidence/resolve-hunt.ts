// From what a user typed to the directory of a hunt: a path, an identifier or the beginning of one,
// or nothing at all for the newest.

import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { isoTime } from '../base/clock.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { HUNT_PREFIX, readOwner } from './hunt-directory.ts';
import { DATABASE_NAME } from './open-database.ts';

interface FoundHunt {
  readonly path: string;
  readonly hunt: string;
  readonly startedAtMs: number;
}

const LISTED_MAX = 10;

/**
 * @param text path of a hunt's directory, or of a directory with hunts (the newest is meant), or
 *   its identifier or a unique beginning of it (with or without `heisenwrite-`), or undefined for
 *   the newest in `cwd`
 * @throws HeisenwriteError 'no-such-hunt', which lists what is there
 */
export function resolveHunt(text: string | undefined, cwd: string): string {
  const found = huntsIn(cwd);
  if (text === undefined) {
    const [newest] = found;
    if (newest) return newest.path;
    throw noSuchHunt(`there is no hunt in ${cwd}`, found);
  }
  if (text === '') throw noSuchHunt('an empty name is not a hunt', found);
  const path = resolve(cwd, text);
  if (isHunt(path)) return realpathSync(path);
  const inside = existsSync(path) && statSync(path).isDirectory() ? huntsIn(path) : [];
  if (inside[0]) return inside[0].path;
  const wanted = text.startsWith(HUNT_PREFIX) ? text.slice(HUNT_PREFIX.length) : text;
  const matching = found.filter(({ hunt }) => wanted !== '' && hunt.startsWith(wanted));
  const exact = matching.find(({ hunt }) => hunt === wanted);
  const only = exact ?? (matching.length === 1 ? matching[0] : undefined);
  if (only) return only.path;
  if (matching.length > 1) {
    throw noSuchHunt(`${matching.length} hunts begin with ${wanted}`, matching);
  }
  throw noSuchHunt(`${text} is not a hunt`, found);
}

function isHunt(path: string): boolean {
  return existsSync(join(path, DATABASE_NAME));
}

/** The newest first. */
function huntsIn(directory: string): FoundHunt[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.startsWith(HUNT_PREFIX) && isHunt(join(directory, name)))
    .map((name) => foundHunt(join(directory, name)))
    .sort((a, b) => b.startedAtMs - a.startedAtMs || (a.hunt < b.hunt ? -1 : 1));
}

function foundHunt(path: string): FoundHunt {
  const real = realpathSync(path);
  const startedAtMs = readOwner(real)?.startedAtMs ?? statSync(real).mtimeMs;
  return { path: real, hunt: basename(path).slice(HUNT_PREFIX.length), startedAtMs };
}

function noSuchHunt(message: string, there: readonly FoundHunt[]): HeisenwriteError {
  if (there.length === 0) return new HeisenwriteError('no-such-hunt', message);
  const listed = there
    .slice(0, LISTED_MAX)
    .map(({ hunt, startedAtMs }) => `${hunt} (${isoTime(startedAtMs)})`);
  const more = there.length > LISTED_MAX ? ` and ${there.length - LISTED_MAX} more` : '';
  return new HeisenwriteError(
    'no-such-hunt',
    `${message}; these are there: ${listed.join(', ')}${more}`,
  );
}
