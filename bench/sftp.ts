// `npm run bench:sftp [-- --json] [--pairs 7] [--size 256MiB]`: stamps over SFTP against OpenSSH's
// `sftp` in batch mode and against rclone, to one sshd on this machine, on tmpfs. Prints ratios
// with their spread: above 1 means that heisenwrite is faster. Ours encodes and checks every word;
// theirs copy a file. `sftp` is measured with its own choice of cipher, and with the one that we
// use. It is two processes, so that on a busy machine it gets two shares of the processors.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { monotonicMs } from '../src/base/clock.ts';
import { startSshd } from '../src/fleet/sshd.ts';
import { benchOptions } from './bench-options.ts';
import { printComparisons } from './comparison-lines.ts';
import { versionOf } from './fio.ts';
import { type Comparison, compare } from './ratio.ts';

const TMPFS = '/dev/shm';
const SIDE = new URL('client-side.ts', import.meta.url).pathname;
const OUR_CIPHER = 'aes128-gcm@openssh.com';

const { json, pairs, sizeBytes } = benchOptions({
  usual: '256MiB',
  mostBytes: 2 ** 30,
  unitBytes: 2 ** 20,
});

const folder = mkdtempSync(join(TMPFS, 'heisenwrite-bench-'));
const server = await startSshd({ directory: folder });
const [local, back, remote] = ['local', 'back', 'theirs'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];

async function ours(direction: 'read' | 'write'): Promise<number> {
  const args = [SIDE, direction, server.url, String(sizeBytes)];
  const { stdout } = await execa(process.execPath, args, { env: server.environment });
  return JSON.parse(stdout).mibPerSecond;
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const startedMs = monotonicMs();
  await act();
  return sizeBytes / 2 ** 20 / ((monotonicMs() - startedMs) / 1000);
}

/** With the pipelining that it has by itself: 64 requests under way. */
function sftpBatch(line: string, cipher: string | null): Promise<number> {
  const known = `UserKnownHostsFile=${server.knownHosts}`;
  const options = ['-q', '-P', String(server.port), '-i', server.identity, '-o', known];
  const args = [...options, ...(cipher ? ['-c', cipher] : []), '-b', '-', 'root@127.0.0.1'];
  return timed(() => execa('sftp', args, { input: `${line}\n` }));
}

/** Its check of the copied file is off: it needs a shell on the server. */
function rclone(from: string, to: string): Promise<number> {
  const remotely = {
    RCLONE_CONFIG_BENCH_TYPE: 'sftp',
    RCLONE_CONFIG_BENCH_HOST: '127.0.0.1',
    RCLONE_CONFIG_BENCH_PORT: String(server.port),
    RCLONE_CONFIG_BENCH_USER: 'root',
    RCLONE_CONFIG_BENCH_KEY_FILE: server.identity,
    RCLONE_CONFIG_BENCH_KNOWN_HOSTS_FILE: server.knownHosts,
    RCLONE_CONFIG_BENCH_SHELL_TYPE: 'none',
  };
  const args = ['--config', '/dev/null', '--ignore-times', '--ignore-checksum', 'copyto', from, to];
  return timed(() => execa('rclone', args, { env: remotely }));
}

async function compareAll(): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  const add = async (name: string, direction: 'read' | 'write', peer: () => Promise<number>) => {
    comparisons.push(await compare(name, pairs, () => ours(direction), peer));
  };
  for (const [words, cipher] of [
    ['its cipher', null],
    ['our cipher', OUR_CIPHER],
  ] as const) {
    await add(`write stamps / sftp put, ${words}`, 'write', () =>
      sftpBatch(`put ${local} ${remote}`, cipher),
    );
    await add(`read and verify / sftp get, ${words}`, 'read', () =>
      sftpBatch(`get ${remote} ${back}`, cipher),
    );
  }
  if ((await versionOf('rclone', 'version')) === null) return comparisons;
  await add('write stamps / rclone copyto', 'write', () => rclone(local, `bench:${remote}`));
  await add('read and verify / rclone copyto', 'read', () => rclone(`bench:${remote}`, back));
  return comparisons;
}

try {
  writeFileSync(local, new Uint8Array(sizeBytes).fill(0x5a));
  const comparisons = await compareAll();
  const { stderr: version } = await execa('ssh', ['-V']);
  printComparisons(comparisons, {
    pairs,
    peer: version.split(',')[0] as string,
    json,
  });
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
