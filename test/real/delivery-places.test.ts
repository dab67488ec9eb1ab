// Places that are no folder to move to, sources that are no files, and names that are trusted
// though a marker says something else.

import { execFileSync } from 'node:child_process';
import { readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { pickUp, publish } from '../../src/index.ts';
import { contentsOf, refusal, sha256Of, foldersTest as test } from './delivery-setting.ts';

test('a pipe is refused at once', async ({ drop, file }) => {
  const pipe = `${file}.pipe`;
  execFileSync('mkfifo', [pipe]);
  const said = await refusal(publish(pipe, drop));
  expect(said.code).toBe('not-readable');
  expect(said.message).toMatch(/a\.bin\.pipe is not a file/);
  expect((await refusal(publish(drop, drop))).message).toMatch(/drop is a directory/);
  expect(readdirSync(drop)).toEqual([]);
});

test('nothing is moved from a folder into itself', async ({ drop, into, file }) => {
  await publish(file, drop);
  const link = `${into}-link`;
  symlinkSync(drop, link);
  for (const same of [drop, `${drop}/`, link, `file://${drop}`, join(into, '..', 'drop')]) {
    const said = await refusal(pickUp(drop, { into: same }));
    expect(said.code).toBe('invalid-option');
    expect(said.message).toMatch(/are one folder/);
    expect(readdirSync(drop)).toEqual(['a.bin', 'a.bin.ready']);
  }
  for (const same of ['s3://bucket/a', 's3://bucket/a/']) {
    const said = await refusal(pickUp('s3://bucket/a', { into: same }));
    expect(said.code).toBe('invalid-option');
  }
});

const LIES: readonly (readonly [string, (drop: string) => void, RegExp])[] = [
  ['a file that is short', (drop) => truncateSync(join(drop, 'a.bin'), 9), /has 9 bytes.*says 17/],
  [
    'one that is as long and has another content',
    (drop) => writeFileSync(join(drop, 'a.bin'), 'what is Delivered'),
    /its SHA-256 is \w+, the marker says \w+/,
  ],
  ['half a marker', (drop) => truncateSync(join(drop, 'a.bin.ready'), 60), /marker cannot be read/],
];

for (const [name, spoil, why] of LIES) {
  test(`${name} is left also where names are trusted`, async ({ drop, into, file }) => {
    await publish(file, drop);
    spoil(drop);
    const before = contentsOf(drop);
    const { picked, waiting } = await pickUp(drop, { into, trust: 'name' });
    expect(picked).toEqual([]);
    expect(waiting).toEqual([{ name: 'a.bin', why: expect.stringMatching(why) as string }]);
    expect(contentsOf(drop)).toEqual(before);
  });
}

test('by name, a marker goes with its file', async ({ drop, into, file }) => {
  await publish(file, drop);
  writeFileSync(join(drop, 'b.bin'), 'without a marker');
  const { picked } = await pickUp(drop, { into, trust: 'name' });
  expect(picked.map(({ name }) => name)).toEqual(['a.bin', 'b.bin']);
  expect(readdirSync(drop)).toEqual([]);
});

test('by name, a marker that comes after the look counts', async ({ drop, into, file }) => {
  const options = { into, trust: 'name' } as const;
  await publish(file, drop, { marker: false });
  const onStep = (step: string) =>
    step === 'claimed' ? writeFileSync(join(drop, 'a.bin.ready'), 'x') : undefined;
  const { picked, waiting } = await pickUp(drop, { ...options, onStep });
  expect(picked).toEqual([]);
  expect(waiting[0]?.why).toMatch(/its marker came only now/);
  expect(readdirSync(drop)).toEqual(['a.bin', 'a.bin.ready']);
});

test('a claim that cannot be read any more loses no file', async ({ drop, into, file }) => {
  await publish(file, drop);
  const claim = () => readdirSync(drop).find((name) => /-claim-[^.]*$/.test(name)) as string;
  const spoilAt = (when: string) => (step: string) =>
    step === when ? writeFileSync(join(drop, claim()), 'x') : undefined;
  // The marker alone was claimed: it is given back as it is.
  expect((await pickUp(drop, { into, onStep: spoilAt('claimed') })).picked).toEqual([]);
  expect(readdirSync(drop)).toEqual(['a.bin', 'a.bin.ready']);
  await publish(file, drop);
  const hand = () => Promise.reject(new Error('not today'));
  const said = await refusal(pickUp(drop, { hand, onStep: spoilAt('taken') }));
  expect(said.message).toMatch(/not today.*it is kept as \S+\.kept,/);
  const { waiting } = await pickUp(drop, { into });
  expect(waiting).toHaveLength(1);
  expect(waiting[0]?.why).toMatch(/^an older file of this name is kept as/);
  expect(Object.values(contentsOf(drop))).toContain(sha256Of(file));
});
