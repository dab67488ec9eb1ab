// `heisenwrite record` as users start it, on programs that go on whatever happens to it.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { started } from './command-line.ts';
import { until } from './fault-mounts.ts';

/** What `record --json` says, as far as tests look at it. */
export interface RecordAnswer {
  readonly schema: string;
  readonly verdict: string;
  readonly via: string;
  readonly process: number;
  readonly command: { readonly status: number | null; readonly signal: string | null } | null;
  readonly cost: { readonly ratio: number; readonly withNs: number } | null;
  readonly calls: Readonly<Record<string, number>>;
  readonly failed: readonly { readonly call: string; readonly errno: string }[];
  readonly flags: readonly {
    readonly kind: string;
    readonly call: string;
    readonly errno: string | null;
    readonly path: string | null;
    readonly process: number;
    readonly command: string;
    readonly words: string;
  }[];
  readonly lostEvents: number;
  readonly unreadLines: number;
  readonly probeHits: number;
  readonly detached: boolean;
  readonly recording: { readonly path: string; readonly events: number };
}

/** Starts it, and waits until it says that the process is being traced. */
export async function attachedRecord(pid: number, words: readonly string[], cwd: string) {
  const recording = started(['record', '-p', String(pid), ...words], cwd);
  let said = '';
  recording.stderr.on('data', (piece) => {
    said += String(piece);
  });
  recording.stdout.on('data', (piece) => {
    said += String(piece);
  });
  let hasEnded = false;
  void recording.then(() => {
    hasEnded = true;
  });
  await until(() => hasEnded || said.includes('tracing process'), `it traces (${said})`, 60_000);
  // Not by itself: it is awaited when it has ended.
  return { record: recording };
}

/** A program that writes a number into a file again and again, and reads it. */
const COUNTER = `
const { openSync, writeSync } = require('node:fs');
const fd = openSync(process.argv[1], 'w');
let count = 0;
setInterval(() => writeSync(fd, String(++count).padStart(12), 0), 2);
`;

export interface Counter {
  readonly pid: number;
  count(): number;
  /** Null for nobody. */
  tracer(): number | null;
}

/** Runs it, and ends it whatever `use` does. */
export async function withCounter(use: (counter: Counter) => Promise<void>): Promise<void> {
  const directory = mkdtempSync('/var/tmp/heisenwrite-counter-');
  const file = join(directory, 'count');
  const child = execa(process.execPath, ['-e', COUNTER, file], { reject: false });
  const count = () => {
    try {
      return Number(readFileSync(file, 'utf8'));
    } catch {
      return 0;
    }
  };
  try {
    await until(() => count() > 0, 'it counts', 30_000);
    const pid = child.pid as number;
    await use({ pid, count, tracer: () => tracerOf(pid) });
  } finally {
    child.kill('SIGKILL');
    await child;
    rmSync(directory, { recursive: true });
  }
}

/** Null for nobody. */
export function tracerOf(pid: number): number | null {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^TracerPid:\s*(\d+)/m.exec(status)?.[1]) || null;
}
