// The directory of a hunt, `heisenwrite-<hunt>`: the only place that a hunt writes to. It is
// made here, checked before it is made, accounted for while it is used and cleaned of what is
// not evidence.

import {
  accessSync,
  constants,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { wallMs } from '../base/clock.ts';
import { formatSize } from '../base/quantities.ts';
import { errnoOf, HeisenwriteError } from '../domain/errors.ts';
import { syncPath } from './open-database.ts';

export const HUNT_PREFIX = 'heisenwrite-';
const OWNER_NAME = 'owner.json';
const TRIALS_NAME = 'trials';
const ALLOWANCE_BYTES_MAX = 2 ** 30;
/** Needed for the evidence alone; a hunt with less could not record what it sees. */
const SPACE_BYTES_MIN = 4 * 2 ** 20;
const INODES_MIN = 64;

export interface HuntDirectory {
  readonly path: string;
  /** Trials write below this and nowhere else; it is emptied between trials. */
  readonly trials: string;
  /** What the hunt may take on the place; bytes. */
  readonly spaceBytes: number;
}

export interface Owner {
  readonly hunt: string;
  readonly pid: number;
  /**
   * Start of that process, clock ticks since boot (proc(5), field 22): tells a reused pid
   * apart.
   */
  readonly processStart: string;
  readonly startedAtMs: number;
}

export interface PlaceSpace {
  readonly freeBytes: number;
  /** Null where the file system does not count inodes. */
  readonly freeInodes: number | null;
}

/** @throws HeisenwriteError 'no-such-place' */
export function placeSpace(place: string): PlaceSpace {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(place);
    return { freeBytes: bavail * bsize, freeInodes: files > 0 ? ffree : null };
  } catch (error) {
    throw placeError(place, error);
  }
}

/** The lesser of 1 GiB and a tenth of what is free, in whole MiB where it is more than one. */
export function defaultAllowance(freeBytes: number): number {
  const bytes = Math.min(ALLOWANCE_BYTES_MAX, Math.floor(freeBytes / 10));
  return bytes >= 2 ** 20 ? Math.floor(bytes / 2 ** 20) * 2 ** 20 : bytes;
}

/**
 * Checks a place before anything is made in it; returns its real path and what a hunt may take.
 * @param spaceBytes what the user allowed; without it the default allowance
 * @throws HeisenwriteError 'no-such-place', 'place-not-writable', 'no-space'
 */
export function checkPlace(
  place: string,
  spaceBytes?: number,
): { path: string; spaceBytes: number } {
  let path: string;
  try {
    path = realpathSync(place);
    if (!statSync(path).isDirectory()) {
      throw new HeisenwriteError('no-such-place', `${place} is not a directory`);
    }
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw placeError(place, error);
  }
  const { freeBytes, freeInodes } = placeSpace(path);
  const allowed = spaceBytes ?? defaultAllowance(freeBytes);
  if (freeBytes < Math.max(allowed, SPACE_BYTES_MIN)) {
    const need = formatSize(Math.max(allowed, SPACE_BYTES_MIN));
    throw new HeisenwriteError(
      'no-space',
      `${place} has ${formatSize(freeBytes)} free, and the hunt needs ${need}`,
    );
  }
  if (freeInodes !== null && freeInodes < INODES_MIN) {
    throw new HeisenwriteError(
      'no-space',
      `${place} has ${freeInodes} inodes left, and the hunt needs ${INODES_MIN}`,
    );
  }
  return { path, spaceBytes: allowed };
}

function placeError(place: string, error: unknown): HeisenwriteError {
  if (error instanceof HeisenwriteError) return error;
  const errno = errnoOf(error);
  const options = { cause: error };
  switch (errno) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ELOOP':
      return new HeisenwriteError('no-such-place', `${place} does not exist (${errno})`, options);
    case 'ENOSPC':
    case 'EDQUOT':
      return new HeisenwriteError('no-space', `${place} has no space left (${errno})`, options);
    case 'EROFS': {
      const message = `${place} is on a file system that is mounted read-only`;
      return new HeisenwriteError('place-not-writable', message, options);
    }
    default: {
      const message = `${place} may not be written to (${errno ?? (error as Error).message})`;
      return new HeisenwriteError('place-not-writable', message, options);
    }
  }
}

