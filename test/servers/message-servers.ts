// Real message brokers on free ports of loopback, each with a folder of its own, ended by pid.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../../src/base/clock.ts';
import { freePort } from '../../src/fleet/free-ports.ts';

const START_MS_MAX = 90_000;

export interface MessageServer {
  readonly url: string;
  /** At once and without a farewell (SIGKILL). */
  kill(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

interface Command {
  readonly program: string;
  readonly words: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Asked of the open port, with a beginning of what it answers; else that it is open suffices. */
  readonly asks?: { readonly bytes: string; readonly answer: string };
}

export function startNats(): Promise<MessageServer> {
  return started('nats', (port) => ({
    program: 'nats-server',
    words: ['--addr', '127.0.0.1', '--port', String(port)],
  }));
}

export function startRedis(): Promise<MessageServer> {
  return started('redis', (port, folder) => ({
    program: 'redis-server',
    words: [
      ...['--bind', '127.0.0.1', '--port', String(port), '--dir', folder],
      ...['--save', '', '--appendonly', 'no'],
    ],
  }));
}

/** Without its tools for users, which insist on an account of their own. */
export async function startRabbit(): Promise<MessageServer> {
  const distribution = await freePort();
  return started('amqp', (port, folder) => {
    writeFileSync(join(folder, 'plugins'), '[].\n');
    mkdirSync(join(folder, 'home'));
    return {
      // In a namespace of processes, since the daemon of Erlang's names would stay behind.
      program: 'unshare',
      words: ['--pid', '--fork', '--kill-child', '/usr/lib/rabbitmq/bin/rabbitmq-server'],
      environment: {
        HOME: join(folder, 'home'),
        ERL_EPMD_ADDRESS: '127.0.0.1',
        RABBITMQ_NODENAME: `heisenwrite-${port}@localhost`,
        RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
        RABBITMQ_NODE_PORT: String(port),
        RABBITMQ_DIST_PORT: String(distribution),
        RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
        RABBITMQ_LOG_BASE: join(folder, 'log'),
        RABBITMQ_PID_FILE: join(folder, 'pid'),
        RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
        RABBITMQ_CONF_ENV_FILE: '/dev/null',
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
      },
      asks: { bytes: 'AMQP\0\0\x09\x01', answer: '\x01\0\0' },
    };
  });
}

async function started(
  scheme: string,
  commandOf: (port: number, folder: string) => Command,
): Promise<MessageServer> {
  const folder = mkdtempSync(join(tmpdir(), `heisenwrite-${scheme}-`));
  const port = await freePort();
  const { program, words, environment, asks } = commandOf(port, folder);
  const log: string[] = [];
  const child = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
    cwd: folder,
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => log.push(String(chunk)));
  }
  child.on('error', (error) => log.push(error.message));
  const stop = async () => {
    await killed(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const startedMs = monotonicMs();
  while (!(await answers(port, asks))) {
    if (hasEnded(child) || monotonicMs() - startedMs > START_MS_MAX) {
      await stop();
      throw new Error(`${program} did not start: ${log.join('')}`);
    }
    await sleep(50);
  }
  return { url: `${scheme}://127.0.0.1:${port}`, kill: () => killed(child), stop };
}

function hasEnded({ exitCode, signalCode, pid }: ChildProcess): boolean {
  return pid === undefined || exitCode !== null || signalCode !== null;
}

/** `unshare` ends what it started when it is killed, and only then. */
async function killed(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const init = firstChildOf(child);
  if (init !== null) process.kill(init, 'SIGKILL');
  child.kill('SIGKILL');
  await ended;
}

function firstChildOf({ pid }: ChildProcess): number | null {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return children === '' ? null : Number(children.split(' ')[0]);
  } catch {
    return null;
  }
}

function answers(port: number, asks: Command['asks']): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.setTimeout(2000, () => end(false));
    socket.once('error', () => end(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => {
      if (!asks) end(true);
      else socket.write(Buffer.from(asks.bytes, 'latin1'));
    });
    socket.once('data', (chunk) => {
      if (asks) end(chunk.toString('latin1').startsWith(asks.answer));
    });
  });
}
