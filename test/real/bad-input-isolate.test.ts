// What cannot be isolated, through the real command line: a table that cannot be read is refused
// with its line, one from which nothing follows gets a plain answer, and neither ever a claim.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Isolation } from '../../src/domain/isolation.ts';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { expectRefusal, heisenwrite, listing, reportIn } from './command-line.ts';

/** Calls it beside these files, which must stay as they are, as must everything else. */
async function refused(
  words: readonly string[],
  message: RegExp,
  files: Readonly<Record<string, string | Buffer>> = {},
): Promise<void> {
  await inDirectory(async (directory) => {
    mkdirSync(join(directory, 'place'));
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(directory, name), content);
    }
    const before = listing(directory);
    expectRefusal(await heisenwrite(words, directory), 2, message);
    expect(listing(directory)).toEqual(before);
  });
}

/** A table of which nothing may be claimed: exit code 3, the same in words and in JSON. */
async function undecided(table: string): Promise<{ isolation: Isolation; said: string }> {
  return inDirectory(async (directory) => {
    writeFileSync(join(directory, 'runs.csv'), table);
    const words = await heisenwrite(['isolate', '--csv', 'runs.csv'], directory);
    expect([words.exitCode, words.stderr]).toEqual([3, '']);
    const json = await heisenwrite(['isolate', '--csv', 'runs.csv', '--json'], directory);
    expect([json.exitCode, json.stderr]).toEqual([3, '']);
    const isolation = JSON.parse(json.stdout) as Isolation;
    expect(isolation).toMatchObject({ claim: 'none', needs: [], irrelevant: [] });
    const said = words.stdout.trim().replace(/\s+/g, ' ');
    expect(said.startsWith(isolation.words[0] ?? '-')).toBe(true);
    expect(said).not.toMatch(/\bneeds\b|raises the rate|not matter\./);
    return { isolation, said };
  });
}

/** Rows of a column `kernel` and a verdict, each so many times. */
function table(...rows: readonly (readonly [kernel: string, verdict: string, times: number])[]) {
  const lines = rows.flatMap(([kernel, verdict, times]) =>
    Array.from({ length: times }, () => `${kernel},${verdict}`),
  );
  return ['kernel,verdict', ...lines, ''].join('\n');
}

describe('tables that cannot be read', () => {
  test.each<[string, string | Buffer, RegExp]>([
    ['an unknown word', table(['5.1', 'ok', 1], ['5.2', 'flaky', 1]), /line 3: "flaky" is not a/],
    [
      'a short row',
      'kernel,sync,verdict\n5.1,async,ok\n5.2,ok\n',
      /line 3 has 2 columns, the head/,
    ],
    ['a long row', 'kernel,verdict\n5.1,ok,late\n', /line 2 has 3 columns, the header has 2/],
    ['nothing', '', /runs\.csv: it is empty/],
    ['a header alone', 'kernel,verdict\n', /runs\.csv: it has a header and no rows/],
    ['no verdict', 'kernel,result\n5.1,ok\n', /no column "verdict"; did you mean "result"\?/],
    ['no factor', 'verdict\nok\nfail\n', /no column that could be a factor/],
    ['a quote that stays open', 'kernel,verdict\n"5.1,ok\n', /a quoted text opens/],
    ['binary', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 0xff, 0xfe, 0]), /is not text in UTF-8/],
    ['NUL bytes', 'kernel,verdict\n\0,ok\n', /NUL bytes/],
    ['another encoding', Buffer.from('kern\xe9l,verdict\n5.1,ok\n', 'latin1'), /not text in UTF-8/],
  ])('%s', async (_, content, message) => {
    await refused(['isolate', '--csv', 'runs.csv'], message, { 'runs.csv': content });
  });

  test('one that is absent, and a directory', async () => {
    await refused(['isolate', '--csv', 'absent.csv'], /absent\.csv/);
    await refused(['isolate', '--csv', 'place'], /place.*EISDIR/);
  });

  test.each<[string[], RegExp]>([
    [['isolate', '--csv', 'runs.csv', '--ignore', 'kernal'], /no column "kernal"; did you mean/],
    [['isolate', '--csv', 'runs.csv', '--ignore', 'kernel'], /no column that could be a factor/],
    [['isolate', '--csv', 'runs.csv', '--verdict', 'status'], /no column "status"/],
    [['isolate', '--csv', 'runs.csv', '--separator', 'both'], /--separator takes one character/],
    [['isolate', 'place', '--csv', 'runs.csv'], /a hunt \(place\) and --csv exclude each other/],
    [['isolate', 'runs.csv'], /runs\.csv is a table, not a hunt/],
    [['isolate', '--verdict', 'status'], /--verdict is for a table of trials/],
  ])('%s', async (words, message) => {
    await refused(words, message, { 'runs.csv': table(['5.1', 'ok', 1], ['5.2', 'fail', 1]) });
  });
});

describe('tables from which nothing follows', () => {
  test('one level only: nothing was varied', async () => {
    const { isolation, said } = await undecided(table(['5.1', 'ok', 60], ['5.1', 'fail', 20]));
    expect(isolation).toMatchObject({ trials: 80, failures: 20, needed: [{ step: 'cells' }] });
    expect(said).toMatch(/^Nothing was varied: .* what never varied cannot be told apart/);
  });

  test('no failures', async () => {
    const { isolation, said } = await undecided(table(['5.1', 'ok', 50], ['5.2', 'ok', 50]));
    expect(isolation.failures).toBe(0);
    expect(said).toMatch(/^No trial failed: there is nothing to isolate/);
  });

  test('few failures, all of them', async () => {
    const { isolation } = await undecided(table(['5.1', 'fail', 1], ['5.2', 'fail', 1]));
    expect(isolation).toMatchObject({ trials: 2, failures: 2 });
  });

  test('nothing but unknown trials', async () => {
    const { isolation } = await undecided(table(['5.1', 'skipped', 40], ['5.2', '', 40]));
    expect(isolation).toMatchObject({ trials: 0, unknown: 80, failures: 0 });
  });

  test('columns that always change together', async () => {
    const rows = Array.from({ length: 100 }, () => 'a,5.1,fail\nb,5.2,ok').join('\n');
    const { isolation } = await undecided(`host,kernel,verdict\n${rows}\n`);
    expect(isolation).toMatchObject({ trials: 200, failures: 100 });
  });
});

