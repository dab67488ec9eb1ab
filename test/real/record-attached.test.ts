// `record -p` on programs that run: a dd whose export turns read-only under it, and programs that
// must go on whatever happens to the tracer.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRecordings } from '../../src/recorder/index.ts';
import { heisenwrite, started } from './command-line.ts';
import { isAlive, until, withFaultMount } from './fault-mounts.ts';
import { requireOrSkip } from './requirements.ts';
import { attachedRecord, type RecordAnswer, tracerOf, withCounter } from './traced-programs.ts';

const LIMIT_MS = 300_000;

describe.each(['strace', 'bpftrace'] as const)('record -p by %s', (via) => {
  let top: string;
  beforeEach((context) => {
    requireOrSkip(context, via, 'fuse', 'dd');
    top = mkdtempSync('/var/tmp/heisenwrite-record-');
  });
  afterEach(() => rmSync(top, { recursive: true, force: true }));

  test(
    'a dd whose export turns read-only: the call that failed is shown',
    { timeout: LIMIT_MS },
    () =>
      withFaultMount(['--fault', 'latency:op=write,time=3ms'], async (mount) => {
        const file = join(mount.at, 'file');
        const words = ['if=/dev/zero', `of=${file}`, 'bs=4096', 'count=10000000'];
        const dd = execa('dd', words, { reject: false });
        const pid = dd.pid as number;
        const output = join(top, 'dd.hwrec');
        const { record } = await attachedRecord(pid, ['--via', via, '--json', '-o', output], top);
        expect(isAlive(pid)).toBe(true);
        await mount.set('errno:op=write,errno=EROFS');
        const [{ exitCode, stdout, stderr }, ended] = await Promise.all([record, dd]);
        expect(ended.stderr).toMatch(/Read-only file system/);
        expect(exitCode, stderr).toBe(1);
        const answer = JSON.parse(stdout) as RecordAnswer;
        expect(answer).toMatchObject({ verdict: 'flagged', via, process: pid, unreadLines: 0 });
        const flag = answer.flags.find(({ kind }) => kind === 'unlisted-errno');
        expect(flag).toMatchObject({ call: 'write', errno: 'EROFS', path: file, process: pid });
        expect(flag?.words).toMatch(/write\(\) failed with EROFS, which .* write\(2\)/);
        expect(stderr).toMatch(/unlisted-errno: \+\d+\.\d{6}s dd \(\d+\) write\(\) \/.*\/file: /);
        expect(answer.calls.write).toBeGreaterThan(1);
        expect(answer.cost?.ratio).toBeGreaterThan(0);
        expectRecorded(output, pid, file);
        const replayed = await heisenwrite(['replay', output, '--event', 'write'], top);
        expect(replayed.stdout).toMatch(/write.*EROFS/);
      }),
  );

  test('the process goes on after Ctrl-C, SIGTERM and kill -9', { timeout: LIMIT_MS }, () =>
    withCounter(async ({ pid, count, tracer }) => {
      const before = readdirSync('/tmp').filter((name) => name.startsWith('heisenwrite-trace-'));
      const rounds = via === 'strace' ? 20 : 6;
      for (let round = 0; round < rounds; round++) {
        const how = (['SIGINT', 'SIGTERM', 'SIGKILL'] as const)[round % 3] as NodeJS.Signals;
        const words = ['--via', via, '--no-cost', '--slots', '1000'];
        const { record } = await attachedRecord(pid, words, top);
        if (via === 'strace') expect(tracer()).not.toBeNull();
        record.kill(how);
        const { exitCode, stdout, stderr } = await record;
        if (how !== 'SIGKILL') expect(exitCode, `${stdout}${stderr}`).toBe(0);
        await until(() => tracer() === null, 'nobody traces it');
        const counted = count();
        await until(() => count() > counted + 10, `it counts on after ${how}`);
      }
      const after = readdirSync('/tmp').filter((name) => name.startsWith('heisenwrite-trace-'));
      expect(after.filter((name) => !before.includes(name))).toEqual([]);
    }),
  );

  test('a program whose threads come and go, to its end: clean', {
    timeout: LIMIT_MS,
  }, async (context) => {
    requireOrSkip(context, 'pandas');
    const python = execa('python3', ['-c', SHORT_THREADS, join(top, 'file')], { reject: false });
    await until(() => existsSync(join(top, 'file')), 'it runs', 30_000);
    const words = ['--via', via, '--no-cost', '--json'];
    const { record } = await attachedRecord(python.pid as number, words, top);
    python.stdin?.end();
    const [{ exitCode, stdout, stderr }] = await Promise.all([record, python]);
    expect(exitCode, `${stdout}${stderr}`).toBe(0);
    const said = { verdict: 'clean', complaint: null, detached: false };
    expect(JSON.parse(stdout)).toMatchObject(said);
  });

  test('a tracer that is killed: nothing is called clean', { timeout: LIMIT_MS }, () =>
    withCounter(async ({ pid, tracer }) => {
      const words = ['--via', via, '--no-cost', '--json', '--slots', '1000'];
      const { record } = await attachedRecord(pid, words, top);
      process.kill(tracer() ?? childNamed(record.pid as number, via), 'SIGKILL');
      const { exitCode, stdout, stderr } = await record;
      expect(exitCode, stderr).toBe(3);
      expect(JSON.parse(stdout)).toMatchObject({
        verdict: 'unknown',
        detached: false,
        complaint: expect.stringMatching(/^the tracer ended by itself/),
      });
      expect(isAlive(pid)).toBe(true);
    }),
  );

  test(
    'a command goes on when we are killed, and gets the signals that we get',
    async () => {
      const words = ['record', '--via', via, '--no-cost', '--', process.execPath, '-e', PATIENT];
      const run = async () => {
        const record = started(words, top);
        let said = '';
        record.stdout.on('data', (piece) => {
          said += String(piece);
        });
        await until(() => said.includes('\n'), 'it has begun', 90_000);
        return { record, pid: Number(said) };
      };
      const told = await run();
      told.record.kill('SIGTERM');
      const { exitCode, stderr } = await told.record;
      expect([exitCode, isAlive(told.pid)], stderr).toEqual([0, false]);
      expect(stderr).toMatch(/exited with 7/);
      const killed = await run();
      killed.record.kill('SIGKILL');
      await until(() => !isAlive(killed.record.pid as number), 'it is killed');
      expect(isAlive(killed.pid)).toBe(true);
      // A signal that strace holds in the moment of its own end is lost (decision 20).
      await until(() => tracerOf(killed.pid) === null, 'nobody traces it');
      process.kill(killed.pid, 'SIGTERM');
      await until(() => !isAlive(killed.pid), 'the command ends', 30_000);
      // The command had our output, too, which is at its end only now.
      await killed.record;
    },
    LIMIT_MS,
  );
});

