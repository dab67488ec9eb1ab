// Bad input through the real command line: one clear message with its remedy, the right exit code,
// no stack trace, nothing on standard output, and nothing left behind in the place.

import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { expectRefusal, heisenwrite, listing, reportIn } from './command-line.ts';
import { onTmpfs } from './mounted-place.ts';
import { requireOrSkip } from './requirements.ts';

const PLAN = { name: 'p', arms: [{ workload: 'append', factors: { writers: 2 } }] };

/** Calls it in a directory with some files of the user's, which must stay as they are. */
async function refused(
  words: readonly string[],
  exitCode: number,
  message: RegExp,
  files: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await inDirectory(async (directory) => {
    mkdirSync(join(directory, 'place'));
    writeFileSync(join(directory, 'place', 'precious'), 'do not touch');
    for (const [name, content] of Object.entries(files)) {
      const text = typeof content === 'string' ? content : JSON.stringify(content);
      writeFileSync(join(directory, name), text);
    }
    const before = listing(directory);
    expectRefusal(await heisenwrite(words, directory), exitCode, message);
    expect(listing(directory)).toEqual(before);
  });
}

describe('options', () => {
  test.each<[string[], RegExp]>([
    [['hunt', 'place', '--factor', 'patern=ones'], /factor "patern"; did you mean "pattern"\?/],
    [['hunt', 'place', '--only', 'untis=4KiB'], /factor "untis"; did you mean "unit"\?/],
    [['hunt', 'place', '--factor', 'pattern=one'], /"one" is not a level of pattern; did you mean/],
    [['hunt', 'place', '--only', 'unit=8KiB'], /no cell of the plan has --only unit=8KiB \(levels/],
    [['hunt', 'place', '--only', 'unit'], /--only takes FACTOR=LEVEL/],
    [['hunt', 'place', '--preset', 'survy'], /no preset "survy"; did you mean "survey"\?/],
    [['hunt', 'place', '--expect', 'unit-atomc'], /did you mean "unit-atomic"\?/],
    [['hunt', 'place', '--space', '4kB'], /--space: "4kB" is not a size/],
    [['hunt', 'place', '--space', '-1MiB'], /--space: "-1MiB" is not a size/],
    [['hunt', 'place', '--space', '0'], /--space: "0" is not a size/],
    [['hunt', 'place', '--for', 'ever'], /--for: "ever" is not a duration/],
    [['hunt', 'place', '--for', '10'], /--for: "10" is not a duration/],
    [['hunt', 'place', '--for', '0s'], /--for: "0s" is not a duration/],
    [['hunt', 'place', '--trials', '0'], /--trials takes a whole number above 0/],
    [['hunt', 'place', '--trials', '1.5'], /--trials takes a whole number above 0/],
    [['hunt', 'place', '--findings', 'many'], /--findings takes a whole number above 0/],
    [['hunt', 'place', '--factor', 'unit=4MB'], /"4MB" is not a size; did you mean "4MiB"\?/],
    [['hunt', 'place', '--factor', 'unit=8MiB'], /unit must be from 512B to 1MiB, not 8MiB/],
    [['hunt', 'ftp://server/directory'], /ftp: is not a medium here/],
    [['hunt', 'nfs:///export'], /there is no host/],
    [['hunt', 'absent'], /absent does not exist/],
    [['hunt', 'place/precious'], /precious is not a directory/],
    [['hunt', 'place', 'absent'], /absent does not exist/],
    [['hunt', '--resume'], /there is no hunt in /],
    [['hunt', '--resume', 'absent'], /absent is not a hunt/],
    [['hunt', '--resume', 'absent', '--seed', 'x'], /--resume goes on with the stored plan/],
    [['report'], /there is no hunt in /],
    [['report', 'place'], /place is not a hunt/],
    [['stamp', 'place/precious', '--size', '1MiB'], /precious/],
    [['stamp', 'new', '--size', '1MB'], /1MB is not a size/],
    [['stamp', 'new', '--size', '1MiB', '--block', '1000'], /block/],
    [['stamp', 'new', '--size', '1MiB', '--pattern', 'stripes'], /stripes/],
    [['verify', 'absent'], /absent/],
    [['verify', 'place'], /place/],
    [['verify', 'place/precious'], /no block with the header of a stamp/],
    [['diagnose', 'place/precious', 'absent'], /absent/],
  ])('%s', async (words, message) => {
    await refused(words, 2, message);
  });

  test('an unknown option or command is named, with the likely one', async () => {
    await inDirectory(async (directory) => {
      for (const [words, meant] of [
        [['hunt', '--fro', '3s'], '--for'],
        [['hnt'], 'hunt'],
      ] as const) {
        const { exitCode, stdout, stderr } = await heisenwrite(words, directory);
        expect(exitCode).toBe(2);
        expect(stdout).toBe('');
        expect(stderr).toContain(`Did you mean ${meant}?`);
        expect(stderr.trimEnd().split('\n').length).toBe(2);
      }
      expect(readdirSync(directory)).toEqual([]);
    });
  });
});

describe('plans', () => {
  const arm = (parts: object) => ({ ...PLAN, arms: [{ ...PLAN.arms[0], ...parts }] });

  test.each<[string, unknown, RegExp]>([
    ['broken JSON', '{"name": ', /plan\.json cannot be read as a plan: /],
    ['an unknown field', { ...PLAN, stopp: {} }, /unknown field "stopp"; did you mean "stop"\?/],
    ['no arms', { name: 'p' }, /plan\.json: arms: /],
    ['an unknown workload', arm({ workload: 'apend' }), /did you mean "append"\?/],
    ['an unknown factor', arm({ factors: { writer5: 2 } }), /no factor "writer5"; did you mean/],
    [
      'an unknown level',
      arm({ factors: { writer: 'direct' } }),
      /"direct" is not a level of writer/,
    ],
    ['a nonsense size', arm({ factors: { record: '4kB' } }), /did you mean "4KiB"\?/],
    ['a nonsense time', { ...PLAN, stop: { for: '1 hour' } }, /stop\.for: "1 hour" is not a dur/],
    [
      'an impossible constraint',
      arm({ constraints: ['record > 1MiB'] }),
      /the arm append has no cell left: the constraint "record > 1MiB" forbids 1 of 1/,
    ],
    [
      'a misspelt constraint',
      arm({ constraints: ['recrd > 512'] }),
      /"recrd > 512" names no factor/,
    ],
    ['a place that is absent', { ...PLAN, places: { x: 'absent' } }, /absent does not exist/],
    [
      'more than the space allows',
      {
        ...PLAN,
        arms: [{ workload: 'roundtrip', factors: { size: '1TiB' } }],
        places: { x: 'place' },
      },
      /nothing can be tried here: 1 of 1 cells left out: they need more than /,
    ],
  ])('%s', async (_, plan, message) => {
    const files = { 'plan.json': plan };
    // With --json no half document stands on standard output either.
    await refused(['hunt', 'plan.json', '--json'], 2, message, files);
  });

  test('two plans, an absent one, one beside a preset, one that is no plan', async () => {
    const files = { 'a.json': PLAN, 'b.json': PLAN, 'c.mjs': 'export const plan = {};' };
    await refused(
      ['hunt', 'a.json', 'b.json'],
      2,
      /one plan at a time, not a\.json and b\.json/,
      files,
    );
    await refused(['hunt', 'd.json'], 2, /there is no plan d\.json/, files);
    await refused(['hunt', 'a.json', '--preset', 'torn'], 2, /exclude each other/, files);
    await refused(['hunt', 'c.mjs'], 2, /c\.mjs has no default export that is a plan/, files);
  });

  test('one that throws is refused with its own words', async () => {
    const files = { 'e.mjs': 'throw new Error("no luck");' };
    await refused(['hunt', 'e.mjs'], 2, /e\.mjs cannot be read as a plan: no luck/, files);
  });

  test('--dry-run writes nothing', async () => {
    await inDirectory(async (directory) => {
      writeFileSync(join(directory, 'precious'), 'x');
      const before = listing(directory);
      const said = await heisenwrite(['hunt', '.', '--dry-run', '--json'], directory);
      expect(said.exitCode).toBe(0);
      expect(JSON.parse(said.stdout)).toMatchObject({ schema: 'heisenwrite.dry-run/1' });
      expect(listing(directory)).toEqual(before);
    });
  });
});

describe('places', () => {
  test('read-only', async (context) => {
    requireOrSkip(context, 'root');
    await onTmpfs('size=64M,ro', async (place) => {
      const said = await heisenwrite(['hunt', place]);
      expectRefusal(said, 2, /is on a file system that is mounted read-only/);
      const stamped = await heisenwrite(['stamp', join(place, 'f'), '--size', '1MiB']);
      expectRefusal(stamped, stamped.exitCode === 3 ? 3 : 2, /EROFS|read-only/);
    });
  });

  test('no space', async (context) => {
    requireOrSkip(context, 'root');
    await onTmpfs('size=2M', async (place) => {
      expectRefusal(
        await heisenwrite(['hunt', place]),
        2,
        /has 2MiB free, and the hunt needs 4MiB/,
      );
      expect(readdirSync(place)).toEqual([]);
    });
    await onTmpfs('size=16M', async (place) => {
      const said = await heisenwrite(['hunt', place, '--space', '1GiB']);
      expectRefusal(said, 2, /has 16MiB free, and the hunt needs 1GiB/);
      const stamped = await heisenwrite(['stamp', join(place, 'f'), '--size', '32MiB']);
      expectRefusal(stamped, stamped.exitCode === 3 ? 3 : 2, /space|ENOSPC/);
      expect(readdirSync(place)).toEqual([]);
    });
    await onTmpfs('size=64M,nr_inodes=10', async (place) => {
      expectRefusal(await heisenwrite(['hunt', place]), 2, /inodes left, and the hunt needs 64/);
    });
  });
});

describe('files', () => {
  test('a truncated stamped file is damage, and says from where it is missing', async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, 'f');
      const stamped = await heisenwrite(['stamp', path, '--size', '1MiB', '--seed', 's']);
      expect(stamped.exitCode).toBe(0);
      expect((await heisenwrite(['verify', path])).exitCode).toBe(0);
      truncateSync(path, 700_000);
      const said = await heisenwrite(['verify', path, '--json']);
      expect(said.exitCode).toBe(1);
      expect(said.stderr).toBe('');
      expect(JSON.parse(said.stdout)).toMatchObject({
        verdict: 'damaged',
        damage: [{ kind: 'missing', offset: 700_000, length: 2 ** 20 - 700_000 }],
      });
      truncateSync(path, 0);
      expectRefusal(await heisenwrite(['verify', path]), 2, /f .*/);
    });
  });

  test('a stamped file is never overwritten', async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, 'f');
      await heisenwrite(['stamp', path, '--size', '64KiB']);
      const before = listing(directory);
      expectRefusal(await heisenwrite(['stamp', path, '--size', '1MiB']), 2, /exists/);
      expect(listing(directory)).toEqual(before);
    });
  });
});

