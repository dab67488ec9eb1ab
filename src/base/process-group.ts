// A program that is run in a process group of its own, with a time limit and bounded output. When
// it has ended, when its time is up, and when we end ourselves, whatever is left of its group is
// killed, so that no trial meets what another one left behind.

import { type ChildProcess, spawn } from 'node:child_process';
import { monotonicMs } from './clock.ts';

/** Between SIGTERM and SIGKILL. */
const GRACE_MS = 2000;
/** A process that left the group may hold the pipes open; nobody waits for it. */
const PIPES_MS = 1000;

export interface ProgramRequest {
  /** The program and its arguments; looked for in PATH where it has no slash. */
  readonly words: readonly string[];
  readonly directory: string;
  readonly limitMs: number;
  /** Kept of the start of stdout and of the end of stderr, each; bytes. */
  readonly keptBytes: number;
  /** Given every piece of stdout, in order, while it runs. */
  readonly onOutput?: (piece: Uint8Array) => void;
}

export interface ProgramEnd {
  /** Null where a signal ended it, or where it could not be started. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** errno of the start: `ENOENT`, `EACCES`, `E2BIG`, ...; null where it was started. */
  readonly refused: string | null;
  readonly timedOut: boolean;
  readonly durationMs: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Bytes of stdout, whether or not they were kept. */
  readonly stdoutBytes: number;
}

/** Never rejects. */
export function runProgram(request: ProgramRequest): Promise<ProgramEnd> {
  const { words, directory, limitMs, keptBytes, onOutput } = request;
  const [file = '', ...parameters] = words;
  const begun = monotonicMs();
  const output = new KeptStart(keptBytes);
  const complaints = new KeptEnd(keptBytes);
  return new Promise((resolve) => {
    const end = (part: Pick<ProgramEnd, 'status' | 'signal' | 'refused' | 'timedOut'>) => {
      const { text: stdout, bytes: stdoutBytes } = output;
      const durationMs = monotonicMs() - begun;
      resolve({ ...part, durationMs, stdout, stderr: complaints.text, stdoutBytes });
    };
    let child: ChildProcess;
    try {
      child = spawn(file, parameters, {
        cwd: directory,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    } catch (error) {
      end({ status: null, signal: null, refused: errnoText(error), timedOut: false });
      return;
    }
    child.stdout?.on('data', (piece: Uint8Array) => {
      output.add(piece);
      onOutput?.(piece);
    });
    child.stderr?.on('data', (piece: Uint8Array) => complaints.add(piece));
    followToEnd(child, limitMs, end);
  });
}

function followToEnd(
  child: ChildProcess,
  limitMs: number,
  end: (part: Pick<ProgramEnd, 'status' | 'signal' | 'refused' | 'timedOut'>) => void,
): void {
  const group = child.pid;
  let timedOut = false;
  let timer: NodeJS.Timeout | undefined;
  child.on('error', (error) => {
    if (group !== undefined) return;
    end({ status: null, signal: null, refused: errnoText(error), timedOut });
  });
  if (group === undefined) return;
  watchGroup(group);
  timer = setTimeout(() => {
    timedOut = true;
    signalGroup(group, 'SIGTERM');
    timer = setTimeout(() => signalGroup(group, 'SIGKILL'), GRACE_MS);
  }, limitMs);
  child.on('exit', () => {
    clearTimeout(timer);
    signalGroup(group, 'SIGKILL');
    live.delete(group);
    timer = setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, PIPES_MS);
  });
  child.on('close', (status, signal) => {
    clearTimeout(timer);
    end({ status, signal, refused: null, timedOut });
  });
}

/** Groups that run now; killed when this process exits in their midst. */
const live = new Set<number>();
let isWatching = false;

/** Process groups of the programs that run now; each has the number of its first process. */
export function runningGroups(): number[] {
  return [...live];
}

function watchGroup(group: number): void {
  live.add(group);
  if (isWatching) return;
  isWatching = true;
  process.on('exit', () => {
    for (const each of live) signalGroup(each, 'SIGKILL');
  });
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Nobody is left in it.
  }
}

function errnoText(error: unknown): string {
  return String((error as { code?: unknown }).code ?? (error as Error).message);
}

class KeptStart {
  bytes = 0;
  private readonly kept: Uint8Array[] = [];
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  add(piece: Uint8Array): void {
    if (this.bytes < this.most) this.kept.push(piece.slice(0, this.most - this.bytes));
    this.bytes += piece.length;
  }

  get text(): string {
    return Buffer.concat(this.kept).toString('utf8');
  }
}

class KeptEnd {
  private kept = Buffer.alloc(0);
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  add(piece: Uint8Array): void {
    this.kept = Buffer.concat([this.kept, piece]);
    if (this.kept.length > this.most) this.kept = this.kept.subarray(-this.most);
  }

  get text(): string {
    return this.kept.toString('utf8');
  }
}
