// `npm run bench:proxy [-- --json] [--pairs 5] [--size 256MiB]`: stamps over NFSv3 through the NFS
// and the TCP proxy without faults, against a direct connection, to one nfs-ganesha on this machine
// that exports a tmpfs. Prints ratios with their spread, and what a proxy adds to the median time
// of a call (LOOKUP and GETATTR, one after the other).

import { mkdtempSync, rmSync } from 'node:fs';
import { execa } from 'execa';
import { monotonicMs } from '../src/base/clock.ts';
import { connectMedium } from '../src/medium/media.ts';
import { startGanesha } from '../test/servers/ganesha.ts';
import { benchOptions } from './bench-options.ts';
import { printComparisons } from './comparison-lines.ts';
import { startProxy } from './proxied.ts';
import { compare, median } from './ratio.ts';

const SIDE = new URL('client-side.ts', import.meta.url).pathname;
const PROBE = '/ours';
const CALLS = 2000;
/** Before that Node has not compiled what it runs. */
const WARM_UP_CALLS = 1000;

const { json, pairs, sizeBytes } = benchOptions({
  usual: '256MiB',
  mostBytes: 2 ** 30,
  unitBytes: 2 ** 20,
});

const folder = mkdtempSync('/dev/shm/heisenwrite-bench-');
const server = await startGanesha(folder);
const ends: (() => Promise<unknown>)[] = [];

/** The URL of the export behind a proxy in a process of its own. */
async function proxied(protocol: string): Promise<string> {
  const port = new URL(server.url).searchParams.get('nfsport');
  const proxy = await startProxy([protocol, '--to', `127.0.0.1:${port}`], {});
  ends.push(proxy.end);
  return server.url.replace(`nfsport=${port}`, `nfsport=${proxy.port}`);
}

async function throughput(direction: 'read' | 'write', url: string): Promise<number> {
  const args = [SIDE, direction, url, String(sizeBytes)];
  const { stdout } = await execa(process.execPath, args);
  return JSON.parse(stdout).mibPerSecond;
}

/**
 * Median milliseconds of a call over each URL, half of a LOOKUP with its GETATTR; asked in turn, so
 * that all meet the same load.
 */
async function medianMs(urls: readonly string[]): Promise<number[]> {
  const connections = await Promise.all(urls.map((url) => connectMedium(url)));
  const times: number[][] = urls.map(() => []);
  for (let call = 0; call < CALLS + WARM_UP_CALLS; call++) {
    for (const [index, { client }] of connections.entries()) {
      const begunMs = monotonicMs();
      await client.length(PROBE);
      if (call >= WARM_UP_CALLS) times[index]?.push((monotonicMs() - begunMs) / 2);
    }
  }
  for (const { client } of connections) await client.close();
  return times.map(median);
}

try {
  const urls = { nfs: await proxied('nfs'), tcp: await proxied('tcp') };
  const comparisons = [];
  for (const [protocol, url] of Object.entries(urls)) {
    for (const direction of ['write', 'read'] as const) {
      comparisons.push(
        await compare(
          `${direction} through ${protocol} / direct`,
          pairs,
          () => throughput(direction, url),
          () => throughput(direction, server.url),
        ),
      );
    }
  }
  printComparisons(comparisons, { pairs, peer: 'a direct connection', json });
  const [direct = 0, ...through] = await medianMs([server.url, urls.nfs, urls.tcp]);
  for (const [index, protocol] of Object.keys(urls).entries()) {
    const addedMs = (through[index] ?? 0) - direct;
    const added = `${addedMs.toFixed(3)} ms to a median of ${direct.toFixed(3)} ms`;
    if (json) console.log(JSON.stringify({ protocol, addedMs, directMs: direct }));
    else console.log(`${protocol}: adds ${added}`);
  }
} finally {
  for (const end of ends) await end();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