describe('evidence', () => {
  const HUNT = ['hunt', '.', '--preset', 'roundtrip', '--seed', 's', '--json'];

  /** A small hunt with three trials, its report, and then `act`. */
  async function afterHunt(act: (directory: string, hunt: string) => Promise<void>) {
    await inDirectory(async (directory) => {
      const only = ['--only', 'size=64KiB', '--trials', '3'];
      const said = await heisenwrite([...HUNT, ...only], directory);
      expect(said.exitCode, said.stderr).toBe(0);
      await act(directory, reportIn(said).directory);
    });
  }

  test.each([
    ['its header overwritten', (bytes: Buffer) => bytes.fill(0x55, 0, 100)],
    ['its middle overwritten', (bytes: Buffer) => bytes.fill(0x55, 4096, bytes.length - 4096)],
    ['cut in half', (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
  ])('a damaged database, %s: report and resume say so and leave it', async (_, damage) => {
    await afterHunt(async (directory, hunt) => {
      const database = join(hunt, 'evidence.sqlite');
      writeFileSync(database, damage(readFileSync(database)));
      const before = readFileSync(database);
      const names = readdirSync(directory);
      for (const words of [
        ['report', hunt],
        ['report', hunt, '--json'],
        ['hunt', '--resume', hunt],
      ]) {
        expectRefusal(await heisenwrite(words, directory), 3, /evidence/);
      }
      expect(readFileSync(database).equals(before)).toBe(true);
      expect(readdirSync(directory)).toEqual(names);
    });
  });

  test('a report that could not be written is said before the hunt, not after it', async () => {
    await inDirectory(async (directory) => {
      const html = join(directory, 'absent', 'report.html');
      const said = await heisenwrite(['hunt', directory, '--html', html]);
      expectRefusal(said, 2, /report\.html cannot be written \(ENOENT\)/);
      expect(readdirSync(directory)).toEqual([]);
    });
  });

  test('a report that cannot be written is said; the hunt is not lost', async () => {
    await afterHunt(async (directory, hunt) => {
      const html = join(directory, 'absent', 'report.html');
      const said = await heisenwrite(['report', hunt, '--html', html], directory);
      expectRefusal(said, 3, /report\.html could not be written \(ENOENT\)/);
      expect((await heisenwrite(['report', hunt, '--json'], directory)).exitCode).toBe(0);
    });
  });
});
