// Recordings of several hosts: what another host recorded is put beside what was recorded here, for
// each moment at which either saw something wrong, and nothing else is written.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { monotonicNs } from '../../../src/base/clock.ts';
import { openRecordings } from '../../../src/recorder/index.ts';
import { type ActorRecorder, openActorRecorder } from '../../../src/trial/actor-recorder.ts';
import {
  forgetSeen,
  layDown,
  makeRecordingsPlace,
  recordingsNear,
  seenTimes,
  type TakenRecording,
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
  layDown(here, [{ host: 'other', taken: takeRecordings(there) }]);
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
  layDown(here, [{ host: 'other', taken: takeRecordings(there) }]);
  expect(pathsIn(recordingsNear(here, 0n) as string)).toEqual({
    'reader ssh:user@other': ['/now'],
    'writer-0': ['/then'],
  });
  forgetSeen(here);
  layDown(here, [{ host: 'other', taken: takeRecordings(there) }]);
  expect(pathsIn(recordingsNear(here, 0n) as string)).toEqual({
    'reader ssh:user@other': ['/now'],
    'writer-0': ['/then', '/now'],
  });
});

test.each(['there', 'here'])('what is seen after the last copy %s has those of now', (where) => {
  write('/then');
  read('/then');
  (where === 'there' ? reader : writer).wrongSeen();
  write('/now');
  read('/now');
  const seenNs = monotonicNs();
  layDown(here, [{ host: 'other', taken: takeRecordings(there) }]);
  expect(pathsIn(recordingsNear(here, seenNs) as string)).toEqual({
    'reader ssh:user@other': ['/then', '/now'],
    'writer-0': ['/then', '/now'],
  });
});

test('another host writes nowhere else, whatever it calls its recordings', () => {
  const bytes = readFileSync(join(there, readdirSync(there)[0] as string));
  const named = (name: unknown, seenNs: unknown = null, what: unknown = bytes) => ({
    ...{ name, seenNs, bytes: what },
  });
  const taken = [
    named('../../x.hwrec'),
    named('/tmp/x.hwrec'),
    named('x.hwrec', '../5'),
    named('x.hwrec', '-5'),
    named('.hwrec'),
    named('x.sh'),
    named(5),
    named('x.hwrec', 5),
    named('x.hwrec', null, 'text'),
    // It would hide the others.
    named('x.hwrec', null, Buffer.from('no recording')),
    null,
  ] as unknown as readonly TakenRecording[];
  for (const each of [taken, null as unknown as typeof taken]) {
    layDown(here, [{ host: 'other', taken: each }]);
    const seen = readdirSync(here).filter((name) => name.startsWith('seen-'));
    expect(seen).toHaveLength(1);
    expect(readdirSync(join(here, seen[0] as string))).toEqual([
      expect.stringMatching(/^writer-0-/),
    ]);
    forgetSeen(here);
  }
  expect(readdirSync(top).sort()).toEqual(['here', 'there']);
});

test('two other hosts: what one saw has the recordings of both', () => {
  read('/there');
  const second = join(top, 'second');
  mkdirSync(second);
  const last = openActorRecorder(second, 'reader-1') as ActorRecorder;
  last.ended('read', '/second', 0, 8, 0.001, null);
  last.wrongSeen();
  layDown(here, [
    { host: 'a', taken: takeRecordings(there) },
    { host: 'b', taken: takeRecordings(second) },
  ]);
  expect(Object.keys(pathsIn(recordingsNear(here, 0n) as string)).sort()).toEqual([
    'reader ssh:user@other',
    'reader-1',
  ]);
});

test('the place is ours alone, and those of the killed are removed in this namespace alone', () => {
  const place = makeRecordingsPlace('test') as string;
  try {
    const parent = dirname(place);
    const [, space] = /recordings-\d+-(\d+)-test-/.exec(place) ?? [];
    expect(statSync(place).mode & 0o777).toBe(0o700);
    const names = [`999999999-${space}-x`, '999999999-1-x'].map((name) =>
      join(parent, `heisenwrite-recordings-${name}`),
    );
    for (const name of names) mkdirSync(name);
    const another = makeRecordingsPlace('test') as string;
    expect(another).not.toBe(place);
    rmSync(another, { recursive: true });
    expect(names.map((name) => existsSync(name))).toEqual([false, true]);
    rmSync(names[1] as string, { recursive: true });
  } finally {
    rmSync(place, { recursive: true });
  }
});

test('no room, or no directory any more: nothing is thrown', () => {
  rmSync(here, { recursive: true });
  const hosts = [{ host: 'other', taken: takeRecordings(there) }];
  expect(() => layDown(here, hosts)).not.toThrow();
  expect(recordingsNear(here, 0n)).toBeNull();
});
