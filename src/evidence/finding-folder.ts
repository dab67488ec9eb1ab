// A folder per finding that a stranger can read without heisenwrite: the bytes that were meant, the
// bytes that were read, every re-read, a hex dump, the facts of the host and how to try it again.
// It is written under another name, synced and renamed, so that a folder that is there is whole.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { assert } from '../base/assert.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { hexLines } from '../domain/hex-rows.ts';
import type { Facts, Finding } from '../domain/hunt-report.ts';
import type { Observation } from '../domain/observation.ts';
import { deliveriesCsv } from './deliveries-csv.ts';
import { findingReadme } from './finding-readme.ts';
import { syncPath } from './open-database.ts';
import { evidenceError } from './sqlite-failure.ts';

/** Kept before and after the damage, rounded to this as well; bytes. */
const AROUND_BYTES = 4096;
/** At most this much of the window goes into each file; the whole of it is in evidence.sqlite. */
const WINDOW_BYTES_MAX = 1024 * 1024;

export interface FindingBytes {
  readonly observation: Observation;
  /** What was meant to be in the observation's window; null where nothing was (an extra file). */
  readonly expected: Uint8Array | null;
  /** What each actor recorded, by the name of its file. */
  readonly recordings?: ReadonlyMap<string, Uint8Array>;
}

/** Part of an observation's window that is written out; byte positions within the window. */
export interface KeptWindow {
  readonly from: number;
  readonly to: number;
  /** File offset of the first byte kept. */
  readonly offset: number;
}

/**
 * Writes `directory`/`finding.id` and returns its path; it survives a power loss when this returns.
 * A folder that is there already for the same trial (the finding was judged again) stays as it is.
 * @throws HeisenwriteError 'no-space', 'write-failed', 'file-exists'
 */
export function writeFindingFolder(
  directory: string,
  finding: Finding,
  bytes: FindingBytes,
  facts: Facts,
): string {
  assert(/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(finding.id), `${finding.id} can name a folder`);
  const folder = join(directory, finding.id);
  if (existsSync(folder)) return keepWritten(folder, finding);
  const unfinished = join(directory, `${finding.id}.unfinished`);
  const files = folderFiles(finding, bytes, facts);
  try {
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished);
    for (const [name, content] of files) writeSynced(join(unfinished, name), content);
    syncPath(unfinished);
    renameSync(unfinished, folder);
    syncPath(directory);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    const told = evidenceError(error, `writing ${finding.id}`, folder);
    if (told instanceof HeisenwriteError) throw told;
    throw new HeisenwriteError('write-failed', `${folder}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return folder;
}

function keepWritten(folder: string, finding: Finding): string {
  const written = JSON.parse(readFileSync(join(folder, 'finding.json'), 'utf8')) as Finding;
  if (written.trial === finding.trial && written.seed === finding.seed) return folder;
  throw new HeisenwriteError(
    'file-exists',
    `${folder} holds the finding of trial ${written.trial}`,
  );
}

function folderFiles(
  finding: Finding,
  { observation, expected, recordings = new Map() }: FindingBytes,
  facts: Facts,
): Map<string, string | Uint8Array> {
  const window = keptWindow(finding, observation, expected?.length ?? 0);
  const cut = (bytes: Uint8Array) => bytes.subarray(window.from, window.to);
  const files = new Map<string, string | Uint8Array>();
  const meant = cut(expected ?? new Uint8Array(0));
  if (expected) files.set('expected.bin', meant);
  const csv = deliveriesCsv(observation);
  if (csv) files.set('deliveries.csv', csv);
  else files.set('observed.bin', cut(observation.bytes));
  observation.rereads.forEach((look, index) => {
    if (look.bytes) files.set(`reread-${index + 1}-${look.how}.bin`, cut(look.bytes));
  });
  const dump = hexLines(meant, cut(observation.bytes), window.offset);
  if (!csv) files.set('hexdump.txt', `${dump.join('\n')}\n`);
  for (const [name, recording] of recordings) files.set(name, recording);
  files.set('facts.json', json(facts));
  files.set('finding.json', json(finding));
  files.set('README.txt', findingReadme(finding, observation, window, [...files.keys()]));
  return files;
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** The damage and some bytes around it, in whole blocks of 4 KiB, cut to what was read or meant. */
export function keptWindow(
  finding: Pick<Finding, 'damage'>,
  observation: Pick<Observation, 'offset' | 'bytes'>,
  expectedBytes: number,
): KeptWindow {
  const there = Math.max(observation.bytes.length, expectedBytes);
  const starts = finding.damage.map((damage) => damage.offset - observation.offset);
  const ends = finding.damage.map((damage) => damage.offset + damage.length - observation.offset);
  const first = starts.length === 0 ? 0 : Math.min(...starts);
  const last = ends.length === 0 ? there : Math.max(...ends);
  const down = Math.floor((first - AROUND_BYTES) / AROUND_BYTES) * AROUND_BYTES;
  const from = Math.min(there, Math.max(0, down));
  const up = Math.ceil((last + AROUND_BYTES) / AROUND_BYTES) * AROUND_BYTES;
  const to = Math.max(from, Math.min(there, up, from + WINDOW_BYTES_MAX));
  return { from, to, offset: observation.offset + from };
}

function writeSynced(path: string, content: string | Uint8Array): void {
  const fd = openSync(path, 'wx');
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
