// Recordings of several hosts: what another host recorded is put beside what was recorded here, for
// each moment at which either saw something wrong, and nothing else is written.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRecordings } from '../../../src/recorder/index.ts';
import { type ActorRecorder, openActorRecorder } from '../../../src/trial/actor-recorder.ts';
import {
  forgetSeen,
  layDown,
  recordingsNear,
  seenTimes,
  takeRecordings,
} from '../../../src/trial/recordings-place.ts';

let top: string;
let here: string;
let there: string;
let writer: ActorRecorder;
let reader: ActorRecorder;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'heisenwrite-recordings-'));
  [here, there] = [join(top, 'here'), join(top, 'there')];
  mkdirSync(here);
  mkdirSync(there);
  writer = openActorRecorder(here, 'writer-0') as ActorRecorder;
  reader = openActorRecorder(there, 'reader ssh:user@other') as ActorRecorder;
  writer.role('write');
  reader.role('read');
});
afterEach(() => rmSync(top, { recursive: true }));

const write = (path: string) => writer.ended('write', path, 0, 8, 0.001, null);
const read = (path: string) => reader.ended('read', path, 0, 8, 0.001, null);

/** Paths of the files that actors told of, by actor. */
function pathsIn(directory: string): Record<string, unknown[]> {
  const recordings = openRecordings([directory]);
  const paths: Record<string, unknown[]> = {};
  for (const { event, fields, recording } of recordings.events()) {
    const { name } = recordings.headers[recording] as { name: string };
    if (event === 'file') paths[name] = [...(paths[name] ?? []), fields.path];
  }
  recordings.close();
  return paths;
}

test('where the other host saw it, its copies are of then, and ours of now', () => {
  write('/then');
  read('/then');
  reader.wrongSeen();
  write('/now');
  read('/now');
  layDown(here, 'other', takeRecordings(there));
  expect(seenTimes(there)).toEqual([]);
  const [seenNs = 0n] = seenTimes(here);
  const near = recordingsNear(here, seenNs - 1n);
  expect(pathsIn(near as string)).toEqual({
    'reader ssh:user@other': ['/then'],
    'writer-0': ['/then', '/now'],
  });
  expect(readdirSync(near as string).sort()).toEqual([
    expect.stringMatching(/^other-reader-ssh-user-other-\d+-\d+\.hwrec$/),
    expect.stringMatching(/^writer-0-/),
  ]);
  forgetSeen(here);
  expect(readdirSync(here)).toEqual([expect.stringMatching(/^writer-0-/)]);
});

test('where we saw it, it is the other way round; where nobody did, all are of now', () => {
  write('/then');
  writer.wrongSeen();
  write('/now');
  read('/now');
  layDown(here, 'other', takeRecordings(there));
  expect(pathsIn(recordingsNear(here, 0n) as string)).toEqual({
    'reader ssh:user@other': ['/now'],
    'writer-0': ['/then'],
  });
  forgetSeen(here);
  layDown(here, 'other', takeRecordings(there));
  expect(pathsIn(recordingsNear(here, 0n) as string)).toEqual({
    'reader ssh:user@other': ['/now'],
    'writer-0': ['/then', '/now'],
  });
});

test('another host writes nowhere else, whatever it calls its recordings', () => {
  const bytes = readFileSync(join(here, readdirSync(here)[0] as string));
  const named = (name: string, seenNs: string | null = null) => ({ name, seenNs, bytes });
  layDown(here, 'other', [
    named('../../x.hwrec'),
    named('/tmp/x.hwrec'),
    named('x.hwrec', '../5'),
    named('x.hwrec', '-5'),
    named('.hwrec'),
    named('x.sh'),
  ]);
  const seen = readdirSync(here).filter((name) => name.startsWith('seen-'));
  expect(seen).toHaveLength(1);
  expect(readdirSync(join(here, seen[0] as string))).toEqual([expect.stringMatching(/^writer-0-/)]);
  expect(readdirSync(top).sort()).toEqual(['here', 'there']);
});

test('no room, or no directory any more: nothing is thrown', () => {
  rmSync(here, { recursive: true });
  expect(() => layDown(here, 'other', takeRecordings(there))).not.toThrow();
  expect(recordingsNear(here, 0n)).toBeNull();
});
