// `npm run bench:proxy-objects [-- --json] [--pairs 5] [--size 256MiB] [--only sftp|s3]`: the SFTP
// and S3 proxies without a fault, against the same server without them, by our own media: writes of
// stamps, reads that verify, and one small call. A ratio of 1 means that the proxy costs nothing.
// Client, proxy and server share this machine: each takes processor time from the others. Both SFTP
// sides have the same client with its own choice of cipher, which is printed for each.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { startRadosgw } from '../src/fleet/radosgw.ts';
import { startSshd } from '../src/fleet/sshd.ts';
import { connectMedium } from '../src/medium/media.ts';
import { benchOptions } from './bench-options.ts';
import { printComparisons } from './comparison-lines.ts';
import { compareLatency, type Latency, startProxy } from './proxied.ts';
import { type Comparison, compare } from './ratio.ts';

const TMPFS = '/dev/shm';
const SIDE = new URL('client-side.ts', import.meta.url).pathname;
const LATENCY_CALLS = 2000;
const STORE_BYTES = 4 * 2 ** 30;

const { json, only, pairs, sizeBytes } = benchOptions({
  usual: '256MiB',
  mostBytes: 2 ** 30,
  unitBytes: 2 ** 20,
});

interface Sides {
  readonly direct: string;
  readonly proxied: string;
  readonly environment: Readonly<Record<string, string>>;
}

async function rateOf(direction: 'read' | 'write', url: string, env: Sides['environment']) {
  const args = [SIDE, direction, url, String(sizeBytes)];
  const { stdout } = await execa(process.execPath, args, { env });
  return JSON.parse(stdout).mibPerSecond as number;
}

async function compareThroughput(
  protocol: string,
  { direct, proxied, environment }: Sides,
): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const direction of ['write', 'read'] as const) {
    const name = `${protocol} ${direction}, proxied / direct`;
    const ours = () => rateOf(direction, proxied, environment);
    const peer = () => rateOf(direction, direct, environment);
    comparisons.push(await compare(name, pairs, ours, peer));
  }
  return comparisons;
}

async function latencyOf(protocol: string, { direct, proxied, environment }: Sides) {
  Object.assign(process.env, environment);
  const [one, other] = await Promise.all([connectMedium(direct), connectMedium(proxied)]);
  try {
    noteCipher(protocol, one.facts.cipher, other.facts.cipher);
    await one.client.put('/latency', new Uint8Array(512));
    return await compareLatency(
      `${protocol} length`,
      LATENCY_CALLS,
      () => one.client.length('/latency'),
      () => other.client.length('/latency'),
    );
  } finally {
    await one.client.close();
    await other.client.close();
  }
}

function noteCipher(protocol: string, direct: string | undefined, proxied: string | undefined) {
  if (direct === undefined || proxied === undefined) return;
  ciphers.push(`${protocol}: cipher of the client, ${direct} direct, ${proxied} to the proxy`);
}

async function withSftp(act: (sides: Sides) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(TMPFS, 'heisenwrite-bench-'));
  const server = await startSshd({ directory: folder });
  const words = ['--to', `127.0.0.1:${server.port}`, '--user', 'root'];
  const keys = ['--authorized-keys', `${server.identity}.pub`];
  const proxy = await startProxy(['sftp', ...words, ...keys], server.environment);
  try {
    const line = proxy.notes.join('\n').replace(/^.*known_hosts: /s, '');
    writeFileSync(server.knownHosts, `${line}\n`, { flag: 'a' });
    const proxied = server.url.replace(`:${server.port}`, `:${proxy.port}`);
    await act({ direct: server.url, proxied, environment: server.environment });
  } finally {
    await proxy.end();
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

async function withS3(act: (sides: Sides) => Promise<void>): Promise<void> {
  const server = await startRadosgw(STORE_BYTES);
  const { host } = new URL(server.endpoint);
  const proxy = await startProxy(['s3', '--to', host], server.environment);
  try {
    const proxied = server.url.replace(host, `127.0.0.1:${proxy.port}`);
    await act({ direct: server.url, proxied, environment: server.environment });
  } finally {
    await proxy.end();
    await server.stop();
  }
}

const comparisons: Comparison[] = [];
const latencies: Latency[] = [];
const ciphers: string[] = [];
for (const [protocol, within] of [
  ['sftp', withSftp],
  ['s3', withS3],
] as const) {
  if (only !== undefined && only !== protocol) continue;
  await within(async (sides) => {
    comparisons.push(...(await compareThroughput(protocol, sides)));
    latencies.push(await latencyOf(protocol, sides));
  });
}
printComparisons(comparisons, { pairs, peer: 'direct', json });
for (const line of json ? [] : ciphers) console.log(line);
for (const latency of json ? [] : latencies) {
  const { name, directMs, proxiedMs } = latency;
  const added = (proxiedMs - directMs).toFixed(3);
  console.log(`${name}: ${directMs.toFixed(3)} ms direct, ${added} ms added (medians)`);
}
if (json)
  console.log(JSON.stringify({ schema: 'heisenwrite.bench-latency/1', latencies, ciphers }));
