// `verify` of a cached file beside `cat FILE > /dev/null`, which reads it and checks nothing, in
// the same run; and the memory that verify takes at most, which does not grow with the file:
// `--size` takes any that memory has room for.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { monotonicMs } from '../src/base/clock.ts';
import { formatSize } from '../src/base/quantities.ts';
import { writeStampedFile } from '../src/stamp/stamped-file.ts';
import { benchOptions } from './bench-options.ts';
import { compare, ratioText } from './ratio.ts';

const GIB = 2 ** 30;
const TARGET_RATIO = 0.9;
const RESIDENT_MIB_MAX = 200;

interface Side {
  readonly mibPerSecond: number;
  readonly verdict: string;
  readonly residentMiB: number;
}

const limits = { usual: '2GiB', mostBytes: 16 * GIB, unitBytes: 2 ** 20 };
const { json, pairs, sizeBytes } = benchOptions(limits);
const side = new URL('verify-side.ts', import.meta.url).pathname;
const folder = mkdtempSync(join('/dev/shm', 'heisenwrite-verify-'));

async function verified(file: string): Promise<Side> {
  const { stdout } = await execa(process.execPath, [side, file]);
  return JSON.parse(stdout) as Side;
}

/** The time of cat from its start to its end: its start takes about a millisecond. */
async function cat(file: string): Promise<number> {
  const startedMs = monotonicMs();
  await execa('sh', ['-c', 'exec cat "$1" > /dev/null', 'cat', file]);
  return sizeBytes / 2 ** 20 / ((monotonicMs() - startedMs) / 1000);
}

try {
  const file = join(folder, 'stamped');
  const shape = { blockBytes: 4096, generation: 1, pattern: 'stamp' } as const;
  await writeStampedFile(file, { ...shape, sizeBytes });
  let residentMiB = 0;
  const ours = async () => {
    const side = await verified(file);
    residentMiB = Math.max(residentMiB, side.residentMiB);
    return side.mibPerSecond;
  };
  const name = `verify beside cat, ${formatSize(sizeBytes)} cached`;
  const compared = await compare(name, pairs, ours, () => cat(file));
  const answer = { ...compared, residentMiB };
  if (json) console.log(JSON.stringify({ schema: 'heisenwrite.bench-verify/1', ...answer }));
  else {
    const speeds = [compared.oursMedian, compared.peerMedian].map((speed) => speed.toFixed(0));
    console.log(`${name}: ratio ${ratioText(compared)}, target ${TARGET_RATIO}`);
    console.log(`  verify ${speeds[0]} MiB/s, cat ${speeds[1]} MiB/s`);
    console.log(`  memory at most ${residentMiB.toFixed(0)} MiB, allowed ${RESIDENT_MIB_MAX}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
