// The user's own programs, for real: those that everybody copies with are clean, and planted ones
// are found with the kind and the bytes that were planted, or believed where they report an error.

import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HuntReport } from '../../src/domain/hunt-report.ts';
import { openEvidence } from '../../src/evidence/sqlite-store.ts';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { expectRefusal, heisenwrite, reportIn } from './command-line.ts';
import { PLANTED } from './planted-programs.ts';
import { type Requirement, requireOrSkip } from './requirements.ts';

interface Course {
  readonly place: string;
  /** Calls `heisenwrite hunt PLACE --json --seed s` and more; the exit code must be this one. */
  hunt(exitCode: number, ...words: string[]): Promise<HuntReport>;
  /** Path of a planted program. */
  planted(name: keyof typeof PLANTED): string;
}

async function withPlace(act: (course: Course) => Promise<void>): Promise<void> {
  await inDirectory(async (base) => {
    const place = join(base, 'place');
    mkdirSync(place);
    await act({
      place,
      planted(name) {
        const path = join(base, `${name}.sh`);
        writeFileSync(path, PLANTED[name]);
        chmodSync(path, 0o755);
        return path;
      },
      async hunt(exitCode, ...words) {
        const said = await heisenwrite(['hunt', place, '--json', '--seed', 's', ...words], base);
        expect(said.exitCode, said.stderr).toBe(exitCode);
        return reportIn(said);
      },
    });
    expect(processesWith(place)).toEqual([]);
  });
}

/** Processes that have the place in their command line: nothing of a trial may live on. */
function processesWith(place: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(place);
    } catch {
      return false;
    }
  });
}

const COPIES: [name: string, needs: Requirement[], words: string[]][] = [
  ['cp', [], ['--write', 'cp {canary} {out}']],
  ['dd', ['dd'], ['--write', 'dd if={canary} of={out} bs=4096 status=none']],
  ['dd past the cache', ['dd'], ['--write', 'dd if={canary} of={out} bs=64K oflag=direct']],
  ['rsync', ['rsync'], ['--write', 'rsync -a --whole-file {canary} {out}']],
  ['rsync by deltas', ['rsync'], ['--write', 'rsync --no-whole-file --inplace {canary} {out}']],
  ['tar', [], ['--write', 'tar c -C "$(dirname {canary})" canary | tar x -C "{dir}"']],
  [
    'rclone, in several threads',
    ['rclone'],
    [
      ...['--write', 'rclone --config /dev/null --multi-thread-streams 4 copyto {canary} {out}'],
      ...['--factor', 'size=1MiB,8MiB', '--factor', 'pattern=stamp'],
    ],
  ],
  ['gzip and back', [], ['--write', 'gzip -c {canary} > {out}', '--read', 'gzip -dc {out}']],
  [
    'gzip, compared',
    [],
    ['--write', 'gzip -c {canary} > {out}', '--compare', 'gzip -dc {out} | cmp - {canary}'],
  ],
];

describe('programs that copy', () => {
  test.for(COPIES)('%s is clean', async ([, needs, words], context) => {
    requireOrSkip(context, ...needs);
    await withPlace(async ({ hunt }) => {
      const report = await hunt(0, ...words, '--trials', '8');
      expect(report.trials).toEqual({ clean: 8, damaged: 0, failed: 0, unknown: 0 });
      expect(report.opportunities.bytesRead).toBeGreaterThan(0);
    });
  });

  test('several of them are levels of one factor', async (context) => {
    requireOrSkip(context, 'rsync');
    await withPlace(async ({ hunt }) => {
      const writers = ['--write', 'cp {canary} {out}', '--write', 'rsync {canary} {out}'];
      const report = await hunt(0, ...writers, '--trials', '16', '--factor', 'pattern=stamp,text');
      const programs = report.factors.find(({ factor }) => factor === 'program')?.levels;
      expect(programs).toEqual(['cp {canary} {out}', 'rsync {canary} {out}']);
      expect(report.cells.every(({ trials }) => trials === 2)).toBe(true);
    });
  });

  test("a file of the user's is copied, and is never given away itself", async () => {
    await withPlace(async ({ hunt, place }) => {
      const input = join(place, 'photo.tiff');
      const bytes = Buffer.from('not stamped, '.repeat(10_000));
      writeFileSync(input, bytes);
      const kept = ['--write', 'mv {canary} {out}', '--input', input, '--trials', '3'];
      expect((await hunt(0, ...kept)).trials.clean).toBe(3);
      expect(readFileSync(input).equals(bytes)).toBe(true);
    });
  });
});