test.each<[string, string]>([
  ['all failures', table(['5.1', 'fail', 100], ['5.2', 'fail', 100])],
  [
    'contradictions, which are data: the same cell clean and failing',
    table(['5.1', 'ok', 3], ['5.1', 'fail', 3], ['5.2', 'ok', 3], ['5.2', 'fail', 3]),
  ],
])('%s: no factor is named, whatever is said', async (_, content) => {
  await inDirectory(async (directory) => {
    writeFileSync(join(directory, 'runs.csv'), content);
    const said = await heisenwrite(['isolate', '--csv', 'runs.csv', '--json'], directory);
    const isolation = JSON.parse(said.stdout) as Isolation;
    expect(['none', 'no-factor']).toContain(isolation.claim);
    expect(isolation.needs).toEqual([]);
    expect(isolation.failures).toBe(content.split('fail').length - 1);
    expect(said.exitCode).toBe(isolation.claim === 'none' ? 3 : 1);
  });
});

test('near miss: a table from which something follows has its claim, and exit code 1', async () => {
  await inDirectory(async (directory) => {
    const rows = table(['5.1', 'fail', 60], ['5.1', 'ok', 240], ['5.2', 'ok', 300]);
    writeFileSync(join(directory, 'runs.csv'), rows);
    const said = await heisenwrite(['isolate', '--csv', 'runs.csv'], directory);
    expect(said.exitCode).toBe(1);
    expect(said.stdout.trim()).toMatch(/^The failure needs kernel=5\.1\./);
  });
});

describe('hunts', () => {
  test('one that is absent, a directory that is none, none at all', async () => {
    await refused(['isolate', 'absent'], /absent is not a hunt/);
    await refused(['isolate', 'place'], /place is not a hunt/);
    await refused(['isolate'], /there is no hunt in /);
  });

  test('one in which nothing failed', async () => {
    await inDirectory(async (directory) => {
      const hunt = ['hunt', '.', '--preset', 'roundtrip', '--only', 'size=64KiB', '--trials', '3'];
      const report = reportIn(await heisenwrite([...hunt, '--json'], directory));
      expect(report).toMatchObject({ verdict: 'clean', isolation: null });
      // What SQLite keeps beside a database while it is read is no change of the evidence.
      const evidence = () => listing(report.directory, /-(shm|wal)$/);
      const before = evidence();
      const said = await heisenwrite(['isolate', report.directory], directory);
      expect([said.exitCode, said.stderr]).toEqual([3, '']);
      expect(said.stdout.trim()).toMatch(
        /^Nothing can be isolated: no trial of this hunt failed\./,
      );
      expect(evidence()).toEqual(before);
    });
  });

  test('one that fails and varies nothing', async () => {
    await inDirectory(async (directory) => {
      const levels = ['program=builtin', 'unit=4KiB', 'writer=buffered', 'reader=buffered'];
      const said = await heisenwrite(
        [
          ...['hunt', '.', '--preset', 'torn', '--only', 'workload=mailbox'],
          ...levels.flatMap((level) => ['--only', level]),
          ...['--factor', 'chunk=512B', '--factor', 'stall=1ms', '--factor', 'time=30ms'],
          ...['--trials', '6', '--json'],
        ],
        directory,
      );
      const { directory: hunt, trials } = reportIn(said);
      expect(trials.damaged).toBeGreaterThan(0);
      const isolated = await heisenwrite(['isolate', hunt], directory);
      expect([isolated.exitCode, isolated.stderr]).toEqual([3, '']);
      expect(isolated.stdout.trim()).toMatch(
        /^Nothing can be isolated: this hunt varied no factor/,
      );
    });
  });
});

describe('plans that contradict themselves', () => {
  const plan = (parts: object) =>
    JSON.stringify({
      name: 'p',
      places: { x: 'place' },
      arms: [{ workload: 'mailbox', factors: { unit: ['4KiB', '16KiB'] } }],
      stop: { isolated: true, trials: 4 },
      ...parts,
    });

  test('a constraint that leaves no cell', async () => {
    const arms = [{ workload: 'mailbox', factors: { unit: '4KiB' }, constraints: ['unit > 4KiB'] }];
    await refused(['hunt', 'plan.json', '--json'], /the arm mailbox has no cell left/, {
      'plan.json': plan({ arms }),
    });
  });

  test('a schedule that is none', async () => {
    await refused(['hunt', 'place', '--schedule', 'nonsense'], /there is no schedule "nonsense"/);
    await refused(['hunt', 'place', '--schedule', 'adaptiv'], /did you mean "adaptive"\?/);
    await refused(['hunt', 'plan.json'], /schedule/, { 'plan.json': plan({ schedule: 'random' }) });
  });

  test('to stop once it is isolated, and a schedule that isolates nothing', async () => {
    const balanced = plan({ schedule: 'balanced' });
    await refused(['hunt', 'plan.json', '--json'], /balanced/, { 'plan.json': balanced });
    await refused(
      ['hunt', 'place', '--schedule', 'balanced', '--until-isolated', '--trials', '3'],
      /balanced/,
    );
  });
});
