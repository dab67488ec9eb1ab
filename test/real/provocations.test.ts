// Every provocation does to the machine what it says, leaves receipts, and restores what it
// changed: at the end of its trial, and by the guard when the hunt is killed with SIGKILL.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withDescendants } from '../../src/provoke/actor-targets.ts';
import {
  actorPid,
  allGone,
  BY_DD,
  commandOf,
  controlGroups,
  hasGone,
  killHunt,
  longHunt,
  provokedHunt,
  refused,
  seen,
  stateOf,
} from './provoked-hunt.ts';
import { requireOrSkip } from './requirements.ts';

let place = '';

beforeEach((context) => {
  requireOrSkip(context, 'root');
  place = mkdtempSync('/var/tmp/heisenwrite-test-');
});

afterEach(() => rmSync(place, { recursive: true, force: true }));

describe('stop', () => {
  test('the writer is in state T, again and again, the reader is not', async () => {
    const hunt = longHunt(place, ['stop=writer every=40ms for=20ms']);
    const writer = await seen('the writer', () => actorPid(hunt.pid, 'writer-0'));
    const reader = await seen('the reader', () => actorPid(hunt.pid, 'reader-0'));
    let changes = 0;
    let last: string | null = null;
    await seen('six changes of state', () => {
      expect(stateOf(reader)).not.toBe('T');
      const isStopped = stateOf(writer) === 'T' ? 'stopped' : 'running';
      if (isStopped !== last) changes++;
      last = isStopped;
      return changes > 6;
    });
    await seen('a stopped writer', () => stateOf(writer) === 'T');
    await allGone(await killHunt(hunt));
  });

  test('dd that the writer runs is stopped with it, and goes on after SIGKILL', async () => {
    const hunt = longHunt(place, ['stop=writer every=40ms for=30ms'], BY_DD);
    const dd = await seen('a dd that is stopped', () =>
      withDescendants(hunt.pid as number).find(
        (pid) => commandOf(pid)[0] === 'dd' && stateOf(pid) === 'T',
      ),
    );
    await killHunt(hunt);
    await seen('the end of that dd', () => hasGone(dd));
  });

  test('receipts tell each time, within the trial', async () => {
    const { report, receipts } = await provokedHunt(place, ['stop=writer every=50ms for=10ms']);
    expect(report.verdict).toBe('clean');
    expect(receipts).toHaveLength(4);
    for (const each of receipts) expect(each.length).toBeGreaterThan(1);
    const [{ what, atNs, untilNs = '' }] = receipts[0] as never as [(typeof receipts)[0][0]];
    expect(what).toBe('SIGSTOP writer-0');
    expect(Number(BigInt(untilNs) - BigInt(atNs)) / 1e6).toBeGreaterThanOrEqual(9.5);
    expect(report.provocations?.[0]).toMatchObject({ provocation: 'stop', failures: 0 });
  });
});

describe('memory', () => {
  test('a limit: the actors are inside the group, which is gone after SIGKILL', async () => {
    const hunt = longHunt(place, ['memory=limit=96MiB']);
    const [group = ''] = await seen('the group', () => {
      const found = controlGroups(hunt.pid);
      return found.length > 0 && found;
    });
    const file = ['memory.limit_in_bytes', 'memory.max'].find((each) =>
      existsSync(join(group, each)),
    );
    expect(Number(readFileSync(join(group, file as string), 'utf8'))).toBe(96 * 2 ** 20);
    const writer = await seen('the writer', () => actorPid(hunt.pid, 'writer-0'));
    const members = () => readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n');
    await seen('the writer in it', () => members().includes(String(writer)));
    expect(members()).not.toContain(String(hunt.pid));
    await allGone(await killHunt(hunt));
    await seen('no group', () => controlGroups(hunt.pid).length === 0);
  });

  test('a limit: nothing is left of it after the hunt', async () => {
    const { report, receipts } = await provokedHunt(place, ['memory=limit=96MiB']);
    expect(report.verdict).toBe('clean');
    expect(receipts.map(([first]) => first?.what)).toEqual(Array(4).fill('limit=96MiB'));
    const left = spawnSync('find', ['/sys/fs/cgroup', '-name', 'heisenwrite-*'], {
      encoding: 'utf8',
    });
    expect(left.stdout.split('\n').filter((path) => path.includes(report.directory))).toEqual([]);
  });

  test('filled: a child holds so much, and ends with the hunt', async () => {
    const hunt = longHunt(place, ['memory=fill=300MiB']);
    const holder = await seen('a child with 300 MiB', () =>
      withDescendants(hunt.pid as number).find((pid) => residentMib(pid) >= 300),
    );
    expect(commandOf(holder)[1]).toBe('-e');
    await allGone(await killHunt(hunt));
  });

  test('dropped caches: a file that nobody uses has left the cache', async () => {
    const other = join(place, 'other');
    writeFileSync(other, Buffer.alloc(8 * 2 ** 20, 1));
    spawnSync('sync', [other]);
    expect(cachedBytes(other)).toBe(8 * 2 ** 20);
    const { report, receipts } = await provokedHunt(place, ['memory=drop-caches every=100ms']);
    expect(report.trials.unknown).toBe(0);
    expect(receipts.flat().length).toBeGreaterThan(2);
    expect(cachedBytes(other)).toBe(0);
  });
});

