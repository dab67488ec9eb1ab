// A real WebDAV server for a test: `rclone serve webdav` over a folder of its own, on a free port,
// with a user and a password. It is a child of the test and is stopped by its process id.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../../src/base/clock.ts';
import { freePort } from '../../src/fleet/free-ports.ts';

const PROGRAM = 'rclone';
const START_MS_MAX = 20_000;
export const WEBDAV_USER = 'hunter';
export const WEBDAV_PASSWORD = 'dav-password-4711';

export interface WebdavServer {
  readonly endpoint: string;
  /** Served by it. */
  readonly folder: string;
  /** Only the server; the folder stays. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

export async function startWebdav(): Promise<WebdavServer> {
  const root = mkdtempSync('/var/tmp/heisenwrite-webdav-');
  const folder = mkdtempSync(join(root, 'served-'));
  const port = await freePort();
  const child = spawn(PROGRAM, ['serve', 'webdav', folder, '--addr', `127.0.0.1:${port}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      RCLONE_CONFIG: join(root, 'rclone.conf'),
      RCLONE_CACHE_DIR: join(root, 'cache'),
      RCLONE_LOG_LEVEL: 'ERROR',
      RCLONE_USER: WEBDAV_USER,
      RCLONE_PASS: WEBDAV_PASSWORD,
    },
  });
  const kill = () => killed(child);
  const stop = async () => {
    await kill();
    rmSync(root, { recursive: true });
  };
  try {
    await answers(port, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint: `http://127.0.0.1:${port}`, folder, kill, stop };
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await ended;
}

async function answers(port: number, child: ChildProcess): Promise<void> {
  const begunMs = monotonicMs();
  while (monotonicMs() - begunMs < START_MS_MAX) {
    if (child.exitCode !== null) throw new Error(`rclone ended with ${child.exitCode}`);
    if (await isOpen(port)) return;
    await sleep(50);
  }
  throw new Error(`rclone did not listen on ${port} within ${START_MS_MAX} ms`);
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((tell) => {
    const socket = connectTcp(port, '127.0.0.1');
    socket.once('connect', () => tell(true));
    socket.once('error', () => tell(false));
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.destroy());
  });
}
