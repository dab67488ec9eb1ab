// What `record` refuses, before anything is traced and with nothing left behind; how it does
// without root; and `--for`, which takes the tracer away and leaves the program.

import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expectRefusal, heisenwrite } from './command-line.ts';
import { isAlive, until } from './fault-mounts.ts';
import { requireOrSkip } from './requirements.ts';
import { type RecordAnswer, withCounter } from './traced-programs.ts';

const LIMIT_MS = 120_000;
const MAIN = resolve(import.meta.dirname, '../../scripts/from-source.mjs');
const NOBODY = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];

let top: string;
beforeEach((context) => {
  requireOrSkip(context, 'strace');
  top = mkdtempSync('/var/tmp/heisenwrite-refused-');
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const record = (...words: string[]) => heisenwrite(['record', '--no-cost', ...words], top);

/** By a user who may do little. */
async function asNobody(...words: string[]) {
  chmodSync(top, 0o777);
  const all = [...NOBODY, process.execPath, MAIN, 'record', '--no-cost', ...words];
  const { exitCode, stdout, stderr } = await execa('setpriv', all, { reject: false, cwd: top });
  return { exitCode, stdout, stderr };
}

test.each([
  [/either a command or a process/, []],
  [/either a command or a process/, ['-p', '1', '--', 'true']],
  [/there is no process 999999999/, ['-p', '999999999']],
  [/there is no process 0/, ['-p', '0']],
  [/there is no process soon/, ['-p', 'soon']],
  [/there is no program \/nonexistent\/program/, ['--', '/nonexistent/program']],
  [/there is no program \/etc$/m, ['--', '/etc']],
  [/there is no program \/etc\/passwd/, ['--', '/etc/passwd']],
  [/--slots 0 is no number of events/, ['--slots', '0', '--', 'true']],
  [/slots: 1e\+99 is not 1 to/, ['--slots', '1e99', '--', 'true']],
  [/--for soon is no duration/, ['--for', 'soon', '--', 'true']],
  [/--for 0s is no duration/, ['--for', '0s', '--', 'true']],
  [/"open" is no probe/, ['--probe', 'open', '--', 'true']],
  [/the library of the probe/, ['--probe', 'u:/nonexistent.so:f', '--', 'true']],
  [/strace sees system calls/, ['--via', 'strace', '--probe', 'u:/etc/passwd:f', '--', 'true']],
])('a refusal: %s', { timeout: LIMIT_MS }, async (message, words) => {
  expectRefusal(await record(...words), 2, message);
  expect(readdirSync(top)).toEqual([]);
});

test('a choice that there is not', { timeout: LIMIT_MS }, async () => {
  for (const [option, known] of [
    ['--allow', /rename-before-fsync/],
    ['--via', /bpftrace/],
  ] as const) {
    const said = await record(option, 'magic', '--', 'true');
    expect(said.exitCode).toBe(2);
    expect(said.stderr).toMatch(/'magic' is invalid\. Allowed choices are /);
    expect(said.stderr).toMatch(known);
  }
  expect(readdirSync(top)).toEqual([]);
});

test('a recording that cannot be made', { timeout: LIMIT_MS }, async () => {
  const there = join(top, 'there');
  writeFileSync(there, 'of somebody');
  const exists = await record('-o', there, '--', 'true');
  expectRefusal(exists, 2, /there: EEXIST/);
  const nowhere = await record('-o', join(top, 'no/such/folder'), '--', 'true');
  expectRefusal(nowhere, 2, /no\/such\/folder: ENOENT/);
  expect(nowhere.stderr).toMatch(/directory that exists/);
  expect(readdirSync(top)).toEqual(['there']);
});

const notPermitted = (pid: number) => new RegExp(`process ${pid}: .*not permitted`);

test('a process that another tracer has', { timeout: LIMIT_MS }, () =>
  withCounter(async ({ pid, count, tracer }) => {
    const other = execa('strace', ['-o', '/dev/null', '-p', String(pid)], { reject: false });
    try {
      await until(() => tracer() !== null, 'another tracer has it');
      // Again and again: the tracer may have ended before anybody listens.
      for (let time = 0; time < 8; time++) {
        const said = await record('--via', 'strace', '-p', String(pid));
        expectRefusal(said, 3, notPermitted(pid));
      }
      expect(readdirSync(top)).toEqual([]);
    } finally {
      other.kill();
      await other;
    }
    const counted = count();
    await until(() => count() > counted, 'it counts on');
  }),
);

describe('without root', () => {
  beforeEach(async (context) => {
    requireOrSkip(context, 'root');
    const { failed } = await execa('setpriv', [...NOBODY, 'cat', MAIN], { reject: false });
    context.skip(failed, 'this checkout is in a directory that only its owner may read');
  });

  test('strace is used, and bpftrace refused', { timeout: LIMIT_MS }, async () => {
    const traced = await asNobody('--json', '--', 'cat', '/etc/hostname');
    const answer = JSON.parse(traced.stdout) as RecordAnswer;
    expect(answer).toMatchObject({ verdict: 'clean', via: 'strace', command: { status: 0 } });
    expect(existsSync(answer.recording.path)).toBe(true);
    rmSync(answer.recording.path);
    const refused = await asNobody('--via', 'bpftrace', '--', 'true');
    expectRefusal(refused, 3, /bpftrace cannot be used: /);
    expect(readdirSync(top)).toEqual([]);
  });

  test('a process of somebody else', { timeout: LIMIT_MS }, () =>
    withCounter(async ({ pid }) => {
      expectRefusal(await asNobody('-p', String(pid)), 3, notPermitted(pid));
      expect(readdirSync(top)).toEqual([]);
    }),
  );
});

test('--for takes the tracer away, and the program goes on', { timeout: LIMIT_MS }, () =>
  withCounter(async ({ pid, count, tracer }) => {
    const words = ['--via', 'strace', '--json', '-p', String(pid), '--for', '300ms'];
    const { exitCode, stdout, stderr } = await record(...words);
    expect(exitCode, stderr).toBe(0);
    const answer = JSON.parse(stdout) as RecordAnswer;
    expect(answer).toMatchObject({ verdict: 'clean', detached: true, process: pid });
    expect(answer.calls.pwrite64).toBeGreaterThan(0);
    expect([tracer(), isAlive(pid)]).toEqual([null, true]);
    const counted = count();
    await until(() => count() > counted, 'it counts on');
  }),
);
