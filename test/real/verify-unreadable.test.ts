// `verify` of a large file of which a part cannot be read, whichever of its threads meets it: it
// says so, accuses nobody, and ends.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { heisenwrite } from './command-line.ts';
import { withFaultMount } from './fault-mounts.ts';
import { requireOrSkip } from './requirements.ts';

/** From 256 MiB on two threads read. */
const SIZE_MIB = 300;

test('verify of a file that gives EIO', { timeout: 120_000 }, async (context) => {
  requireOrSkip(context, 'fuse');
  await withFaultMount([], async (mount) => {
    const path = join(mount.below, 'large');
    const stamped = await heisenwrite(['stamp', path, '--size', `${SIZE_MIB}MiB`]);
    expect(stamped.exitCode, stamped.stderr).toBe(0);
    for (const atMiB of [200, 201, 202, 203, 299]) {
      const range = `offset=${atMiB}MiB-${atMiB + 1}MiB`;
      await mount.set(`errno:op=read,errno=EIO,${range}`);
      const said = await heisenwrite(['verify', join(mount.at, 'large')]);
      expect(said.stderr).toMatch(/cannot read .*large: EIO/);
      expect([said.exitCode, said.stdout]).toEqual([3, '']);
      await mount.clear();
    }
    const clean = await heisenwrite(['verify', join(mount.at, 'large'), '--json']);
    expect([clean.exitCode, JSON.parse(clean.stdout).verdict]).toEqual([0, 'clean']);
  });
});
