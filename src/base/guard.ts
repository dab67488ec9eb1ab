// What must be undone even if this process is killed with SIGKILL: a stopped process continued, a
// limit lifted, a mount taken away. A guard process of its own holds the commands that undo it, and
// runs those that were not released when its input ends, which is when we are gone.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** A command and its arguments; run without a shell. */
export type UndoCommand = readonly [program: string, ...args: string[]];

/** Takes the duty from the guard; to be called once it was done, or will no longer be needed. */
export type Release = () => void;

export class Guard {
  readonly #process: GuardProcess;
  #last = 0;
  /** Answers carry no number: one question at a time. */
  #turn: Promise<void> = Promise.resolve();

  private constructor(process: GuardProcess) {
    this.#process = process;
  }

  /**
   * Starts the guard and waits until it watches. It keeps no process alive.
   * @throws Error when no process could be started
   */
  static async start(): Promise<Guard> {
    const entry = new URL(`./guard-entry${import.meta.url.slice(-3)}`, import.meta.url);
    const child = spawn(process.execPath, [fileURLToPath(entry)], {
      // A session of its own: Ctrl-C at the terminal is not for the guard.
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.stdin.on('error', () => undefined);
    await answerOf(child);
    child.unref();
    for (const pipe of [child.stdin, child.stdout] as unknown as Socket[]) pipe.unref();
    return new Guard(child);
  }

  /**
   * Has the guard run `command` should this process die before it is released. Resolves when the
   * guard has it: what it undoes may be done from then on.
   */
  async undo(command: UndoCommand): Promise<Release> {
    const number = ++this.#last;
    const taken = this.#turn.then(() => this.#ask({ number, command }));
    this.#turn = taken.catch(() => undefined);
    await taken;
    return () => void this.#process.stdin.write(`${JSON.stringify({ number, command: null })}\n`);
  }

  /** Ends the guard, which first runs what was not released. */
  async stop(): Promise<void> {
    this.#process.ref();
    const { exitCode, signalCode } = this.#process;
    const isGone = exitCode !== null || signalCode !== null;
    const gone = isGone ? null : once(this.#process, 'exit');
    this.#process.stdin.end();
    await gone;
  }

  async #ask(duty: { number: number; command: UndoCommand }): Promise<void> {
    const pipe = this.#process.stdout as unknown as Socket;
    pipe.ref();
    this.#process.stdin.write(`${JSON.stringify(duty)}\n`);
    await answerOf(this.#process);
    pipe.unref();
  }
}

type GuardProcess = ChildProcessByStdio<Writable, Readable, null>;

async function answerOf(child: GuardProcess): Promise<void> {
  const answered = new AbortController();
  const gone = once(child, 'exit', { signal: answered.signal }).then(
    () => Promise.reject(new Error('the guard process has ended')),
    () => undefined,
  );
  await Promise.race([once(child.stdout, 'data'), gone]);
  answered.abort();
}
