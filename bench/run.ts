// `npm run bench [-- --json] [--pairs 7] [--size 1GiB]`: stamps against fio (and dt, where it is
// installed), the same work in one run on tmpfs, one thread, 1 MiB at a time. Prints ratios with
// their spread: above 1 means that heisenwrite is faster. At most two files of --size exist.

import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { formatSize } from '../src/base/quantities.ts';
import { writeStampedFile } from '../src/stamp/stamped-file.ts';
import { benchOptions } from './bench-options.ts';
import { type FioJob, runFio, versionOf } from './fio.ts';
import { type Comparison, compare, ratioText } from './ratio.ts';
import { stampSparse } from './sparse-file.ts';

const TMPFS = '/dev/shm';
const SPARSE_BYTES = 16 * 2 ** 30;
const SIDE = new URL('stamped-side.ts', import.meta.url).pathname;

interface Side {
  readonly mibPerSecond: number;
  readonly damagedBlocks: number;
  readonly residentMiB: number;
}

const { json, pairs, sizeBytes } = benchOptions({
  usual: '1GiB',
  mostBytes: 2 ** 30,
  unitBytes: 4096,
});

const STAMPED = {
  sizeBytes,
  blockBytes: 4096,
  generation: 1,
  pattern: 'stamp',
  seed: '1',
} as const;

async function stampedSide(direction: 'read' | 'write', file: string): Promise<Side> {
  const { stdout } = await execa(process.execPath, [SIDE, direction, file, String(sizeBytes)]);
  return JSON.parse(stdout);
}

const folder = mkdtempSync(join(TMPFS, 'heisenwrite-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

const stamped = join(folder, 'stamped');
const other = join(folder, 'other');

async function readStamped(): Promise<number> {
  const side = await stampedSide('read', stamped);
  if (side.damagedBlocks > 0) throw new Error('tmpfs damaged the file: this run counts nothing');
  return side.mibPerSecond;
}

function fioJob(job: Omit<FioJob, 'sizeBytes'>): Promise<number> {
  return runFio({ ...job, sizeBytes: sizeBytes as number });
}

async function compareWithFio(): Promise<Comparison[]> {
  await writeStampedFile(stamped, STAMPED);
  // The very same file, as the speed of a copy depends on where its pages lie.
  const plain = await compare('read and verify / fio read without verify', pairs, readStamped, () =>
    fioJob({ file: stamped, direction: 'read', verify: 'none' }),
  );
  const comparisons = [plain];
  for (const verify of ['crc32c', 'pattern'] as const) {
    await fioJob({ file: other, direction: 'write', verify });
    const name = `read and verify / fio read verify=${verify}`;
    comparisons.push(
      await compare(name, pairs, readStamped, () =>
        fioJob({ file: other, direction: 'read', verify }),
      ),
    );
    rmSync(other);
  }
  // Both rewrite the very same file: how pages are allocated is the file system's work, not ours.
  // A constant pattern is filled in once, so that job is the bare copy into the kernel; the offset
  // in the pattern makes fio do what a stamp does, which is to say of every word where it belongs.
  for (const [verify, words] of [
    ['placed', 'pattern of offsets'],
    ['pattern', 'constant pattern'],
  ] as const) {
    comparisons.push(
      await compare(
        `write stamps / fio write, ${words}`,
        pairs,
        async () => (await stampedSide('write', stamped)).mibPerSecond,
        () => fioJob({ file: stamped, direction: 'write', verify }),
      ),
    );
  }
  rmSync(stamped);
  return comparisons;
}

/** Greatest resident memory for a file of --size, and for a sparse one of 16 GiB. */
async function measureMemory() {
  await writeStampedFile(stamped, STAMPED);
  const small = await stampedSide('read', stamped);
  rmSync(stamped);
  stampSparse(stamped, SPARSE_BYTES);
  const large = await stampedSide('read', stamped);
  rmSync(stamped);
  return { fileMiB: small.residentMiB, sparseMiB: large.residentMiB };
}

const fio = await versionOf('fio', '--version');
if (!fio) {
  console.error('bench: fio is not installed: apt-get install fio');
  process.exit(3);
}
const dt = await versionOf('dt', 'version');
const comparisons = await compareWithFio();
const memory = await measureMemory();
const conditions = `${availableParallelism()} CPUs, load ${loadavg()[0]?.toFixed(2)}, ${fio}`;
const dtWords = dt
  ? `installed (${dt}), but no comparison with it is written yet`
  : 'not compared: not installed, and Debian has no package of it';
if (json) {
  const schema = 'heisenwrite.bench/1';
  console.log(JSON.stringify({ schema, conditions, comparisons, memory, dt: dtWords }, null, 2));
} else {
  console.log(`ours / theirs, median (least to greatest) of ${pairs} pairs; ${conditions}`);
  for (const one of comparisons) console.log(`${one.name.padEnd(46)} ${ratioText(one)}`);
  console.log(`${'dt'.padEnd(46)} ${dtWords}`);
  const resident = `resident memory, file of ${formatSize(sizeBytes)}`;
  console.log(`${resident.padEnd(46)} ${memory.fileMiB.toFixed(0)} MiB`);
  console.log(
    `${'resident memory, sparse file of 16GiB'.padEnd(46)} ${memory.sparseMiB.toFixed(0)} MiB`,
  );
}
