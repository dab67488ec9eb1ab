// `npm run bench:mount [-- --json] [--pairs 7] [--size 256MiB]`: a mount without faults beside the
// least that can be written with fuse-napi, on tmpfs: the same directory, the same calls, the same
// options of the mount. Prints ratios with their spread: above 1 means that heisenwrite is faster.
// Each side serves from a process of its own; this process is the program that uses it.

import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { monotonicMs } from '../src/base/clock.ts';
import { benchOptions } from './bench-options.ts';
import { printComparisons } from './comparison-lines.ts';
import { type Comparison, compare } from './ratio.ts';

const TMPFS = '/dev/shm';
const MAIN = new URL('../scripts/from-source.mjs', import.meta.url).pathname;
const PEER = new URL('plain-mount.ts', import.meta.url).pathname;
const CALL_BYTES = [2 ** 20, 2 ** 12] as const;

const { json, pairs, sizeBytes } = benchOptions({
  usual: '256MiB',
  mostBytes: 2 ** 30,
  unitBytes: 2 ** 20,
});

const folder = mkdtempSync(join(TMPFS, 'heisenwrite-bench-'));
const below = join(folder, 'below');
const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
for (const each of [below, ours, theirs]) mkdirSync(each);

/** MiB/s of one file in calls of so many bytes. Small calls move less, to take as long. */
function speed(at: string, direction: 'read' | 'write', callBytes: number): number {
  const bytes = callBytes < 2 ** 16 ? sizeBytes / 16 : sizeBytes;
  const memory = Buffer.alloc(callBytes, 0x5a);
  const fd = openSync(join(at, 'file'), direction === 'write' ? 'w' : 'r');
  const startedMs = monotonicMs();
  for (let offset = 0; offset < bytes; offset += callBytes) {
    if (direction === 'write') writeSync(fd, memory, 0, callBytes, offset);
    else readSync(fd, memory, 0, callBytes, offset);
  }
  if (direction === 'write') fsyncSync(fd);
  const seconds = (monotonicMs() - startedMs) / 1000;
  closeSync(fd);
  return bytes / 2 ** 20 / seconds;
}

async function compareAll(): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const callBytes of CALL_BYTES) {
    for (const direction of ['write', 'read'] as const) {
      const side = (at: string) => async () => speed(at, direction, callBytes);
      const name = `${direction} in calls of ${callBytes / 1024} KiB`;
      comparisons.push(await compare(name, pairs, side(ours), side(theirs)));
    }
  }
  return comparisons;
}

async function serve(words: readonly string[]): Promise<() => Promise<void>> {
  const server = execa(process.execPath, words, { reject: false, stdout: 'pipe' });
  await new Promise<void>((resolve, reject) => {
    server.stdout.once('data', () => resolve());
    void server.then(({ stderr }) => reject(new Error(`the mount has ended: ${stderr}`)));
  });
  return async () => {
    server.kill('SIGTERM');
    await server;
  };
}

const ends: (() => Promise<void>)[] = [];
try {
  ends.push(await serve([MAIN, 'mount', below, ours, '--json']));
  ends.push(await serve([PEER, below, theirs]));
  const comparisons = await compareAll();
  printComparisons(comparisons, { pairs, peer: 'fuse-napi alone', json });
} finally {
  for (const end of ends) await end();
  rmSync(folder, { recursive: true, force: true });
}