/**
 * Makes `heisenwrite-<hunt>` under the place.
 * @throws HeisenwriteError as checkPlace, and 'file-exists' where the name is taken
 */
export function createHuntDirectory(
  place: string,
  hunt: string,
  spaceBytes?: number,
): HuntDirectory {
  const checked = checkPlace(place, spaceBytes);
  const path = join(checked.path, HUNT_PREFIX + hunt);
  try {
    mkdirSync(path, { mode: 0o755 });
    mkdirSync(join(path, TRIALS_NAME));
    writeOwner(path, hunt);
    syncPath(path);
    syncPath(checked.path);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') {
      throw new HeisenwriteError('file-exists', `${path} exists already`, { cause: error });
    }
    throw placeError(place, error);
  }
  return { path, trials: join(path, TRIALS_NAME), spaceBytes: checked.spaceBytes };
}

/**
 * Takes over the directory of a hunt that was interrupted.
 * @throws HeisenwriteError 'no-such-hunt', 'evidence-busy' when its owner is still alive
 */
export function reopenHuntDirectory(path: string, spaceBytes?: number): HuntDirectory {
  const owner = readOwner(path);
  if (owner === null) {
    throw new HeisenwriteError('no-such-hunt', `${path} has no ${OWNER_NAME}: not a hunt of ours`);
  }
  if (owner.pid !== process.pid && isAlive(owner)) {
    throw new HeisenwriteError('evidence-busy', `process ${owner.pid} is hunting in ${path}`);
  }
  const { path: real, spaceBytes: allowed } = checkPlace(path, spaceBytes);
  try {
    writeOwner(real, owner.hunt);
    const trials = join(real, TRIALS_NAME);
    mkdirSync(trials, { recursive: true });
    if (!lstatSync(trials).isDirectory()) {
      throw new HeisenwriteError('place-not-writable', `${trials} is a link: not made by a hunt`);
    }
  } catch (error) {
    throw placeError(path, error);
  }
  return { path: real, trials: join(real, TRIALS_NAME), spaceBytes: allowed };
}

/** Removes what trials left, which is not evidence; the rest of the directory stays. */
export function removeTrialFiles({ trials }: HuntDirectory): void {
  let names: string[];
  try {
    // A link in place of the directory would lead to files that are not ours.
    if (!lstatSync(trials).isDirectory()) return;
    names = readdirSync(trials);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  // rmSync removes a symbolic link itself and never what it points to.
  for (const name of names) rmSync(join(trials, name), { recursive: true, force: true });
}

/** At the end of a hunt: the trial files and, where nothing else is in it, their directory. */
export function closeHuntDirectory(directory: HuntDirectory): void {
  removeTrialFiles(directory);
  rmSync(directory.trials, { recursive: true, force: true });
}

/** Of a hunt that was refused before its first trial: nothing in it is evidence of anything. */
export function discardHuntDirectory({ path }: HuntDirectory): void {
  rmSync(path, { recursive: true, force: true });
}

/** Bytes allocated to everything below `path`, links not followed. */
export function takenBytes(path: string): number {
  let bytes = 0;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    try {
      bytes += lstatSync(inner).blocks * 512;
      if (entry.isDirectory()) bytes += takenBytes(inner);
    } catch (error) {
      // A trial may remove its files while they are counted.
      if (errnoOf(error) !== 'ENOENT') throw error;
    }
  }
  return bytes;
}

function writeOwner(path: string, hunt: string): void {
  const owner: Owner = {
    hunt,
    pid: process.pid,
    processStart: processStart(process.pid) ?? '',
    startedAtMs: wallMs(),
  };
  writeFileSync(join(path, OWNER_NAME), `${JSON.stringify(owner, null, 2)}\n`);
}

export function readOwner(path: string): Owner | null {
  try {
    const owner = JSON.parse(readFileSync(join(path, OWNER_NAME), 'utf8')) as Partial<Owner>;
    return typeof owner.hunt === 'string' && typeof owner.pid === 'number'
      ? (owner as Owner)
      : null;
  } catch {
    return null;
  }
}

/** Is the process that owns a hunt still the one that took it? */
export function isAlive(owner: Owner): boolean {
  const start = processStart(owner.pid);
  return start !== null && start === owner.processStart;
}

function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in field 2 may hold spaces and parentheses; fields are counted after its last one.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
