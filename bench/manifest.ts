// `npm run bench:manifest [-- --json] [--pairs 5] [--size 10GiB]`: `heisenwrite manifest` and
// `verify --manifest` beside b3sum or sha256sum, whichever is the faster here, on one file that is
// in memory (tmpfs). Whole processes, from their start to their end, since that is what a user
// waits for: ours begins a tenth of a second late, which a file of 4 GiB still shows.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { monotonicMs } from '../src/base/clock.ts';
import { writeStampedFile } from '../src/stamp/stamped-file.ts';
import { benchOptions } from './bench-options.ts';
import { printComparisons } from './comparison-lines.ts';
import { versionOf } from './fio.ts';
import { compare } from './ratio.ts';

const TMPFS = '/dev/shm';
const MAIN = new URL('../scripts/from-source.mjs', import.meta.url).pathname;
const PEERS = ['b3sum', 'sha256sum'] as const;

const { json, pairs, sizeBytes } = benchOptions({
  usual: '10GiB',
  mostBytes: 10 * 2 ** 30,
  unitBytes: 2 ** 20,
});

const folder = mkdtempSync(join(TMPFS, 'heisenwrite-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
const [file, manifest] = [join(folder, 'file'), join(folder, 'manifest')];

/** MiB/s of a program that reads the file once. */
async function speed(program: string, words: readonly string[]): Promise<number> {
  const startedMs = monotonicMs();
  await execa(program, words);
  return sizeBytes / 2 ** 20 / ((monotonicMs() - startedMs) / 1000);
}

const ours = (...words: string[]) => speed(process.execPath, [MAIN, ...words]);

async function fasterPeer(): Promise<{ readonly name: string; readonly others: string }> {
  const speeds: { name: string; mibPerSecond: number }[] = [];
  for (const name of PEERS) {
    if (!(await versionOf(name, '--version'))) continue;
    speeds.push({ name, mibPerSecond: await speed(name, [file]) });
  }
  const [fastest, ...slower] = speeds.sort((a, b) => b.mibPerSecond - a.mibPerSecond);
  if (!fastest) throw new Error('neither b3sum nor sha256sum is installed: apt-get install b3sum');
  const others = slower.map((each) => `${each.name} ${each.mibPerSecond.toFixed(0)} MiB/s`);
  return { name: fastest.name, others: others.join(', ') };
}

const stamped = {
  sizeBytes,
  blockBytes: 4096,
  generation: 1,
  pattern: 'stamp',
  seed: '1',
} as const;
await writeStampedFile(file, stamped);
const { name, others } = await fasterPeer();
await ours('manifest', file, '--output', manifest);
const peer = () => speed(name, [file]);
const comparisons = [
  await compare(`manifest / ${name}`, pairs, () => ours('manifest', file), peer),
  await compare(
    `verify --manifest / ${name}`,
    pairs,
    () => ours('verify', file, '--manifest', manifest),
    peer,
  ),
];
const version = (await versionOf(name, '--version')) ?? name;
printComparisons(comparisons, {
  pairs,
  peer: others ? `${version}, once ${others}` : version,
  json,
});
