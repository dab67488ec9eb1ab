// `heisenwrite watch` on a real folder, as a process: a file in two halves, one that is renamed.

import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';

const MAIN = new URL('../../../scripts/from-source.mjs', import.meta.url).pathname;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heisenwrite-watch-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function watch(...words: string[]) {
  const args = [MAIN, 'watch', folder, '--settle', '100ms', '--poll', '10ms', ...words];
  return execa(process.execPath, args, { reject: false, timeout: 50_000 });
}

/** Until it watches: what is there before that is no arrival. */
function begun({ stdout }: ReturnType<typeof watch>): Promise<void> {
  return new Promise((resolve) => {
    stdout?.on('data', (chunk: Buffer) => {
      if (chunk.includes('"watching"')) resolve();
    });
  });
}

it('tells the fooled from the right, opens nothing and leaves all as it was', async () => {
  writeFileSync(join(folder, 'old.csv'), 'was here');
  const watching = watch('--quiet', '2s', '--files', '2', '--json');
  await begun(watching);
  writeFileSync(join(folder, 'half.csv'), 'one');
  writeFileSync(join(folder, '.whole.part'), 'all of it');
  renameSync(join(folder, '.whole.part'), join(folder, 'whole.csv'));
  await sleep(800);
  appendFileSync(join(folder, 'half.csv'), ' and two');
  const { exitCode, stdout } = await watching;
  const lines = stdout.split('\n').map((line) => JSON.parse(line));
  const of = (name: string) => lines.find((line) => line.name === name);
  const answers = (name: string) =>
    Object.fromEntries(of(name).rules.map((one: { rule: string }) => [one.rule, one]));
  expect(answers('half.csv')['size-stable']).toMatchObject({ answer: 'fooled', missingBytes: 8 });
  expect(answers('half.csv')['close-write']).toMatchObject({ answer: 'fooled' });
  expect(answers('half.csv')['marker-present']).toMatchObject({ answer: 'never' });
  expect(answers('whole.csv')['final-name']).toMatchObject({ answer: 'right' });
  expect(of('old.csv')).toBeUndefined();
  expect(lines.at(-1)).toMatchObject({ schema: 'heisenwrite.watch/1', event: 'ended', files: 2 });
  expect(exitCode).toBe(1);
  expect(readdirSync(folder).toSorted()).toEqual(['half.csv', 'old.csv', 'whole.csv']);
});

it('lives by no rule that opens files, in a directory and by URL', async () => {
  for (const place of [folder, pathToFileURL(folder).href]) {
    const args = [MAIN, 'watch', place, '--for', '100ms', '--json'];
    const { stdout } = await execa(process.execPath, args, { reject: false, timeout: 50_000 });
    const { rules } = JSON.parse(stdout.split('\n')[0] ?? '');
    expect(rules).toContain('marker-present');
    for (const opening of ['lease', 'manifest-complete']) expect(rules).not.toContain(opening);
  }
});

it('where nothing arrives nothing is concluded', async () => {
  const { exitCode, stdout } = await watch('--for', '300ms');
  expect([exitCode, stdout]).toEqual([3, expect.stringContaining('nothing arrived')]);
});

it('a folder that goes away ends it, with what was seen until then', async () => {
  const watching = watch('--quiet', '1s', '--json');
  await begun(watching);
  writeFileSync(join(folder, 'half.csv'), 'one');
  await sleep(400);
  appendFileSync(join(folder, 'half.csv'), ' and two');
  await sleep(2000);
  rmSync(folder, { recursive: true });
  const { exitCode, stdout, stderr } = await watching;
  mkdirSync(folder);
  const events = stdout.split('\n').map((line) => JSON.parse(line));
  expect(events.slice(-2)).toMatchObject([
    { event: 'lost', place: folder, why: expect.stringMatching(/^ENOENT/) },
    { event: 'ended' },
  ]);
  expect([exitCode, stderr, events.at(-1).files]).toEqual([1, '', 1]);
});

it('in words, a folder that goes away is no bug of ours', async () => {
  const watching = watch('--for', '20s');
  await new Promise((resolve) => watching.stderr?.once('data', resolve));
  rmSync(folder, { recursive: true });
  const { exitCode, stdout, stderr } = await watching;
  mkdirSync(folder);
  expect(stderr).toMatch(/cannot be looked at any more: ENOENT.*\n {2}what to do: /);
  expect([exitCode, stdout]).toEqual([3, expect.stringContaining('nothing arrived')]);
});

it('ends when nobody reads what it says', async () => {
  const words = `watch "$2" --quiet 50ms --settle 20ms --json --for 40s; echo "ended with $?" >&2`;
  const script = `{ "$0" "$1" ${words}; } | head -1`;
  const piped = execa('sh', ['-c', script, process.execPath, MAIN, folder]);
  let said = '';
  piped.stderr.on('data', (chunk) => {
    said += chunk;
  });
  for (let file = 0; file < 200 && said === ''; file++) {
    writeFileSync(join(folder, `file-${file}`), 'some');
    await sleep(50);
  }
  expect(said).toMatch(/^ended with [013]$/m);
  await piped;
});

it('what cannot be is refused with what to do', async () => {
  const nowhere = await execa(process.execPath, [MAIN, 'watch', join(folder, 'none')], {
    reject: false,
  });
  expect([nowhere.exitCode, nowhere.stderr]).toEqual([2, expect.stringContaining('no directory')]);
  writeFileSync(join(folder, 'file'), '');
  const file = await execa(process.execPath, [MAIN, 'watch', join(folder, 'file')], {
    reject: false,
  });
  expect([file.exitCode, file.stderr]).toEqual([2, expect.stringContaining('is not a directory')]);
  const never = await watch('--for', 'soon');
  expect([never.exitCode, never.stderr]).toEqual([2, expect.stringContaining('--for soon')]);
});
