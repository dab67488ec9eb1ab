// Every rig check three times: planted (it fails and says why), clean, and a near-miss that must
// not make a trial unknown. What the checks read is handed in; the last tests look at this
// machine.

import {
  closeSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deletedFiles } from '../../../src/observe/held-files.ts';
import type { Mount } from '../../../src/observe/mount-table.ts';
import {
  checkRig,
  type RigSnapshot,
  type RigSources,
  renewSnapshot,
  rigSnapshot,
} from '../../../src/observe/rig.ts';

const MIB = 2 ** 20;
const MOUNT: Mount = {
  id: 1,
  number: '8:1',
  type: 'ext4',
  options: ['rw', 'relatime'],
  device: '/dev/sda1',
  mountPoint: '/mnt',
};

const BEFORE: RigSnapshot = {
  wallMs: 1_000_000,
  monotonicMs: 5000,
  kernelSequence: 10,
  taint: 0,
  uncorrectedErrors: 2,
  mount: MOUNT,
  deviceNumber: 77,
};

const HEALTHY: RigSources = {
  now: () => ({ wallMs: 1_060_000, monotonicMs: 65_000 }),
  space: () => ({ freeBytes: 500 * MIB, freeInodes: 1000, quota: null }),
  deleted: () => [],
  kernelRecords: () => [{ sequence: 11, message: 'eth0: link is up' }],
  taint: () => 0,
  uncorrectedErrors: () => 2,
  mount: () => MOUNT,
  deviceNumber: () => 77,
  devices: () => ['sda1', 'sda'],
  memory: () => new Uint32Array(64),
  load: () => ({ one: 0.5, processors: 2 }),
};

async function look(sources: Partial<RigSources>, before: RigSnapshot | null = BEFORE) {
  const request = before === null ? { directory: '/mnt' } : { directory: '/mnt', before };
  const rig = await checkRig(request, { ...HEALTHY, ...sources });
  return { ...rig, failed: rig.checks.filter(({ passed }) => !passed) };
}

const log = (message: string) => ({ kernelRecords: () => [{ sequence: 11, message }] });
const quota = (leftBytes: number | null, leftInodes: number | null) => ({
  space: () => ({ freeBytes: 500 * MIB, freeInodes: 9000, quota: { leftBytes, leftInodes } }),
});
const space = (freeBytes: number, freeInodes: number | null) => ({
  space: () => ({ freeBytes, freeInodes, quota: null }),
});

/** Memory in which bit 3 of one word cannot be cleared. */
function stuckMemory(): Uint32Array {
  return new Proxy(new Uint32Array(64), {
    set: (words, at, value) => Reflect.set(words, at, at === '17' ? value | 8 : value),
    get: (words, at) => Reflect.get(words, at),
  });
}

describe('planted: the check fails and says why', () => {
  const planted: [name: string, says: RegExp, sources: Partial<RigSources>][] = [
    ['free space', /1023KiB free, 1MiB needed/, space(MIB - 1024, 1000)],
    ['inodes', /15 free, 16 needed/, space(500 * MIB, 15)],
    ['quota', /quota of this user: 1KiB left/, quota(1024, null)],
    ['quota', /3 inodes left/, quota(null, 3)],
    ['quota', /0B left/, quota(-5000, 100)],
    [
      'deleted files',
      /1 deleted .*\/mnt\/a \(descriptor 9\)/,
      { deleted: () => [{ fd: 9, path: '/mnt/a' }] },
    ],
    [
      'clock',
      /\+2\.0s .* in 1m00s: it was set/,
      { now: () => ({ wallMs: 1_062_000, monotonicMs: 65_000 }) },
    ],
    ['clock', /-1h00m/, { now: () => ({ wallMs: 1_060_000 - 3_600_000, monotonicMs: 65_000 }) }],
    [
      'checker memory',
      /word 17 was written as 00000000 and reads 00000008/,
      { memory: stuckMemory },
    ],
    ['memory errors', /1 uncorrected memory errors/, { uncorrectedErrors: () => 3 }],
    ['kernel log', /blk_update_request/, log('blk_update_request: I/O error, dev sda, sector 8')],
    ['kernel log', /EXT4-fs error/, log('EXT4-fs error (device sda1): ext4_lookup:1855: inode #2')],
    ['kernel log', /Hardware Error/, log('mce: [Hardware Error]: Machine check events logged')],
    ['kernel taint', /kernel oops \(taint 128\)/, { taint: () => 128 }],
    ['kernel taint', /machine check, bad page/, { taint: () => 48 }],
    ['mount', /mounted read-only/, { mount: () => ({ ...MOUNT, options: ['rw', 'ro'] }) }],
    ['mount', /another file system/, { deviceNumber: () => 78 }],
    ['mount', /is gone/, { deviceNumber: () => null }],
  ];
  test.each(planted)('%s: %s', async (name, says, sources) => {
    const rig = await look(sources);
    expect(rig.passed).toBe(false);
    expect(rig.failed.map((check) => check.name)).toEqual([name]);
    expect(rig.failed[0]?.detail).toMatch(says);
  });
});

describe('clean', () => {
  test('a healthy rig passes every check, with and without a snapshot', async () => {
    expect((await look({})).failed).toEqual([]);
    expect((await look({}, null)).failed).toEqual([]);
    expect((await look({})).passed).toBe(true);
    expect((await look({})).checks.length).toBe(11);
  });
});

