// publish and pickUp where things are not as they should be: markers that lie, files that are
// short, names of all kinds, names that are taken, sources that change.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type HandedFile, type PublishOptions, pickUp, publish } from '../../src/index.ts';
import { contentsOf, refusal, sha256Of, foldersTest as test } from './delivery-setting.ts';

test('what it used and what there was none of is said', async ({ drop, file }) => {
  const done = await publish(file, drop, { verify: true });
  expect(done).toMatchObject({ name: 'a.bin', bytes: 17, sha256: sha256Of(file), removed: [] });
  expect(done.used).toEqual([
    'written in order under a temporary name on the same medium',
    'fsync(2)',
    'all was read back through a second client',
    'link(2) and unlink(2): the name only where it is free',
    'fsync(2) of the directory',
    'rename(2)',
    'a marker a.bin.ready with length and SHA-256, written after the file',
  ]);
  expect(done.missing).toEqual([]);
  expect(readFileSync(join(drop, 'a.bin.ready'), 'utf8')).toBe(
    `{"schema":"heisenwrite.ready/1","name":"a.bin","bytes":17,"sha256":"${sha256Of(file)}"}\n`,
  );
});

const LIES: readonly (readonly [string, (drop: string) => void, RegExp])[] = [
  ['a file that is short', (drop) => truncateSync(join(drop, 'a.bin'), 9), /has 9 bytes.*says 17/],
  ['a file that grew', (drop) => appendFileSync(join(drop, 'a.bin'), '!'), /18 bytes.*says 17/],
  [
    'one that is as long and has another content',
    (drop) => writeFileSync(join(drop, 'a.bin'), 'what is Delivered'),
    /its SHA-256 is \w+, the marker says \w+/,
  ],
  [
    'zeros of the right length',
    (drop) => writeFileSync(join(drop, 'a.bin'), new Uint8Array(17)),
    /SHA-256/,
  ],
  ['half a marker', (drop) => truncateSync(join(drop, 'a.bin.ready'), 60), /marker cannot be read/],
  ['an empty marker', (drop) => truncateSync(join(drop, 'a.bin.ready'), 0), /cannot be read/],
  ['a marker of another program', (drop) => writeFileSync(join(drop, 'a.bin.ready'), 'ok'), /read/],
];

for (const [name, spoil, why] of LIES) {
  test(`${name} is left where it is`, async ({ drop, into, file }) => {
    await publish(file, drop);
    spoil(drop);
    const before = contentsOf(drop);
    const { picked, waiting } = await pickUp(drop, { into });
    expect(picked).toEqual([]);
    expect(waiting).toEqual([{ name: 'a.bin', why: expect.stringMatching(why) as string }]);
    expect(contentsOf(drop)).toEqual(before);
    expect(readdirSync(into)).toEqual([]);
  });
}

test('a marker before its file, and one of another name, wait', async ({ drop, into, file }) => {
  await publish(file, drop);
  const marker = readFileSync(join(drop, 'a.bin.ready'));
  writeFileSync(join(drop, 'early.ready'), marker.toString().replace('a.bin', 'early'));
  writeFileSync(join(drop, 'b.bin'), readFileSync(file));
  writeFileSync(join(drop, 'b.bin.ready'), marker);
  const first = await pickUp(drop, { into });
  expect(first.picked.map(({ name }) => name)).toEqual(['a.bin']);
  expect(first.waiting).toEqual([
    { name: 'b.bin', why: 'its marker is of "a.bin"' },
    { name: 'early', why: 'there is a marker, but no file' },
  ]);
  writeFileSync(join(drop, 'early'), 'what is');
  expect((await pickUp(drop, { into })).picked).toEqual([]);
  appendFileSync(join(drop, 'early'), ' delivered');
  expect((await pickUp(drop, { into })).picked.map(({ name }) => name)).toEqual(['early']);
});

for (const name of [
  'new\nline',
  '#1?100%',
  '.hidden',
  '  ',
  'ä\u{1f600}',
  '-rf',
  'x'.repeat(249),
]) {
  test(`${JSON.stringify(name.slice(0, 12))} is a name as any other`, async (folders) => {
    const { drop, into, file } = folders;
    await publish(file, drop, { name });
    expect((await pickUp(drop, { into })).picked.map((each) => each.name)).toEqual([name]);
    expect(contentsOf(into)).toEqual({ [name]: sha256Of(file) });
    expect(readdirSync(drop)).toEqual([]);
  });
}

for (const name of ['a.ready', '..', 'a/b', '', 'x'.repeat(250), '.heisenwrite-publish-x']) {
  test(`${JSON.stringify(name.slice(0, 24))} is refused`, async ({ drop, file }) => {
    expect((await refusal(publish(file, drop, { name }))).code).toBe('invalid-option');
    expect(readdirSync(drop)).toEqual([]);
  });
}

test('who may read the file may read it there, unless it is not wanted', async ({ drop, file }) => {
  const mask = process.umask();
  await publish(file, drop);
  await publish(file, drop, { name: 'secret', mode: 0o600 });
  const modes = readdirSync(drop).map((name) => statSync(join(drop, name)).mode & 0o777);
  const usual = 0o644 & ~mask;
  expect(modes).toEqual([usual, usual, 0o600 & ~mask, 0o600 & ~mask]);
});

test('an empty file is delivered as one', async ({ drop, into, file }) => {
  truncateSync(file, 0);
  expect((await publish(file, drop, { verify: true })).bytes).toBe(0);
  expect((await pickUp(drop, { into })).picked.map(({ bytes }) => bytes)).toEqual([0]);
});

