// `heisenwrite proxy` as a process of its own, as a user would start it, for a set-up: it ends with
// this process, also where that is killed.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { HeisenwriteError } from '../../domain/errors.ts';

export interface ProxyProcess {
  /** On loopback. */
  readonly port: number;
  /** Wakes the faults that wait for it. */
  signal(name: NodeJS.Signals): void;
  /** Never rejects. */
  stop(): Promise<void>;
}

/**
 * @param to `127.0.0.1:2049`
 * @throws HeisenwriteError `missing-component` with its last words
 */
export async function startProxy(
  protocol: string,
  to: string,
  faults: readonly string[],
  seed: string,
): Promise<ProxyProcess> {
  const main = fileURLToPath(new URL(`../main${import.meta.url.slice(-3)}`, import.meta.url));
  const options = faults.flatMap((fault) => ['--fault', fault]);
  const words = ['proxy', protocol, '--to', to, '--json', '--seed', seed, ...options];
  const guarded = ['--pdeathsig', 'KILL', process.execPath, main, ...words];
  // A process group of its own spares it the Ctrl-C after which the trial under way is finished.
  const child = spawn('setpriv', guarded, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const port = await listening(child);
  return {
    port,
    signal: (name) => void child.kill(name),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Reads what it says to its end, so that it never waits for us. */
async function listening(child: ChildProcess): Promise<number> {
  let said = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    said = `${said}${bytes}`.slice(-300);
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  return new Promise((resolve, reject) => {
    const refuse = (why: string) =>
      reject(new HeisenwriteError('missing-component', `the proxy did not start: ${why}`));
    child.on('error', (error) => refuse(error.message));
    child.on('exit', () => refuse(said.trim()));
    lines.on('line', (line) => {
      const { event, listen } = JSON.parse(line) as { event?: string; listen?: string };
      if (event === 'listening') resolve(Number(listen?.split(':').at(-1)));
    });
  });
}
