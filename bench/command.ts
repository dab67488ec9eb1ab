// `npm run bench:command [-- --json] [--pairs 9] [--size 64KiB]`: a trial of the workload `command`
// against starting the same program bare, in turn, on tmpfs: what the canary, the check of every
// word and the bookkeeping cost. Prints milliseconds and the ratio, each with its spread; a ratio
// of 1.00 would mean that a trial costs nothing beside its program. The quickest tenth of both
// sides is printed as well, since on a busy machine most of a median is waiting for a processor.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { monotonicMs } from '../src/base/clock.ts';
import { formatSize } from '../src/base/quantities.ts';
import { createRng } from '../src/base/rng.ts';
import { ActorPool } from '../src/trial/actor-pool.ts';
import { command } from '../src/workload/command.ts';
import { benchOptions } from './bench-options.ts';
import { median } from './ratio.ts';

const TMPFS = '/dev/shm';
/** Of one side of a pair; the median of a pair is one number. */
const TRIALS = 40;

const { json, pairs, sizeBytes } = benchOptions(
  { usual: '64KiB', mostBytes: 2 ** 30, unitBytes: 512 },
  9,
);

const folder = mkdtempSync(join(TMPFS, 'heisenwrite-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

const source = join(folder, 'bare');
writeFileSync(source, Buffer.alloc(sizeBytes, 7));
const actors = new ActorPool();
const levels = { workload: 'command', read: 'none', compare: 'none', input: 'none', limit: 60_000 };
let trials = 0;

async function bare(words: readonly string[]): Promise<number> {
  const begun = monotonicMs();
  const [file = '', ...parameters] = words;
  const child = spawn(file, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.resume();
  child.stderr.resume();
  const [status] = await once(child, 'close');
  const tookMs = monotonicMs() - begun;
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}`);
  rmSync(join(folder, 'copy'), { force: true });
  return tookMs;
}

async function trial(program: string): Promise<number> {
  trials++;
  const directory = join(folder, `trial-${trials}`);
  mkdirSync(directory);
  const begun = monotonicMs();
  const outcome = await command.run({
    trial: trials,
    levels: { ...levels, program, size: sizeBytes as number, pattern: 'stamp' },
    rng: createRng(`bench-${trials}`),
    directory,
    medium: { url: 'file:///', options: {} },
    hunt: '00112233445566ff',
    firstFile: 8 * trials,
    actors,
  });
  const tookMs = monotonicMs() - begun;
  const isClean = outcome.observations.length === 0 && outcome.failures.length === 0;
  if (!isClean || outcome.unknown) throw new Error('tmpfs damaged the file: this run is void');
  rmSync(directory, { recursive: true });
  return tookMs;
}

interface Measured {
  readonly name: string;
  readonly bareMs: number;
  readonly trialMs: number;
  readonly overheadMs: readonly number[];
  readonly ratios: readonly number[];
  /** Of all trials and of all bare starts, the value that a tenth of them lies below. */
  readonly quickMs: { readonly trial: number; readonly bare: number };
}

/** Trials of both sides in turn, so that a drift of the machine weighs on both alike. */
async function compare(name: string, words: readonly string[], program: string): Promise<Measured> {
  const medians: { bare: number; trial: number }[] = [];
  const all: { bare: number[]; trial: number[] } = { bare: [], trial: [] };
  for (let pair = 0; pair <= pairs; pair++) {
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let turn = 0; turn < TRIALS; turn++) {
      theirs.push(await bare(words));
      ours.push(await trial(program));
    }
    // The first pair only warms up.
    if (pair === 0) continue;
    medians.push({ bare: median(theirs), trial: median(ours) });
    all.bare.push(...theirs);
    all.trial.push(...ours);
  }
  return {
    name,
    bareMs: median(medians.map((each) => each.bare)),
    trialMs: median(medians.map((each) => each.trial)),
    overheadMs: medians.map((each) => each.trial - each.bare),
    ratios: medians.map((each) => each.trial / each.bare),
    quickMs: { trial: quickTenth(all.trial), bare: quickTenth(all.bare) },
  };
}

function quickTenth(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 10)] as number;
}

function spreadText(numbers: readonly number[], unit = ''): string {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  return `${median(numbers).toFixed(2)}${unit} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

const copy = join(folder, 'copy');
const measured = [
  await compare('cp', ['cp', source, copy], 'cp {canary} {out}'),
  await compare(
    'cat, by a shell',
    ['/bin/sh', '-c', `cat ${source} > ${copy}`],
    'cat {canary} > {out}',
  ),
];
actors.close();
const conditions = `${availableParallelism()} CPUs, load ${loadavg()[0]?.toFixed(2)}`;
if (json) {
  const schema = 'heisenwrite.bench-command/1';
  console.log(JSON.stringify({ schema, conditions, sizeBytes, measured }, null, 2));
} else {
  const of = `${pairs} pairs of ${TRIALS} trials, files of ${formatSize(sizeBytes)}; ${conditions}`;
  console.log(`trial / bare start, median (least to greatest) of ${of}`);
  for (const { name, bareMs, trialMs, overheadMs, ratios, quickMs } of measured) {
    const times = `${trialMs.toFixed(2)} / ${bareMs.toFixed(2)} ms`;
    const spread = `overhead ${spreadText(overheadMs, ' ms')}, ratio ${spreadText(ratios)}`;
    console.log(`${name.padEnd(18)} ${times.padEnd(20)} ${spread}`);
    const quick = `${quickMs.trial.toFixed(2)} / ${quickMs.bare.toFixed(2)} ms`;
    const overhead = (quickMs.trial - quickMs.bare).toFixed(2);
    console.log(`${'  quickest tenth'.padEnd(18)} ${quick.padEnd(20)} overhead ${overhead} ms`);
  }
}
