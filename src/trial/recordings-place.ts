// The directory in which the actors of one host record, and how recordings of several hosts come
// together. It is in memory that outlives the processes (tmpfs), since a ring on the medium under
// test would write to it. Copies that were made when something wrong was read lie in directories
// of their own, named by the time.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monotonicNs } from '../base/clock.ts';
import { copyRecording } from '../recorder/recording-copy.ts';
import { openRecordings, RECORDING_ENDING } from '../recorder/recordings.ts';

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
  try {
    const space = pidSpace();
    removeLeft(parent, space);
    // Of a name that nobody can have made before, as others may write here.
    return mkdtempSync(join(parent, `${PREFIX}${process.pid}-${space}-${name}-`));
  } catch {
    return null;
  }
}

/** Processes have numbers of their own in each namespace, and containers may share this memory. */
function pidSpace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}

/** Of hunts that were killed: their evidence is elsewhere. */
function removeLeft(parent: string, space: string): void {
  for (const name of readdirSync(parent)) {
    const [, pid, theirs] = /^heisenwrite-recordings-(\d+)-(\d+)-/.exec(name) ?? [];
    if (pid === undefined || theirs !== space || existsSync(`/proc/${pid}`)) continue;
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

/** All that one host has handed over. */
export interface HostRecordings {
  /** Before the names of its recordings. */
  readonly host: string;
  readonly taken: readonly TakenRecording[];
}

/**
 * Puts what was recorded on other hosts beside what was recorded here. Wherever one host made
 * copies, those of the others are put beside them as they are now: what they did is not forgotten
 * so soon. It is gone with these copies. Never throws: where there is no room for it, a finding has
 * the recordings that there are.
 */
export function layDown(directory: string, hosts: readonly HostRecordings[]): void {
  try {
    const proper = hosts.flatMap(properOf);
    for (const { seenNs, name, bytes } of proper) {
      if (seenNs !== null) keep(seenDirectory(directory, BigInt(seenNs)), name, bytes);
    }
    // An actor copies when it sees the first wrong ones, and what it saw after them is later.
    copyAllSeen(directory, monotonicNs());
    for (const to of seenTimes(directory).map((ns) => seenDirectory(directory, ns))) {
      for (const name of recordingNames(directory)) {
        if (!existsSync(join(to, name))) copyRecording(join(directory, name), join(to, name));
      }
      for (const { seenNs, name, bytes } of proper) if (seenNs === null) keep(to, name, bytes);
    }
  } catch {
    // No room for it.
  }
}

/** Another host is trusted neither with names nor with what it calls a recording. */
function properOf({ host, taken }: HostRecordings): TakenRecording[] {
  if (!Array.isArray(taken)) return [];
  return (taken as unknown[]).flatMap((each) => {
    const { name, seenNs, bytes } = (each ?? {}) as Partial<TakenRecording>;
    const isProper =
      typeof name === 'string' &&
      RECORDING_NAME.test(name) &&
      (seenNs === null || (typeof seenNs === 'string' && /^\d{1,20}$/.test(seenNs))) &&
      bytes instanceof Uint8Array;
    return isProper ? [{ name: `${host}-${name}`, seenNs, bytes }] : [];
  });
}

/** Unless it is there, or is none: one that cannot be read would hide the others. */
function keep(directory: string, name: string, bytes: Uint8Array): void {
  const path = join(directory, name);
  if (existsSync(path)) return;
  mkdirSync(directory, { recursive: true });
  writeFileSync(path, bytes);
  try {
    openRecordings([path]).close();
  } catch {
    rmSync(path, { force: true });
  }
}