test(
  'bpftrace that dies when it is told to end: nothing is called clean',
  async (context) => {
    requireOrSkip(context, 'bpftrace');
    const top = mkdtempSync('/var/tmp/heisenwrite-record-');
    try {
      await withCounter(async ({ pid }) => {
        const words = ['--via', 'bpftrace', '--no-cost', '--json'];
        const { record } = await attachedRecord(pid, words, top);
        const tracer = childNamed(record.pid as number, 'bpftrace');
        process.kill(tracer, 'SIGSTOP');
        record.kill('SIGINT');
        process.kill(tracer, 'SIGSEGV');
        process.kill(tracer, 'SIGCONT');
        const { exitCode, stdout, stderr } = await record;
        expect(exitCode, stderr).toBe(3);
        expect(JSON.parse(stdout).complaint).toMatch(/ended by SIGSEGV: events may be missing/);
      });
    } finally {
      rmSync(top, { recursive: true });
    }
  },
  LIMIT_MS,
);

/** Until its input ends. */
const SHORT_THREADS = `
import os, sys, threading, time
going = [True]
def wait():
    sys.stdin.read()
    going[0] = False
threading.Thread(target=wait).start()
open(sys.argv[1], 'w').close()
while going[0]:
    some = [threading.Thread(target=time.sleep, args=(0.01,)) for _ in range(4)]
    for one in some: one.start()
    for one in some: one.join()
`;

/** Says its number, and ends with 7 when it is told to. */
const PATIENT = `
const { writeSync, openSync } = require('node:fs');
process.on('SIGTERM', () => process.exit(7));
writeSync(1, process.pid + '\\n');
const fd = openSync('/dev/null', 'w');
setInterval(() => writeSync(fd, 'x'), 5);
`;

function childNamed(parent: number, name: string): number {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim();
  const named = children
    .split(' ')
    .find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === name);
  return Number(named);
}

function expectRecorded(output: string, pid: number, file: string): void {
  const recordings = openRecordings([output]);
  try {
    const events = [...recordings.events()];
    const failed = events.filter(
      ({ event, fields }) => event === 'write' && fields.errno === 'EROFS',
    );
    expect(failed).toHaveLength(1);
    expect(failed[0]?.fields).toMatchObject({
      process: pid,
      asked: 4096n,
      result: -1n,
      path: file,
    });
    expect(events.map(({ event }) => event)).toEqual(expect.arrayContaining(['flag', 'exit']));
    const times = events.map(({ timeNs }) => timeNs);
    expect(times).toEqual([...times].sort((a, b) => Number(a - b)));
  } finally {
    recordings.close();
  }
}
