// What a mount plants in stamped files is found again by our own tools, and called by its kind; and
// what it does not plant is not found.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { heisenwrite } from './command-line.ts';
import { type FaultMount, startFaultMount } from './fault-mounts.ts';
import { missing, requireOrSkip } from './requirements.ts';

describe('stamped files on a fault mount', () => {
  let mount: FaultMount & { end(): Promise<void> };
  beforeAll(async () => {
    if (missing('fuse') === null) mount = await startFaultMount(['--seed', 'found']);
  });
  afterAll(() => mount?.end());
  beforeEach((context) => requireOrSkip(context, 'fuse'));
  afterEach(async () => {
    await mount.clear();
    rmSync(join(mount.below, 'file'), { force: true });
  });
  const stamp = (...words: string[]) =>
    heisenwrite(['stamp', 'file', '--size', '4MiB', '--seed', 'one', ...words], mount.at);
  const verify = async (directory: string) => {
    const { stdout, exitCode } = await heisenwrite(['verify', 'file', '--json'], directory);
    const { verdict, damage } = JSON.parse(stdout);
    return {
      exitCode,
      verdict,
      kinds: [...new Set(damage.map(({ kind }: { kind: string }) => kind))],
    };
  };

  it('are clean where nothing was planted, or where no condition was met', async () => {
    await mount.set('flip:path=other', 'lost:offset=1GiB-', 'zero:signal=SIGHUP');
    await stamp();
    expect(await verify(mount.at)).toEqual({ exitCode: 0, verdict: 'clean', kinds: [] });
    expect(await mount.fired()).toEqual([0, 0, 0]);
  });

  it.each([
    ['flip:op=write,skip=1,count=1,mask=0x10', ['flipped']],
    ['zero:op=write,skip=1,count=1,at=8KiB,bytes=4KiB', ['zeroed']],
    ['lost:op=write,skip=1,count=1', ['zeroed']],
    // In a new file what was not written is a hole; over an older content it would be torn.
    ['torn:skip=2,count=1,bytes=4608', ['zeroed']],
    ['misdirect:op=write,skip=2,count=1', ['misdirected', 'zeroed']],
  ])('written under %s are damaged below as well', async (fault, kinds) => {
    await mount.set(fault);
    await stamp();
    expect(await mount.fired()).toEqual([1]);
    const found = await verify(mount.below);
    expect(found).toMatchObject({ exitCode: 1, verdict: 'damaged' });
    expect(found.kinds.sort()).toEqual(kinds);
    expect(await verify(mount.at)).toEqual(found);
  });

  it('that are read right only the second time are damaged', async () => {
    await heisenwrite(['stamp', 'file', '--size', '40MiB', '--seed', 'one'], mount.at);
    await mount.set('flip:op=read,skip=3,count=1,mask=0x10');
    const first = await verify(mount.at);
    expect(await mount.fired()).toEqual([1]);
    expect(first).toEqual({ exitCode: 1, verdict: 'damaged', kinds: ['unexplained'] });
    expect(await verify(mount.at)).toMatchObject({ exitCode: 0, verdict: 'clean' });
  });

  // By a copy, which reads each place once: the same call is not asked for again.
  it.each([
    ['flip:op=read,skip=1,count=1', 'flipped'],
    ['zero:op=read,skip=1,count=1,at=8KiB,bytes=4KiB', 'zeroed'],
    ['misdirect:op=read,skip=2,count=1', 'misdirected'],
  ])('read under %s are whole below', async (fault, kind) => {
    await stamp();
    await mount.set(fault);
    const copy = mkdtempSync(join(tmpdir(), 'found-'));
    await execa('cp', [join(mount.at, 'file'), copy]);
    expect(await mount.fired()).toEqual([1]);
    expect(await verify(copy)).toMatchObject({ exitCode: 1, kinds: [kind] });
    expect(await verify(mount.below)).toMatchObject({ exitCode: 0, kinds: [] });
    rmSync(copy, { recursive: true });
  });
});