describe('near-miss: mentioned, and no trial becomes unknown', () => {
  const near: [name: string, says: RegExp, sources: Partial<RigSources>][] = [
    ['free space', /^1MiB free/, space(MIB, 1000)],
    ['inodes', /^16 free/, space(500 * MIB, 16)],
    ['inodes', /does not count/, space(500 * MIB, null)],
    ['quota', /bytes not limited, inodes not limited/, quota(null, null)],
    ['quota', /1MiB left, 16 inodes/, quota(MIB, 16)],
    ['clock', /\+500ms/, { now: () => ({ wallMs: 1_060_500, monotonicMs: 65_000 }) }],
    // Ten hours of slewing at the fastest rate that adjtime allows.
    ['clock', /-18s/, { now: () => ({ wallMs: 36_982_000, monotonicMs: 36_005_000 }) }],
    ['memory errors', /2 before it/, { uncorrectedErrors: () => 2 }],
    ['memory errors', /no counters/, { uncorrectedErrors: () => null }],
    ['kernel log', /on other devices 1: .*sdb/, log('I/O error, dev sdb, sector 8')],
    ['kernel log', /on other devices 1: .*sda11/, log('EXT4-fs error (device sda11): bad entry')],
    ['kernel log', /none of trouble/, log('EXT4-fs (sda1): mounted filesystem')],
    ['kernel log', /may not be read/, { kernelRecords: () => null }],
    ['kernel taint', /taint 4097, nothing serious/, { taint: () => 4097 }],
    ['mount', /read-write/, { mount: () => ({ ...MOUNT, options: ['rw', 'errors=remount-ro'] }) }],
    ['mount', /does not say/, { mount: () => null }],
    ['load', /load 99\.0 on 2/, { load: () => ({ one: 99, processors: 2 }) }],
  ];
  test.each(near)('%s: %s', async (name, says, sources) => {
    const before = name === 'clock' ? { ...BEFORE, wallMs: 1_000_000 } : BEFORE;
    const rig = await look(sources, before);
    expect(rig.failed).toEqual([]);
    expect(rig.checks.find((check) => check.name === name)?.detail).toMatch(says);
  });

  test('what could not be looked at is marked, and what was looked at is not', async () => {
    const open = async (sources: Partial<RigSources>) =>
      (await look(sources)).checks.filter((each) => each.checked === false).map((c) => c.name);
    expect(await open({})).toEqual([]);
    expect(await open({ uncorrectedErrors: () => null, kernelRecords: () => null })).toEqual([
      'memory errors',
      'kernel log',
    ]);
  });

  test('taint from before the hunt is not held against it', async () => {
    expect((await look({ taint: () => 128 }, { ...BEFORE, taint: 128 })).failed).toEqual([]);
    expect((await look({ taint: () => 128 }, null)).failed).toEqual([]);
  });

  test('a check that cannot look passes and says so', async () => {
    const rig = await look({
      space: () => {
        throw new Error('statfs: not implemented');
      },
    });
    expect(rig.passed).toBe(true);
    expect(rig.checks[0]?.detail).toBe('could not be checked: statfs: not implemented');
  });
});

describe('after a failed check', () => {
  const stepped: RigSources = {
    ...HEALTHY,
    now: () => ({ wallMs: 9_000_000, monotonicMs: 65_000 }),
    kernelRecords: (after) =>
      after < 11 ? [{ sequence: 11, message: 'I/O error, dev sda, sector 8' }] : [],
    taint: () => 128,
    uncorrectedErrors: () => 3,
  };

  test('what happened is told once', async () => {
    const first = await look(stepped);
    const names = ['clock', 'memory errors', 'kernel log', 'kernel taint'];
    expect(first.failed.map(({ name }) => name)).toEqual(names);
    const renewed = renewSnapshot(BEFORE, '/mnt', stepped);
    expect((await look(stepped, renewed)).failed).toEqual([]);
  });

  test('but another file system is never taken for the first one', async () => {
    const swapped = { ...HEALTHY, deviceNumber: () => 78 };
    const renewed = renewSnapshot(BEFORE, '/mnt', swapped);
    expect((await look(swapped, renewed)).failed.map(({ name }) => name)).toEqual(['mount']);
  });
});

describe('on this machine', () => {
  test('this rig passes, twice, and the snapshot knows the mount', async () => {
    const before = rigSnapshot('/var/tmp');
    expect(before.mount).not.toBeNull();
    for (let time = 0; time < 2; time++) {
      const rig = await checkRig({ directory: '/var/tmp', before });
      expect(rig.checks.filter(({ passed }) => !passed)).toEqual([]);
    }
  });

  test('a file that is held open after its removal is found, others are not', () => {
    const directory = mkdtempSync('/var/tmp/heisenwrite-test-');
    const outside = mkdtempSync('/var/tmp/heisenwrite-test-');
    const fds: number[] = [];
    const hold = (path: string) => {
      writeFileSync(path, 'x');
      const fd = openSync(path, 'r');
      fds.push(fd);
      return fd;
    };
    try {
      hold(join(directory, 'open'));
      hold(join(directory, 'odd (deleted)'));
      const replaced = hold(join(directory, 'kept'));
      renameSync(join(directory, 'kept'), join(directory, 'renamed'));
      hold(join(outside, 'elsewhere'));
      unlinkSync(join(outside, 'elsewhere'));
      expect(deletedFiles(directory)).toEqual([]);
      unlinkSync(join(directory, 'renamed'));
      expect(deletedFiles(directory)).toEqual([{ fd: replaced, path: join(directory, 'renamed') }]);
    } finally {
      for (const fd of fds) closeSync(fd);
      for (const made of [directory, outside]) rmSync(made, { recursive: true });
    }
  });
});
