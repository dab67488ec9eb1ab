// When a fault of a mount fires: by flags, path, range, signal and window, and not beside them;
// that it is set and cleared under open files, and the receipt that it leaves.

import { closeSync, constants, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { monotonicMs, monotonicNs } from '../../src/base/clock.ts';
import { type FaultMount, startFaultMount, until } from './fault-mounts.ts';
import { attempt, filesOn } from './mounted-files.ts';
import { missing, requireOrSkip } from './requirements.ts';

const OLD = Buffer.alloc(16_384, 'o');
const NEW = Buffer.alloc(16_384, 'n');

describe('a fault of a mount fires', () => {
  let mount: FaultMount & { end(): Promise<void> };
  beforeAll(async () => {
    if (missing('fuse') === null) mount = await startFaultMount(['--seed', 'kinds']);
  });
  afterAll(() => mount?.end());
  beforeEach((context) => requireOrSkip(context, 'fuse'));
  afterEach(async () => {
    await mount.clear();
    await mount.receipts();
    for (const name of readdirSync(mount.below)) rmSync(join(mount.below, name));
  });
  const { path, put, write, read, below } = filesOn(() => mount);

  it('makes calls late, and data slow', async () => {
    put(OLD);
    const timed = (work: () => void) => {
      const begun = monotonicMs();
      work();
      return monotonicMs() - begun;
    };
    await mount.set('latency:op=read,time=300ms,count=1');
    // A sleep takes at least its time: never asserted that it takes no more.
    expect(timed(() => read(10))).toBeGreaterThanOrEqual(299);
    await mount.clear();
    await mount.set('rate:op=write,bytes=32KiB');
    expect(timed(() => write(NEW))).toBeGreaterThanOrEqual(499);
    expect(below()).toEqual(NEW);
  });

  it('fires by flags, path, range, count, signal and window, and not beside them', async () => {
    put(OLD);
    put(OLD, 'other');
    const near: Record<string, () => unknown> = {
      'errno:op=write,errno=EIO,with=O_SYNC': () => write(NEW),
      'errno:op=write,errno=EIO,without=O_SYNC': () =>
        write(NEW, 0, constants.O_RDWR | constants.O_SYNC),
      'errno:op=write,errno=EIO,with=O_DIRECT': () => write(NEW),
      'errno:op=write,errno=EIO,path=other': () => write(NEW),
      'errno:op=write,errno=EIO,offset=16KiB-': () => write(NEW),
      'errno:op=write,errno=EIO,signal=SIGHUP': () => write(NEW),
      'errno:op=write,errno=EIO,start=1h': () => write(NEW),
      'errno:op=write,errno=EIO,for=1ms': () => write(NEW),
    };
    for (const [fault, call] of Object.entries(near)) {
      await mount.set(fault);
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(call(), fault).toBe(NEW.length);
      await mount.clear();
    }
    const hit: Record<string, number> = {
      'errno:op=write,errno=EIO,with=O_SYNC': constants.O_RDWR | constants.O_SYNC,
      'errno:op=write,errno=EIO,without=O_SYNC': constants.O_RDWR,
      'errno:op=write,errno=EIO,with=O_DIRECT': constants.O_RDWR | constants.O_DIRECT,
      'errno:op=write,errno=EIO,with=O_APPEND': constants.O_RDWR | constants.O_APPEND,
      'errno:op=write,errno=EIO,path=/fi*': constants.O_RDWR,
      'errno:op=write,errno=EIO,offset=0-1': constants.O_RDWR,
    };
    for (const [fault, flags] of Object.entries(hit)) {
      await mount.set(fault);
      expect(write(NEW, 0, flags), fault).toBe('EIO');
      await mount.clear();
    }
    await mount.set('errno:op=write,errno=EIO,signal=SIGHUP,for=1h');
    expect(write(NEW)).toBe(NEW.length);
    mount.signal('SIGHUP');
    let said: unknown;
    await until(() => {
      said = write(NEW);
      return said === 'EIO';
    }, 'the signal has arrived');
  });

  it('is set and cleared under a file that is open already', async () => {
    put(OLD);
    const fd = openSync(path(), 'r+');
    writeSync(fd, NEW, 0, 10, 0);
    await mount.set('errno:op=write,errno=ENOSPC');
    expect(attempt(() => writeSync(fd, NEW, 0, 10, 10))).toBe('ENOSPC');
    await mount.clear();
    expect(writeSync(fd, NEW, 0, 10, 10)).toBe(10);
    closeSync(fd);
  });

  it('leaves a receipt with its place and its time, in the clock of the recorder', async () => {
    put(OLD);
    const before = monotonicNs();
    await mount.set('lost:count=1');
    write(NEW.subarray(0, 100), 5000);
    const after = monotonicNs();
    const [receipt, ...more] = await mount.receipts();
    expect(more).toEqual([]);
    expect(receipt).toMatchObject({ fault: expect.any(Number), path: '/file', offset: 5000 });
    expect(receipt).toMatchObject({ length: 100, what: 'not written' });
    const at = BigInt(receipt?.atNs ?? 0);
    expect(before < at && at < after).toBe(true);
    expect(await mount.fired()).toEqual([1]);
  });
});
