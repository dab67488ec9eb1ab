// A real corosync of one node on the loopback interface, for the channel `cpg`: foreground, with a
// configuration, state and log of its own. A host has one corosync, since programs find it by the
// fixed names of its sockets.

import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../base/clock.ts';
import { HeisenwriteError } from '../domain/errors.ts';

const START_MS_MAX = 20_000;
const END_MS_MAX = 10_000;
const READY = /ready to provide service|Completed service synchronization/;

export interface Corosync {
  readonly pid: number;
  /** What it wrote. */
  log(): string;
  /** At once and without a farewell (SIGKILL). */
  kill(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Needs root, and that no other corosync runs on this host.
 * @throws HeisenwriteError `missing-component`
 */
export async function startCorosync(): Promise<Corosync> {
  const folder = mkdtempSync(join(tmpdir(), 'heisenwrite-corosync-'));
  const log = join(folder, 'log');
  const config = join(folder, 'corosync.conf');
  mkdirSync(join(folder, 'state'));
  writeFileSync(config, configOf(folder, log, await freeDatagramPort()));
  const child = spawn('/usr/sbin/corosync', ['-f', '-c', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  child.on('error', (error) => {
    said += error.message;
  });
  const read = () => said + (existsSync(log) ? readFileSync(log, 'utf8') : '');
  const end = async (signal: NodeJS.Signals) => {
    await ended(child, signal);
    rmSync(folder, { recursive: true, force: true });
  };
  const startedMs = monotonicMs();
  while (!READY.test(read())) {
    if (hasEnded(child) || monotonicMs() - startedMs > START_MS_MAX) {
      const words = read();
      await end('SIGKILL');
      throw new HeisenwriteError('missing-component', `corosync did not start: ${words}`, {
        remedy: 'run as root, where no other corosync runs, with corosync installed (Debian)',
      });
    }
    await sleep(20);
  }
  return {
    pid: child.pid as number,
    log: read,
    kill: () => ended(child, 'SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}

/** corosync.conf(5). The scheduler of real time would keep everybody else from running. */
function configOf(folder: string, log: string, port: number): string {
  return `totem {
  version: 2
  cluster_name: heisenwrite
  transport: udpu
  crypto_cipher: none
  crypto_hash: none
}
nodelist {
  node {
    ring0_addr: 127.0.0.1
    nodeid: 1
  }
}
totem {
  interface {
    ringnumber: 0
    mcastport: ${port}
  }
}
system {
  sched_rr: no
  state_dir: ${join(folder, 'state')}
}
logging {
  to_stderr: no
  to_syslog: no
  to_logfile: yes
  logfile: ${log}
  timestamp: on
}
`;
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), END_MS_MAX);
  await gone;
  clearTimeout(timer);
}

function hasEnded({ exitCode, signalCode, pid }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}

function freeDatagramPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
