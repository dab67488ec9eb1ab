// The life of a fault mount: what it refuses, how it ends, and that nothing is left behind, also
// when its server is killed.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectRefusal, heisenwrite, started } from './command-line.ts';
import { isAlive, isMounted, until, withFaultMount } from './fault-mounts.ts';
import { attempt } from './mounted-files.ts';
import { requireOrSkip } from './requirements.ts';

describe('a fault mount', () => {
  let top: string;
  let below: string;
  let at: string;
  beforeEach((context) => {
    requireOrSkip(context, 'fuse');
    top = mkdtempSync(join(tmpdir(), 'fault-life-'));
    [below, at] = [join(top, 'below'), join(top, 'at')];
    mkdirSync(below);
    mkdirSync(at);
  });
  afterEach(() => rmSync(top, { recursive: true }));
  const mount = (...words: string[]) => heisenwrite(['mount', ...words], top);

  it('refuses places that cannot be, and says what to do', async () => {
    writeFileSync(join(top, 'file'), '');
    mkdirSync(join(at, 'inner'));
    mkdirSync(join(below, 'inner'));
    expectRefusal(await mount('none', 'at'), 2, /none: ENOENT/);
    expectRefusal(await mount('below', 'none'), 2, /none: ENOENT/);
    expectRefusal(await mount('below', 'file'), 2, /file is not a directory/);
    expectRefusal(await mount('file', 'below/inner'), 2, /file is not a directory/);
    expectRefusal(await mount('below', 'at'), 2, /at is not empty/);
    expectRefusal(await mount('below', 'below'), 2, /cannot be mounted on itself/);
    expectRefusal(await mount('below', 'below/inner'), 2, /lie one in the other/);
    expectRefusal(await mount('at/inner', 'at'), 2, /lie one in the other/);
    expectRefusal(await mount('below', '/proc'), 2, /\/proc is a mount point already \(proc\)/);
    expect(isMounted(at)).toBe(false);
  });

  it.each([
    ['wrong', /there is no fault "wrong" \(faults: errno, /],
    ['flip:probability=0', /probability above 0 and at most 1/],
    ['flip:probability=3/2', /probability above 0 and at most 1/],
    ['errno:errno=EWHAT', /there is no error "EWHAT" on this system/],
    ['errno:op=write', /errno needs errno/],
    ['flip:op=fsync', /a mount cannot plant flip in fsync \(it can in: write, read\)/],
    ['verifier', /a mount cannot plant verifier \(it can: errno, /],
    ['unsynced', /unsynced needs the moment of the crash/],
    ['lost:bytes=4', /lost has no key "bytes"/],
  ])('refuses the fault %s, in the background too', async (fault, message) => {
    expectRefusal(await mount('below', 'at', '--fault', fault), 2, message);
    expectRefusal(await mount('below', 'at', '--background', '--fault', fault), 2, message);
    expect(isMounted(at)).toBe(false);
  });

  it('refuses a process with one thread, which would wait for itself', async () => {
    const said = await heisenwrite(['mount', 'below', 'at'], top, { UV_THREADPOOL_SIZE: '1' });
    expectRefusal(said, 2, /UV_THREADPOOL_SIZE=1 is too few.*two threads/s);
    expect(isMounted(at)).toBe(false);
  });

  it('refuses a second mount on the same place, and the first one goes on', () =>
    withFaultMount([], async (first) => {
      expectRefusal(
        await heisenwrite(['mount', below, first.at]),
        2,
        /is a mount point already \(fuse\.heisenwrite\)/,
      );
      writeFileSync(join(first.at, 'file'), 'goes on');
      expect(readFileSync(join(first.below, 'file'), 'utf8')).toBe('goes on');
    }));

  it('runs until it is told to end, says what fired, and is gone', async () => {
    const words = ['mount', below, at, '--fault', 'errno:op=write,errno=EIO,count=1'];
    const server = started([...words, '--receipts', join(top, 'receipts')], top);
    await until(() => isMounted(at), 'it is mounted');
    expect(attempt(() => writeFileSync(join(at, 'file'), 'x'))).toBe('EIO');
    server.kill('SIGINT');
    const { exitCode, stdout, stderr } = await server;
    expect([exitCode, isMounted(at)]).toEqual([0, false]);
    expect(stdout).toMatch(/below on .*at \(seed [0-9a-f]{8}\)\nfault 1: errno:op=write,errno=EIO/);
    expect(stderr).toContain('fault 1 fired 1 times: errno:op=write,errno=EIO,count=1');
    const receipt = JSON.parse(readFileSync(join(top, 'receipts'), 'utf8'));
    expect(receipt).toMatchObject({ fault: 1, path: '/file', offset: 0, length: 1, what: 'EIO' });
  });

  it('fires at the same calls with the same seed, and at others with another', async () => {
    const firing = async (seed: string) => {
      const fired: boolean[] = [];
      const words = ['--seed', seed, '--fault', 'errno:op=create,errno=EIO,probability=0.5'];
      await withFaultMount(words, async (mounted) => {
        for (let n = 0; n < 40; n++) {
          fired.push(attempt(() => writeFileSync(join(mounted.at, `f${n}`), '')) === 'EIO');
        }
      });
      return fired;
    };
    const first = await firing('one');
    expect(await firing('one')).toEqual(first);
    expect(await firing('two')).not.toEqual(first);
  });

  it('leaves no mount behind when its server is killed while a program uses it', async () => {
    const said = await heisenwrite(['mount', below, at, '--background', '--json']);
    const { pid } = JSON.parse(said.stdout.trim().split('\n').at(-1) as string);
    writeFileSync(join(at, 'file'), 'kept');
    process.kill(pid, 'SIGKILL');
    await until(() => !isMounted(at), 'the guard has unmounted it');
    expect(isAlive(pid)).toBe(false);
    expect(statSync(at).isDirectory()).toBe(true);
    expect(readFileSync(join(below, 'file'), 'utf8')).toBe('kept');
    const again = await heisenwrite(['mount', below, at, '--background', '--json']);
    expect(again.exitCode, again.stderr).toBe(0);
    process.kill(JSON.parse(again.stdout.trim().split('\n').at(-1) as string).pid, 'SIGTERM');
    await until(() => !isMounted(at), 'the second one has ended in order');
  });

  it('is changed, listed and cleared by `fault`, by its mount point', () =>
    withFaultMount([], async (mounted) => {
      const fault = (...words: string[]) => heisenwrite(['fault', ...words]);
      const errno = 'errno:op=write,errno=ENOSPC';
      const set = await fault('set', mounted.at, '--fault', errno, '--fault', 'lost:op=unlink');
      expect(set.stdout).toContain(`  1      0        0      ${errno}`);
      expect(attempt(() => writeFileSync(join(mounted.at, 'file'), 'x'))).toBe('ENOSPC');
      const listed = JSON.parse((await fault('list', mounted.at, '--json')).stdout);
      expect(listed).toMatchObject({
        schema: 'heisenwrite.faults/1',
        servers: [{ server: 'mount', name: mounted.at, at: mounted.below, pid: mounted.pid }],
      });
      expect(listed.servers[0].faults[0]).toEqual({
        number: 1,
        text: errno,
        matched: 1,
        fired: 1,
      });
      await fault('clear', mounted.at, '1');
      writeFileSync(join(mounted.at, 'file'), 'x');
      expectRefusal(await fault('clear', mounted.at, '1'), 2, /has no fault 1/);
      expectRefusal(await fault('set', mounted.at), 2, /fault set needs a fault/);
      expect((await fault('clear', mounted.at)).stdout).toContain('no fault is set');
      expectRefusal(await fault('list', top), 2, /nothing serves/);
    }));
});
