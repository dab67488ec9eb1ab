// `npm run bench:nfs [-- --json] [--pairs 7] [--size 256MiB]`: stamps over NFSv3 against libnfs's
// own `nfs-cp`, to one nfs-ganesha on this machine that exports a tmpfs. Prints ratios with their
// spread: above 1 means that heisenwrite is faster. Ours encodes and checks every word; theirs
// copies a file.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { monotonicMs } from '../src/base/clock.ts';
import { startGanesha } from '../test/servers/ganesha.ts';
import { benchOptions } from './bench-options.ts';
import { printComparisons } from './comparison-lines.ts';
import { compare } from './ratio.ts';

const SIDE = new URL('client-side.ts', import.meta.url).pathname;

const { json, pairs, sizeBytes } = benchOptions({
  usual: '256MiB',
  mostBytes: 2 ** 30,
  unitBytes: 2 ** 20,
});

const folder = mkdtempSync('/dev/shm/heisenwrite-bench-');
const server = await startGanesha(folder);
const [local, back] = [join(folder, 'local'), join(folder, 'back')];
/** nfs-cp takes the last element as the file, and the version by name. */
const theirs = `${server.urlOf('/theirs')}&version=3`;

async function ours(direction: 'read' | 'write'): Promise<number> {
  const args = [SIDE, direction, server.url, String(sizeBytes)];
  const { stdout } = await execa(process.execPath, args);
  return JSON.parse(stdout).mibPerSecond;
}

/** It never writes over a file that is there. */
async function copy(from: string, to: string): Promise<number> {
  for (const name of to === back ? ['back'] : ['theirs']) {
    rmSync(join(folder, name), { force: true });
  }
  const startedMs = monotonicMs();
  await execa('nfs-cp', [from, to]);
  return sizeBytes / 2 ** 20 / ((monotonicMs() - startedMs) / 1000);
}

try {
  writeFileSync(local, new Uint8Array(sizeBytes).fill(0x5a));
  const comparisons = [
    await compare(
      'write stamps / nfs-cp',
      pairs,
      () => ours('write'),
      () => copy(local, theirs),
    ),
    await compare(
      'read and verify / nfs-cp',
      pairs,
      () => ours('read'),
      () => copy(theirs, back),
    ),
  ];
  printComparisons(comparisons, { pairs, peer: 'nfs-cp of libnfs', json });
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