describe('planted programs', () => {
  test('one bit, once in four trials, is found with its place', async () => {
    await withPlace(async ({ hunt, planted }) => {
      const report = await hunt(
        1,
        ...['--write', `${planted('flip')} {canary} {out} {trial}`, '--trials', '12'],
      );
      expect(report.trials).toMatchObject({ clean: 9, damaged: 3 });
      for (const { damage, layer } of report.findings) {
        expect(damage).toMatchObject([{ kind: 'flipped', offset: 5003, length: 1 }]);
        expect(damage[0]?.bits).toMatchObject({ bitsInWord: [28], count: 1 });
        expect(layer).toBe('persisted');
      }
      expect(report.findings[0]?.replay).toContain("--only 'program=");
    });
  });

  test.for<[keyof typeof PLANTED, object]>([
    ['truncate', { kind: 'missing', offset: 40_000, length: 65_536 - 40_000 }],
    ['zero', { kind: 'zeroed', offset: 8192, length: 4096 }],
    ['nothing', { kind: 'missing', offset: 0, length: 65_536 }],
  ])('%s: the whole range, and no more', async ([name, damage]) => {
    await withPlace(async ({ hunt, planted }) => {
      const write = ['--write', `${planted(name)} {canary} {out}`, '--trials', '2'];
      const stamp = ['--factor', 'size=64KiB', '--factor', 'pattern=stamp'];
      const report = await hunt(1, ...write, ...stamp);
      expect(report.trials.damaged).toBe(2);
      expect(report.findings[0]?.damage).toMatchObject([damage]);
    });
  });

  test('damage on the way back is found in what the reader prints', async () => {
    await withPlace(async ({ hunt, planted }) => {
      const read = `${planted('zero')} {out} {dir}/again && cat {dir}/again`;
      const words = ['--write', 'cp {canary} {out}', '--read', read, '--trials', '2'];
      const stamp = ['--factor', 'size=64KiB', '--factor', 'pattern=stamp'];
      const report = await hunt(1, ...words, ...stamp);
      const [finding] = report.findings;
      expect(finding?.damage).toMatchObject([{ kind: 'zeroed', offset: 8192, length: 4096 }]);
      expect(finding?.rereads).toMatchObject([{ how: 'same-command', sameAsFirst: true }]);
    });
  });

  test("in a copy of the user's file places are found by content", async () => {
    await withPlace(async ({ hunt, planted, place }) => {
      const input = join(place, 'letters.txt');
      const lines = Array.from({ length: 20_000 }, (_, line) => `letter ${line * 7919} to all\n`);
      writeFileSync(input, lines.join(''));
      const write = ['--write', `${planted('zero')} {canary} {out}`, '--input', input];
      const report = await hunt(1, ...write, '--trials', '1');
      expect(report.findings[0]?.damage).toMatchObject([
        { kind: 'zeroed', offset: 8192, length: 4096 },
      ]);
    });
  });

  test('what only a command can compare is damaged where it says so', async () => {
    await withPlace(async ({ hunt }) => {
      const write = ['--write', 'gzip -c {canary} > {out}', '--trials', '1'];
      const differs = await hunt(1, ...write, '--compare', 'echo they differ; exit 1 #{out}');
      expect(differs.findings[0]?.damage[0]?.because).toContain('they differ');
      const mute = await hunt(3, ...write, '--compare', 'exit 2 #{out}');
      expect(mute.unknowns[0]?.because).toContain('exit status 2');
    });
  });
});

