// The peers of the recorder: libqb's blackbox and LTTng-UST, compiled here and run in processes of
// their own, and pino. Where one is not there, it says why, and the others are measured.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

const SOURCES = new URL('.', import.meta.url).pathname;
const SESSION = 'heisenwrite-bench';

export interface Peer {
  readonly name: string;
  /** ns an event, of this many events. */
  run(events: number): Promise<number>;
}

/** Compiles a peer, or says why it cannot be measured. */
async function compile(name: string, folder: string, ...libraries: string[]): Promise<string> {
  const program = join(folder, name);
  const source = join(SOURCES, `${name}.c`);
  const ran = await execa('gcc', ['-O2', `-I${SOURCES}`, source, '-o', program, ...libraries], {
    reject: false,
  });
  if (!ran.failed) return program;
  const why = ran.stderr?.split('\n').find((line) => line.includes('error')) ?? ran.shortMessage;
  throw new Error(`${name}: ${why} (scripts/install-packages: gcc libqb-dev liblttng-ust-dev)`);
}

export interface Blackbox extends Peer {
  /** How many of so many events, by each of so many threads, are kept in a ring that holds all. */
  keeps(events: number, threads: number): Promise<number>;
}

export async function blackboxPeer(folder: string): Promise<Blackbox> {
  const program = await compile('blackbox', folder, '-lqb', '-lpthread');
  const dump = join(folder, 'blackbox-dump');
  const run = async (events: number, threads: number, ringBytes: number) => {
    const child = execa(program, [events, threads, ringBytes, dump].map(String), { reject: false });
    const { stdout } = await child;
    for (const left of readdirSync('/dev/shm').filter((name) => name.includes(`-${child.pid}-`))) {
      rmSync(join('/dev/shm', left), { force: true });
    }
    return stdout.split('\n');
  };
  return {
    name: 'libqb blackbox',
    run: async (events) => Number((await run(events, 1, 2 ** 21))[0]),
    keeps: async (events, threads) => {
      const lines = await run(events, threads, threads * events * 256);
      rmSync(dump, { force: true });
      return lines.filter((line) => /step \d+ \d+ \d+/.test(line)).length;
    },
  };
}

/** A daemon and a session of its own; `end` ends both. */
export async function lttngPeer(folder: string): Promise<Peer & { end(): Promise<void> }> {
  const program = await compile('ust', folder, '-llttng-ust', '-ldl');
  const home = { env: { LTTNG_HOME: folder, HOME: folder, LTTNG_UST_REGISTER_TIMEOUT: '-1' } };
  const daemon = execa('lttng-sessiond', ['--no-kernel'], { ...home, reject: false });
  const lttng = (...parameters: string[]) => execa('lttng', ['--no-sessiond', ...parameters], home);
  const end = async () => {
    await lttng('destroy', SESSION).catch(() => {});
    daemon.kill('SIGTERM');
    await daemon;
  };
  try {
    await answering(() => lttng('list'));
    await lttng('create', SESSION, '--snapshot', `--output=${join(folder, 'snapshots')}`);
    const size = ['--subbuf-size=512k', '--num-subbuf=4', '--overwrite'];
    await lttng('enable-channel', '--userspace', ...size, `--session=${SESSION}`, 'ring');
    const event = ['--userspace', '--channel=ring', `--session=${SESSION}`];
    await lttng('enable-event', ...event, 'heisenwrite_bench:step');
    await lttng('start', SESSION);
  } catch (error) {
    await end();
    throw error;
  }
  const run = async (events: number) => {
    const nsPerEvent = Number((await execa(program, [String(events)], home)).stdout);
    if (nsPerEvent > 0) return nsPerEvent;
    throw new Error('LTTng-UST did not record: its tracepoint stayed off');
  };
  return { name: 'LTTng-UST', run, end };
}

/** Waits until the daemon answers, ten seconds at most. */
async function answering(ask: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await ask();
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

export function pinoPeer(folder: string): Peer {
  const side = join(SOURCES, 'pino-side.ts');
  const file = join(folder, 'pino.log');
  return {
    name: 'pino to a file',
    run: async (events) => {
      const { stdout } = await execa(process.execPath, [side, file, String(events / 20)]);
      if (existsSync(file)) rmSync(file);
      return JSON.parse(stdout).nsPerEvent;
    },
  };
}
