// `record` on real programs: each mistake that it flags is planted in a small C program, beside the
// same without it and what looks like it; and on shell scripts, which claim nothing.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FlagKind } from '../../src/trace/flags/flag.ts';
import { heisenwrite } from './command-line.ts';
import { withFaultMount } from './fault-mounts.ts';
import { requireOrSkip } from './requirements.ts';
import type { RecordAnswer } from './traced-programs.ts';

const SOURCE = resolve(import.meta.dirname, '../fixtures/planted-calls.c');
const LIMIT_MS = 120_000;

let top: string;
let program: string;
let runs = 0;

beforeAll(async () => {
  top = mkdtempSync('/var/tmp/heisenwrite-planted-');
  program = join(top, 'planted');
  await execa('gcc', ['-D_GNU_SOURCE', '-Wall', '-Werror', SOURCE, '-o', program], {
    reject: false,
  });
}, LIMIT_MS);
afterAll(() => rmSync(top, { recursive: true, force: true }));

/** Kinds of the flags, in their order, and how the command ended. */
async function recorded(via: string, command: readonly string[]) {
  const output = join(top, `${runs++}.hwrec`);
  const words = ['record', '--via', via, '--no-cost', '--json', '-o', output, '--', ...command];
  const { exitCode, stdout, stderr } = await heisenwrite(words, top);
  expect(stdout, stderr).toMatch(/^\{/);
  const answer = JSON.parse(stdout) as RecordAnswer;
  expect(answer).toMatchObject({ via, unreadLines: 0, lostEvents: 0 });
  expect(answer.verdict).toBe(answer.flags.length > 0 ? 'flagged' : 'clean');
  expect(exitCode, stderr).toBe(answer.flags.length > 0 ? 1 : 0);
  const kinds = answer.flags.map(({ kind }) => kind);
  return { kinds, flags: answer.flags, status: answer.command?.status };
}

function freshDirectory(): string {
  const directory = join(top, `place-${runs}`);
  mkdirSync(directory);
  return directory;
}

/** What is planted, the flags that it gets, and the status that it ends with. */
type Planted = readonly [how: string, kinds: readonly FlagKind[], status: number];

const PLANTED: readonly Planted[] = [
  ['short-ignored', ['short-write'], 0],
  ['short-fits', [], 0],
  ['short-noticed', [], 1],
  ['short-continued', [], 0],
  ['race-apart', ['append-race'], 0],
  ['race-appending', [], 0],
  ['race-sharing', [], 0],
  ['truncate-open', ['truncated-after-write'], 0],
  ['truncate-kept', [], 0],
  ['truncate-own', [], 0],
  ['rename-planted', ['rename-before-fsync'], 0],
  ['rename-early', ['rename-before-fsync'], 0],
  ['rename-synced', [], 0],
  ['rename-empty', [], 0],
  ['rename-moved', [], 0],
  ['rename-away', [], 0],
];
/** It begins slowly, and judges what it sees as strace does. */
const BY_BPFTRACE = ['short-ignored', 'race-apart', 'rename-planted', 'rename-moved'];

async function expectPlanted(via: string, [how, kinds, status]: Planted) {
  const directory = freshDirectory();
  const seen = await recorded(via, [program, how, directory]);
  expect(seen).toMatchObject({ kinds, status });
  for (const { path, command } of seen.flags) {
    expect(path).toBe(join(directory, 'file'));
    // bpftrace does not say it, and a process that has ended cannot be asked.
    if (via === 'strace') expect(command).toBe('planted');
  }
}

describe('programs of our own, by bpftrace', () => {
  beforeEach((context) => requireOrSkip(context, 'bpftrace', 'gcc'));
  test.each(PLANTED.filter(([how]) => BY_BPFTRACE.includes(how)))(
    '%s: %j',
    async (...row) => {
      await expectPlanted('bpftrace', row);
    },
    LIMIT_MS,
  );
});

describe('programs of our own, by strace', () => {
  const via = 'strace';
  beforeEach((context) => requireOrSkip(context, via, 'gcc', 'fuse'));

  test.each(PLANTED)(
    '%s: %j',
    async (...row) => {
      await expectPlanted(via, row);
    },
    LIMIT_MS,
  );

  test('errors of a mount: what no manual lists, and what was ignored', { timeout: LIMIT_MS }, () =>
    withFaultMount([], async (mount) => {
      const tried = async (how: string, ...faults: string[]) => {
        await mount.clear();
        if (faults.length > 0) await mount.set(...faults);
        const { kinds, status } = await recorded(via, [program, how, mount.at]);
        return [kinds, status];
      };
      expect(await tried('write-checked')).toEqual([[], 0]);
      const refused = (errno: string) => tried('write-checked', `errno:op=write,errno=${errno}`);
      expect(await refused('EACCES')).toEqual([['unlisted-errno'], 1]);
      expect(await refused('ENOSPC')).toEqual([[], 1]);
      expect(await tried('sync-ignored')).toEqual([[], 0]);
      expect(await tried('sync-ignored', 'errno:op=fsync,errno=EIO')).toEqual([
        ['ignored-error'],
        0,
      ]);
      expect(await tried('sync-checked', 'errno:op=fsync,errno=EIO')).toEqual([[], 1]);
    }),
  );

  test('plain scripts are not accused', { timeout: LIMIT_MS }, async () => {
    const scripts = [
      'echo one >a; mv a b; echo two >>b; mv b c',
      'seq 1000 | sort -n >a; cp a b; mv b a; rm a',
      'mkdir d; echo x >d/x; mv d e; tar cf t.tar e; gzip -f t.tar; mv t.tar.gz u',
    ];
    for (const script of scripts) {
      const directory = freshDirectory();
      const words = ['sh', '-c', `cd ${directory} && ${script}`];
      expect(await recorded(via, words)).toMatchObject({ kinds: [], status: 0 });
    }
  });
});