describe('programs that report an error', () => {
  test('are believed: failed, and what they left is not accused', async () => {
    await withPlace(async ({ hunt, planted }) => {
      const write = `${planted('fail')} {canary} {out}`;
      const report = await hunt(1, '--write', write, '--trials', '3');
      expect(report.trials).toEqual({ clean: 0, damaged: 0, failed: 3, unknown: 0 });
      expect(report.failures).toEqual([
        { operation: 'write command', errno: 'EXIT3', count: 3, example: 'the disk said no' },
      ]);
    });
  });

  test('one that is killed half-way is named by its signal', async () => {
    await withPlace(async ({ hunt, planted }) => {
      const write = `${planted('killed')} {canary} {out}`;
      const report = await hunt(1, '--write', write, '--trials', '2');
      expect(report.trials).toMatchObject({ damaged: 0, failed: 2 });
      expect(report.failures[0]?.errno).toBe('SIGKILL');
    });
  });

  test('one that hangs is ended with all that it started', async () => {
    await withPlace(async ({ hunt, planted }) => {
      const write = `${planted('hang')} {canary} {out}`;
      const report = await hunt(1, '--write', write, '--command-limit', '400ms', '--trials', '2');
      expect(report.trials).toMatchObject({ damaged: 0, failed: 2 });
      expect(report.failures[0]?.errno).toBe('ETIMEDOUT');
    });
  });

  test('what a command leaves running does not outlive it', async () => {
    await withPlace(async ({ hunt, planted }) => {
      const write = `${planted('orphan')} {canary} {out}`;
      expect((await hunt(0, '--write', write, '--trials', '2')).trials.clean).toBe(2);
    });
  });

  test.each([
    ['nosuch {canary} {out}', /"nosuch" is not there/],
    ['nosuch {canary} | cat > {out}', /nosuch: not found/],
    ['/etc/passwd {canary} {out}', /"\/etc\/passwd" may not be executed/],
  ])('%s is refused at the first trial, and nothing is left', async (write, message) => {
    await inDirectory(async (place) => {
      const said = await heisenwrite(['hunt', place, '--write', write, '--trials', '2']);
      expect(said.exitCode).toBe(2);
      expect(said.stderr).toMatch(message);
      expect(said.stderr).toMatch(/what to do: /);
      expect(readdirSync(place)).toEqual([]);
    });
  });

  test('one that makes something else is asked how to turn it back', async () => {
    await withPlace(async ({ hunt }) => {
      const report = await hunt(3, '--write', 'gzip -c {canary} > {out}', '--trials', '2');
      expect(report.trials.unknown).toBe(2);
      expect(report.unknowns[0]?.because).toMatch(/no copy of the canary.*--read.*--compare/);
    });
  });
});

describe('the command line', () => {
  test.each<[string[], RegExp]>([
    [['--read', 'cat {out}'], /--read needs the writer: --write/],
    [['--write', 'cp {canry} {out}'], /\{canry\} means nothing; did you mean "\{canary\}"/],
    [['--write', 'a {out}', '--read', 'b', '--compare', 'c'], /exclude each other/],
    [['--write', 'a {out}', '--preset', 'torn'], /exclude each other/],
    [['--write', 'a {build:x} {out}'], /\{build:x\} is no build of the plan/],
  ])('%j', async (words, message) => {
    await inDirectory(async (place) => {
      expectRefusal(await heisenwrite(['hunt', place, ...words]), 2, message);
    });
  });

  test('a hunt is stored with its commands: it resumes, and keeps what they said', async () => {
    await withPlace(async ({ hunt, place }) => {
      const write = ['--write', 'cp {canary} {out}; echo as I said; echo a warning >&2'];
      const { directory } = await hunt(0, ...write, '--trials', '4');
      const resumed = await heisenwrite(
        ['hunt', '--resume', directory, '--trials', '6', '--json'],
        place,
      );
      expect(reportIn(resumed).trials.clean).toBe(6);
      const store = await openEvidence(directory, { create: false, readOnly: true });
      try {
        for await (const { outcome } of store.trials()) {
          expect(outcome.programs).toMatchObject([
            { as: 'write', status: 0, stdout: 'as I said\n', stderr: 'a warning\n' },
          ]);
        }
      } finally {
        await store.close();
      }
    });
  });
});
