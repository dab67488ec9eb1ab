// The directory in which the actors of one host record, and how recordings of several hosts come
// together. It is in memory that outlives the processes (tmpfs), since a ring on the medium under
// test would write to it. Copies that were made when something wrong was read lie in directories
// of their own, named by the time.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monotonicNs } from '../base/clock.ts';
import { copyRecording } from '../recorder/recording-copy.ts';
import { RECORDING_ENDING } from '../recorder/recordings.ts';

const SHARED_MEMORY = '/dev/shm';
const PREFIX = 'heisenwrite-recordings-';
const SEEN_PREFIX = 'seen-';
/** As `openActorRecorder` names them. */
const RECORDING_NAME = /^\w[\w.-]*\.hwrec$/;

/** A recording of another host, as it was when it was asked for, or when wrong was seen. */
export interface TakenRecording {
  /** Null for as it is now; else ns in the clock of the hunt, decimal. */
  readonly seenNs: string | null;
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Makes it, for whoever is told apart by `name`, and removes those of processes that were killed.
 * @returns null where nothing can be written there: then actors do not record
 */
export function makeRecordingsPlace(name: string): string | null {
  const parent = existsSync(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir();
  const directory = join(parent, `${PREFIX}${process.pid}-${name}`);
  try {
    removeLeft(parent);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return directory;
  } catch {
    return null;
  }
}

/** Of hunts that were killed: their evidence is elsewhere. */
function removeLeft(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = /^heisenwrite-recordings-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch {
      // Another user's.
    }
  }
}

export const recordingNames = (directory: string): string[] =>
  readdirSync(directory).filter((name) => name.endsWith(RECORDING_ENDING));

/** Of all actors of this host: what they did meanwhile is what one wants to see beside it. */
export function copyAllSeen(directory: string, seenNs: bigint): void {
  const copies = seenDirectory(directory, seenNs);
  try {
    mkdirSync(copies);
    for (const name of recordingNames(directory)) {
      copyRecording(join(directory, name), join(copies, name));
    }
  } catch {
    // No room for it, or the hunt has ended: the finding has no recording then.
  }
}

const seenDirectory = (directory: string, ns: bigint) => join(directory, `${SEEN_PREFIX}${ns}`);

/** When copies were made, in order. */
export function seenTimes(directory: string): bigint[] {
  return readdirSync(directory)
    .filter((name) => name.startsWith(SEEN_PREFIX))
    .map((name) => BigInt(name.slice(SEEN_PREFIX.length)))
    .sort((a, b) => (a < b ? -1 : 1));
}

/** The first copies made after it was seen, else what there is; null for nothing. */
export function recordingsNear(directory: string, atNs: bigint): string | null {
  if (!existsSync(directory)) return null;
  const after = seenTimes(directory).find((ns) => ns >= atNs);
  if (after !== undefined) return seenDirectory(directory, after);
  return recordingNames(directory).length > 0 ? directory : null;
}

export function forgetSeen(directory: string): void {
  for (const ns of seenTimes(directory)) rmSync(seenDirectory(directory, ns), { recursive: true });
}

/** All that actors of this host have recorded; the copies are gone then. */
export function takeRecordings(directory: string): TakenRecording[] {
  const taken = (from: string, seenNs: string | null): TakenRecording[] =>
    recordingNames(from).map((name) => ({ seenNs, name, bytes: readFileSync(join(from, name)) }));
  const seen = seenTimes(directory).flatMap((ns) =>
    taken(seenDirectory(directory, ns), String(ns)),
  );
  forgetSeen(directory);
  return [...taken(directory, null), ...seen];
}

/**
 * Puts what was recorded on another host beside what was recorded here. Wherever one host made
 * copies, those of the other are put beside them as they are now: what they did is not forgotten
 * so soon. It is gone with these copies.
 * @param host before the names of its recordings
 */
export function layDown(directory: string, host: string, taken: readonly TakenRecording[]): void {
  // Another host is not trusted with names.
  const proper = taken.filter(
    ({ name, seenNs }) => RECORDING_NAME.test(name) && /^\d*$/.test(seenNs ?? ''),
  );
  const nameOf = ({ name }: TakenRecording) => `${host}-${name}`;
  try {
    for (const each of proper.filter(({ seenNs }) => seenNs !== null)) {
      const to = seenDirectory(directory, BigInt(each.seenNs as string));
      mkdirSync(to, { recursive: true });
      writeFileSync(join(to, nameOf(each)), each.bytes);
    }
    if (seenTimes(directory).length === 0) copyAllSeen(directory, monotonicNs());
    for (const to of seenTimes(directory).map((ns) => seenDirectory(directory, ns))) {
      for (const name of recordingNames(directory)) {
        if (!existsSync(join(to, name))) copyRecording(join(directory, name), join(to, name));
      }
      for (const each of proper.filter(({ seenNs }) => seenNs === null)) {
        const path = join(to, nameOf(each));
        if (!existsSync(path)) writeFileSync(path, each.bytes);
      }
    }
  } catch {
    // No room for it: the finding has the recordings that there are.
  }
}