test('a name that is taken is refused, or replaced when asked', async ({ drop, file }) => {
  writeFileSync(join(drop, 'a.bin'), 'somebody else wrote it');
  expect((await refusal(publish(file, drop))).code).toBe('file-exists');
  writeFileSync(join(drop, 'a.bin'), 'what is delivereD');
  const said = await refusal(publish(file, drop));
  expect(said.message).toMatch(/as long as this file but with another content/);
  expect(readFileSync(join(drop, 'a.bin'), 'utf8')).toBe('what is delivereD');
  expect(readdirSync(drop)).toEqual(['a.bin']);
  await publish(file, drop, { exists: 'replace' });
  expect(contentsOf(drop)['a.bin']).toBe(sha256Of(file));
  expect((await publish(file, drop)).wasThere).toBe(true);
});

test('a source that changes meanwhile is not published', async ({ drop, file }) => {
  const onStep: PublishOptions['onStep'] = (step) => {
    if (step === 'half') appendFileSync(file, 'more');
  };
  const said = await refusal(publish(file, drop, { onStep }));
  expect(said.code).toBe('source-changed');
  expect(readdirSync(drop)).toEqual([]);
});

test('what is read back wrong is shown to nobody', async ({ drop, file }) => {
  const onStep: PublishOptions['onStep'] = (step) => {
    const [temporary = ''] = readdirSync(drop);
    if (step === 'synced') writeFileSync(join(drop, temporary), 'what is deliver\0d');
  };
  const said = await refusal(publish(file, drop, { verify: true, onStep }));
  expect(said.code).toBe('read-back-differs');
  expect(readdirSync(drop)).toEqual([]);
});

test('temporary names of a living publisher stay, those of a gone one go', async (folders) => {
  const { drop, file } = folders;
  const order = (diesAt: string) => ({ file, place: drop, options: { name: diesAt }, diesAt });
  const child = new URL('../fixtures/delivering-child.ts', import.meta.url).pathname;
  const gone = spawn(process.execPath, [child, JSON.stringify(order('written'))]);
  await once(gone, 'close');
  const [left = ''] = readdirSync(drop);
  expect(left).toMatch(/^\.heisenwrite-publish-/);
  let during: readonly string[] = [];
  await publish(file, drop, {
    name: 'slow',
    onStep: async (step) => {
      if (step !== 'synced') return;
      const [ours = ''] = readdirSync(drop).filter((name) => name !== left);
      const { removed } = await publish(file, drop, { name: 'fast' });
      expect(removed).toEqual([left]);
      during = readdirSync(drop);
      expect(during).toContain(ours);
    },
  });
  expect(during).toHaveLength(3);
  expect(readdirSync(drop)).toEqual(['fast', 'fast.ready', 'slow', 'slow.ready']);
});

test('of another host only what is old is removed', async ({ drop, file }) => {
  const sign = '0123456789ab-1-1-1000-0000000000000000';
  writeFileSync(join(drop, `.heisenwrite-publish-${sign}`), 'half');
  writeFileSync(join(drop, '.heisenwrite-publish-not-a-sign'), 'a file of the user');
  expect((await publish(file, drop)).removed).toEqual([]);
  const old = await publish(file, drop, { staleMs: 0, exists: 'replace' });
  expect(old.removed).toEqual([`.heisenwrite-publish-${sign}`]);
  expect(readdirSync(drop)).toContain('.heisenwrite-publish-not-a-sign');
});

test('what is handed out is whole, and given back when it is refused', async (folders) => {
  const { drop, file } = folders;
  await publish(file, drop);
  const hand = () => Promise.reject(new Error('not today'));
  expect((await refusal(pickUp(drop, { hand }))).message).toBe('not today');
  expect(readdirSync(drop)).toEqual(['a.bin', 'a.bin.ready']);
  const texts: string[] = [];
  const read = async (handed: HandedFile) => {
    for await (const chunk of handed.read()) texts.push(Buffer.from(chunk).toString());
  };
  await pickUp(drop, { hand: read });
  expect(texts).toEqual(['what is delivered']);
  expect(readdirSync(drop)).toEqual([]);
});

test('by name alone: final names, and none that looks unfinished', async (folders) => {
  const { drop, into, file } = folders;
  const { missing } = await publish(file, drop, { marker: false });
  expect(missing).toEqual(['no marker was asked for: a picker must trust the name']);
  for (const each of ['b.part', '.c', 'd.tmp']) writeFileSync(join(drop, each), 'half');
  mkdirSync(join(drop, 'folder'));
  expect((await pickUp(drop, { into })).picked).toEqual([]);
  const { picked } = await pickUp(drop, { into, trust: 'name' });
  expect(picked.map(({ name }) => name)).toEqual(['a.bin']);
  expect(readdirSync(drop)).toEqual(['.c', 'b.part', 'd.tmp', 'folder']);
});

test('what is there already where it goes stays, and so does the file', async (folders) => {
  const { drop, into, file } = folders;
  await publish(file, drop);
  writeFileSync(join(into, 'a.bin'), 'older');
  const { picked, waiting } = await pickUp(drop, { into });
  expect(picked).toEqual([]);
  expect(waiting[0]?.why).toMatch(/where it goes, a\.bin is there already, with 5 bytes/);
  expect(readdirSync(drop)).toEqual(['a.bin', 'a.bin.ready']);
});
