// A mount or proxy with faults as a process of its own, which is told through its control socket
// what to plant. One that serves a FUSE mount must not use it, so it is never this process.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { HeisenwriteError } from '../../domain/errors.ts';
import type { FaultReceipt } from '../../domain/fault.ts';
import { askControl } from '../../fault/control-client.ts';

const MAIN = fileURLToPath(new URL(`../main${import.meta.url.slice(-3)}`, import.meta.url));

type Server = ChildProcessByStdio<null, Readable, Readable>;

/** What it says first, as a line of JSON: that programs can use it. */
export interface FirstWord {
  /** Of a mount: its mount point. */
  readonly at?: string;
  /** Of a proxy: what `heisenwrite fault` knows it by, and where it listens. */
  readonly name?: string;
  readonly listen?: string;
}

export class FaultProcess {
  readonly said: FirstWord;
  readonly #server: Server;

  private constructor(server: Server, said: FirstWord) {
    this.#server = server;
    this.said = said;
  }

  /**
   * Runs `heisenwrite WORDS --json` until it is up.
   * @throws HeisenwriteError `missing-component` with the first line of what it complained of
   */
  static async start(words: readonly string[]): Promise<FaultProcess> {
    const server = spawn(process.execPath, [MAIN, ...words, '--json'], {
      // Ctrl-C at the terminal is for the hunt, which ends it after the trial under way.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let complaint = '';
    server.stderr.on('data', (piece: Buffer) => {
      complaint += piece.toString('utf8');
    });
    const ended = once(server, 'close').then(() => null);
    const said = await Promise.race([firstWord(server.stdout), ended]);
    if (said === null) {
      const [first = ''] = complaint.split('\n');
      throw new HeisenwriteError('missing-component', `no ${words[0]} for faults: ${first}`, {
        remedy: `see \`heisenwrite ${words[0]} --help\` for what it needs`,
      });
    }
    // Receipts are asked for at the control socket; these lines must not fill the pipe.
    server.stdout.resume();
    return new FaultProcess(server, said);
  }

  get isUp(): boolean {
    return this.#server.exitCode === null && this.#server.signalCode === null;
  }

  /** @throws HeisenwriteError `invalid-fault`; `no-fault-server` where it has ended */
  async set(faults: readonly string[]): Promise<void> {
    await askControl(this.#name, { ask: 'set', faults: [...faults] });
  }

  /** Clears all, and returns what fired since the last time. */
  async clear(): Promise<readonly FaultReceipt[]> {
    await askControl(this.#name, { ask: 'clear' });
    return (await askControl(this.#name, { ask: 'receipts' })).receipts;
  }

  async close(): Promise<void> {
    if (!this.isUp) return;
    const gone = once(this.#server, 'close');
    this.#server.kill('SIGTERM');
    await gone;
  }

  get #name(): string {
    return this.said.name ?? (this.said.at as string);
  }
}

/** The first line that says where it is; notes may come before it. */
function firstWord(stdout: Readable): Promise<FirstWord> {
  return new Promise((resolve) => {
    let text = '';
    const listen = (piece: Buffer) => {
      text += piece.toString('utf8');
      const lines = text.split('\n').slice(0, -1);
      const line = lines.find((each) => /"event":"(?:mounted|listening)"/.test(each));
      if (line === undefined) return;
      stdout.off('data', listen);
      resolve(JSON.parse(line));
    };
    stdout.on('data', listen);
  });
}
