// `npm run bench:recorder [-- --json] [--pairs 5] [--size 1GiB]`: processor ns of an event of three
// integers, ours and its peers in turn in one run, as ratios (below 1: ours is faster) with their
// spread; what four threads keep; and reading a recording of --size (10GiB for the promise of
// constant memory), all of it written, under TMPDIR where /dev/shm is too small for it.

import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { benchOptions } from './bench-options.ts';
import { median } from './ratio.ts';
import { blackboxPeer, lttngPeer, type Peer, pinoPeer } from './recorder/peers.ts';

const EVENTS = 2_000_000;
const THREAD_EVENTS = 100_000;
const RECORD_BYTES = 32;
const MATCH_BYTES_MAX = 2 ** 30;
const OURS = ['tick', 'each', 'off', 'paused'] as const;
const SIDE = new URL('recorder/ours-side.ts', import.meta.url).pathname;
const READING = new URL('recorder/reading-side.ts', import.meta.url).pathname;

const { json, pairs, sizeBytes } = benchOptions({
  usual: '1GiB',
  mostBytes: 16 * 2 ** 30,
  unitBytes: 4096,
});

const folder = mkdtempSync('/dev/shm/heisenwrite-bench-');
const large = mkdtempSync(join(hasRoom('/dev/shm') ? '/dev/shm' : tmpdir(), 'heisenwrite-bench-'));
process.on('exit', () => {
  for (const made of [folder, large]) rmSync(made, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

/** Half of a file system in memory stays free. */
function hasRoom(place: string): boolean {
  const { bavail, bsize } = statfsSync(place);
  return bavail * bsize > 4 * sizeBytes;
}

async function ours(mode: string, events: number) {
  const own = mkdtempSync(join(folder, 'run-'));
  const { stdout } = await execa(process.execPath, [SIDE, mode, own, String(events)]);
  rmSync(own, { recursive: true });
  return JSON.parse(stdout) as { nsPerEvent: number; recorded: number; uncounted: number };
}

async function peers(skipped: string[]) {
  const found: (Peer & { end?(): Promise<void> })[] = [pinoPeer(folder)];
  for (const open of [blackboxPeer, lttngPeer]) {
    try {
      found.push(await open(folder));
    } catch (error) {
      skipped.push((error as Error).message.split('\n')[0] ?? '');
    }
  }
  return found;
}

async function measureEvents(others: readonly Peer[]) {
  const times = new Map<string, number[]>();
  const keep = (name: string, ns: number) => times.set(name, [...(times.get(name) ?? []), ns]);
  let uncounted = 0;
  // The first round only warms up.
  for (let round = 0; round <= pairs; round++) {
    for (const mode of OURS) {
      const { nsPerEvent } = await ours(mode, mode === 'off' ? 100 * EVENTS : EVENTS);
      if (round > 0) keep(mode, nsPerEvent);
    }
    const threads = await ours('threads', EVENTS);
    uncounted += threads.uncounted;
    if (round > 0) keep('4 threads', threads.nsPerEvent);
    for (const peer of others) {
      const ns = await peer.run(EVENTS);
      if (round > 0) keep(peer.name, ns);
    }
  }
  return { times: Object.fromEntries(times), uncounted };
}

async function measureReading() {
  const file = join(large, 'large.hwrec');
  const side = async (...parameters: string[]) =>
    JSON.parse((await execa(process.execPath, [READING, ...parameters])).stdout);
  await side('write', file, String(Math.floor(sizeBytes / RECORD_BYTES)));
  const runs = [];
  for (let round = 0; round < 3; round++) runs.push(await side('filter', file));
  const events = sizeBytes <= 2 ** 30 ? await side('events', file) : null;
  rmSync(file);
  // A match keeps some 25 bytes of each message that was sent, so that it has a size of its own.
  await side('write-messages', file, String(Math.min(sizeBytes, MATCH_BYTES_MAX) / RECORD_BYTES));
  const matches = [];
  for (let round = 0; round < 3; round++) matches.push(await side('match', file));
  for (const path of [file, `${file}.received`]) rmSync(path);
  return {
    matchRecords: matches[0].records as number,
    matchMillionPerSecond: matches.map((run) => (run.perSecond as number) / 1e6),
    matchResidentMiB: Math.max(...matches.map((run) => run.residentMiB as number)),
    records: runs[0].records as number,
    millionPerSecond: runs.map((run) => (run.perSecond as number) / 1e6),
    residentMiB: Math.max(...runs.map((run) => run.residentMiB as number)),
    eventsMillionPerSecond: events && events.perSecond / 1e6,
  };
}

function spreadText(values: readonly number[], digits: number): string {
  const [low, high] = [Math.min(...values), Math.max(...values)].map((one) => one.toFixed(digits));
  return `${median(values).toFixed(digits)} (${low} to ${high})`;
}

const skipped: string[] = [];
const others = await peers(skipped);
let measured: Awaited<ReturnType<typeof measureEvents>>;
let keptByBlackbox: number | null = null;
try {
  measured = await measureEvents(others);
  const blackbox = others.find((peer) => 'keeps' in peer) as
    | { keeps(events: number, threads: number): Promise<number> }
    | undefined;
  if (blackbox) keptByBlackbox = await blackbox.keeps(THREAD_EVENTS, 4);
} finally {
  for (const { end } of others) await end?.();
}
const reading = await measureReading();
const conditions = `${availableParallelism()} CPUs, load ${loadavg()[0]?.toFixed(2)}`;
const { times, uncounted } = measured;
const ratios = others.flatMap(({ name }) =>
  (['tick', 'each'] as const).map((mode) => {
    const theirs = times[name] as number[];
    const values = (times[mode] as number[]).map((ns, round) => ns / (theirs[round] as number));
    return { name: `${mode} / ${name}`, values };
  }),
);
if (json) {
  const schema = 'heisenwrite.bench/1';
  const all = { schema, conditions, nsPerEvent: times, ratios, uncounted, keptByBlackbox, reading };
  console.log(JSON.stringify({ ...all, skipped }, null, 2));
} else {
  console.log(
    `CPU ns an event of three integers, median (least to greatest) of ${pairs}; ${conditions}`,
  );
  for (const [name, values] of Object.entries(times)) {
    console.log(`  ${name.padEnd(28)} ${spreadText(values, 2)}`);
  }
  console.log('ours / theirs');
  for (const { name, values } of ratios) {
    console.log(`  ${name.padEnd(28)} ${spreadText(values, 3)}`);
  }
  console.log(`4 threads: ${uncounted} events neither kept nor counted as overwritten`);
  if (keptByBlackbox !== null) {
    console.log(
      `  libqb kept ${keptByBlackbox} of ${4 * THREAD_EVENTS} in a ring that holds them all`,
    );
  }
  const { records, millionPerSecond, residentMiB, eventsMillionPerSecond } = reading;
  const { matchRecords, matchMillionPerSecond, matchResidentMiB } = reading;
  console.log(`reading ${records} records (${sizeBytes / 2 ** 20} MiB), filtered by columns`);
  console.log(
    `  ${spreadText(millionPerSecond, 1)} million records/s, ${residentMiB} MiB resident`,
  );
  if (eventsMillionPerSecond) {
    console.log(`  ${eventsMillionPerSecond.toFixed(2)} million objects/s, merged by time`);
  }
  console.log(`matching ${matchRecords} records, each with the send or receipt that it belongs to`);
  console.log(
    `  ${spreadText(matchMillionPerSecond, 1)} million records/s, ${matchResidentMiB} MiB resident`,
  );
  for (const why of skipped) console.log(`skipped: ${why}`);
}