function residentMib(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function cachedBytes(path: string): number {
  const { stdout } = spawnSync('fincore', ['-b', '-n', '-o', 'RES', path], { encoding: 'utf8' });
  return Number(stdout.trim());
}

describe('cpu', () => {
  test('busy children take processor time, and end with a hunt that is killed', async () => {
    const hunt = longHunt(place, ['cpu=busy=2']);
    const busy = await seen('two busy children', () => {
      const found = withDescendants(hunt.pid as number).filter(
        (pid) => commandOf(pid)[1] === '-e' && processorTicks(pid) > 20,
      );
      return found.length === 2 && found;
    });
    expect(busy.every((pid) => stateOf(pid) !== 'T')).toBe(true);
    await allGone(await killHunt(hunt));
  });

  test('starved: the actors are stopped, at most a fifth of the time', async () => {
    const { report, receipts } = await provokedHunt(
      place,
      ['cpu=starve all most=20ms'],
      ['--trials', '3', '--factor', 'time=1s'],
    );
    expect(report.verdict).toBe('clean');
    const whats = new Set(receipts.flat().map(({ what }) => what));
    expect([...whats].every((what) => /^starved (writer|reader)-0$/.test(what))).toBe(true);
    expect(whats.size).toBe(2);
  });
});

/** proc_pid_stat(5): utime. */
function processorTicks(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[11]);
  } catch {
    return 0;
  }
}

describe('signal', () => {
  test('a daemon gets as many as the receipts tell, by its pid file', async () => {
    const [log, pidFile] = [join(place, 'log'), join(place, 'daemon.pid')];
    const loop = 'while :; do sleep 0.01; done';
    const script = `trap 'echo hup >> ${log}' HUP; echo $$ > ${pidFile}; ${loop}`;
    const daemon = spawn('sh', ['-c', script], { stdio: 'ignore' });
    try {
      await seen('its pid file', () => existsSync(pidFile) && readFileSync(pidFile, 'utf8').trim());
      const level = `signal=SIGHUP to=${pidFile} every=80ms`;
      const { report, receipts } = await provokedHunt(place, [level]);
      expect(report.verdict).toBe('clean');
      const lines = () => readFileSync(log, 'utf8').trim().split('\n').length;
      await seen('some of the signals', () => lines() > 2);
      // A second one while the first is pending is none: signal(7).
      expect(lines()).toBeLessThanOrEqual(receipts.flat().length);
      expect(receipts.flat()[0]?.what).toBe(`SIGHUP to ${pidFile}`);
    } finally {
      daemon.kill('SIGKILL');
    }
  });

  test('a daemon that ends meanwhile makes its trial unknown, never clean', async () => {
    const daemon = spawn('sleep', ['1000'], { stdio: 'ignore' });
    const level = `signal=SIGHUP to=${daemon.pid} every=50ms`;
    const { report } = await provokedHunt(place, [level]);
    expect(report.trials).toMatchObject({ clean: 0, unknown: 4 });
    expect(report.unknowns[0]?.because).toMatch(/is not running \(ESRCH\)/);
  });

  test('refused: no such process, several, this hunt itself, the first process', async () => {
    const [one, two] = [1, 2].map(() => spawn('sleep', ['4711'], { stdio: 'ignore' }));
    try {
      await refused(
        place,
        `signal=SIGHUP to=no-such-daemon every=1s`,
        /no process of yours is called/,
      );
      await refused(
        place,
        'signal=SIGHUP to=sleep every=1s',
        /processes are called sleep .*: give a pid/,
      );
      await refused(
        place,
        `signal=SIGHUP to=${process.pid} every=1s`,
        /is this hunt, or what has started/,
      );
      await refused(place, 'signal=SIGHUP to=1 every=1s', /is the first process of this system/);
      await refused(place, 'signal=SIGHUP to=/no/such.pid every=1s', /cannot be read \(ENOENT\)/);
    } finally {
      one?.kill();
      two?.kill();
    }
  });
});

describe('run', () => {
  test('its exit status is in the receipt, and undo runs at the end of each trial', async () => {
    const undone = join(place, 'undone');
    const level = `run=every=60ms undo='cp /dev/null ${undone}' sh -c 'echo no >&2; exit 3'`;
    const { report, receipts } = await provokedHunt(place, [level]);
    expect(report.verdict).toBe('clean');
    expect(receipts.flat()[0]?.what).toBe('sh -c echo no >&2; exit 3: exit 3 (no)');
    expect(existsSync(undone)).toBe(true);
  });

  test('undo runs when the hunt is killed', async () => {
    const [flag, undo] = [join(place, 'flag'), join(place, 'undone')];
    const level = `run=every=50ms undo='cp ${flag} ${undo}' cp /etc/hostname ${flag}`;
    const hunt = longHunt(place, [level]);
    await seen('that it ran', () => existsSync(flag));
    expect(existsSync(undo)).toBe(false);
    await allGone(await killHunt(hunt));
    await seen('that it was undone', () => existsSync(undo));
  });

  test('refused: a program that is not there', () =>
    refused(place, 'run=every=1s no-such-program -x', /no-such-program is not installed/));
});
