// Tracing by strace(1), which works wherever ptrace(2) does. A command stays our own child, and the
// tracer is a grandchild in a session of its own (-DDD), so that Ctrl-C, exit codes and job control
// are as without it. -I2 has it detach when it is told to end; without, it would ignore that.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { wallToMonotonic } from '../base/clock.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { openLineStream } from './line-stream.ts';
import { TRACED_CALLS } from './strace-calls.ts';
import { StraceLines } from './strace-lines.ts';
import type { TraceEnd, TraceRequest, Tracing } from './tracing.ts';
import { isRunning, threadsOf } from './world.ts';

/** Elements of a vector, and bytes of data, that are printed. */
const PRINTED_MAX = 32;

const OPTIONS = [
  ...['-f', '-I2', '-yy', '-T', '-s', String(PRINTED_MAX)],
  '--absolute-timestamps=format:unix,precision:ns',
  ...['-e', `trace=${TRACED_CALLS.map((call) => `?${call}`).join(',')}`],
];

/** Resolves when the target is being traced. @throws HeisenwriteError `not-traceable` */
export async function traceByStrace(request: TraceRequest): Promise<Tracing> {
  const { offsetNs } = wallToMonotonic();
  const threads = 'process' in request.target ? threadsOf(request.target.process) : [];
  const toMonotonicNs = (unixNs: bigint) => unixNs + offsetNs;
  const lines = new StraceLines(toMonotonicNs, request.onEvent, threads);
  const stream = openLineStream((line) => lines.read(line));
  const { target } = request;
  try {
    return 'process' in target
      ? await attach(target.process, request, stream, lines)
      : await start(target, stream, lines);
  } catch (error) {
    stream.finish();
    throw error;
  }
}

type Stream = ReturnType<typeof openLineStream>;

async function start(
  { command, stdout }: Extract<TraceRequest['target'], { command: readonly string[] }>,
  stream: Stream,
  lines: StraceLines,
): Promise<Tracing> {
  const words = ['-DDD', '-q', ...OPTIONS, '-o', stream.path, '--', ...command];
  const out = stdout === 'stderr' ? 2 : stdout;
  const child = spawn('strace', words, { stdio: ['inherit', out, 'inherit'] });
  await once(child, 'spawn').catch((error: Error) => {
    throw new HeisenwriteError('missing-component', `strace: ${error.message}`);
  });
  const pid = child.pid as number;
  let hasExited = false;
  const exited = once(child, 'exit').then(([status, signal]) => {
    hasExited = true;
    stream.finish();
    return { status, signal } as { status: number | null; signal: string | null };
  });
  const tracer = await poll(
    () => tracerOf(pid),
    () => hasExited,
  );
  let detached = false;
  const left = new Promise<null>((resolve) => {
    void stream.ended.then(() => detached && resolve(null));
  });
  const ended = stream.ended
    .then(() => Promise.race([exited, left]))
    .then((ending) => endOf(lines, ending, detached));
  return {
    ...{ via: 'strace', process: pid, ended },
    detach() {
      detached = true;
      if (tracer !== null) endTracer(tracer);
      child.unref();
    },
    signal: (name) => void child.kill(name),
  };
}

/** Asks until there is an answer, or none will come. */
async function poll<T>(ask: () => T | null, isOver: () => boolean): Promise<T | null> {
  for (;;) {
    const answer = ask();
    if (answer !== null || isOver()) return answer;
    await sleep(2);
  }
}

/** Who traces a process: a field of /proc/PID/status; null for nobody. */
export function tracerOf(process: number): number | null {
  try {
    const status = readFileSync(`/proc/${process}/status`, 'utf8');
    return Number(/^TracerPid:\s*(\d+)/m.exec(status)?.[1] ?? 0) || null;
  } catch {
    return null;
  }
}

async function attach(
  target: number,
  { guard }: TraceRequest,
  stream: Stream,
  lines: StraceLines,
): Promise<Tracing> {
  const words = [...OPTIONS, '-o', stream.path, '-p', String(target)];
  // A session of its own: Ctrl-C at the terminal is for us, and we tell it.
  const tracer = spawn('strace', words, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  const complaints = saidBy(tracer);
  // Heard from the start: one that is refused ends before the guard has been told of it.
  const closed = new Promise<void>((resolve) => void tracer.once('close', () => resolve()));
  await once(tracer, 'spawn').catch((error: Error) => {
    throw new HeisenwriteError('missing-component', `strace: ${error.message}`);
  });
  const release = await guard.undo(['kill', '-TERM', String(tracer.pid)]);
  const exited = closed.then(() => {
    release();
    stream.finish();
  });
  await Promise.race([exited, complaints.matches(/Process \d+ attached/)]);
  const refused = /attach: (.*)/.exec(complaints.text())?.[1];
  if (refused !== undefined || tracer.exitCode !== null || tracer.signalCode !== null) {
    const said = refused ?? complaints.text().trim();
    throw new HeisenwriteError('not-traceable', `process ${target}: ${said || 'strace has ended'}`);
  }
  // Some of those that were there before may have ended before it attached.
  lines.follow(threadsOf(target).filter(isRunning));
  stream.finish();
  let detached = false;
  const ended = Promise.all([exited, stream.ended]).then(() => endOf(lines, null, detached));
  return {
    ...{ via: 'strace', process: target, ended },
    detach() {
      detached = true;
      endTracer(tracer.pid as number);
    },
    signal: () => undefined,
  };
}

function endOf(
  { unread, following }: StraceLines,
  command: TraceEnd['command'],
  detached: boolean,
): TraceEnd {
  const early = 'the tracer ended by itself, before what it traced';
  return { command, unread, complaint: detached || following === 0 ? null : early };
}

function endTracer(tracer: number): void {
  try {
    process.kill(tracer, 'SIGTERM');
  } catch {
    // It has ended by itself.
  }
}

/** What a child says on standard error. */
function saidBy(child: ChildProcess) {
  let text = '';
  const waiting: { pattern: RegExp; tell: () => void }[] = [];
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
    for (const { pattern, tell } of waiting) if (pattern.test(text)) tell();
  });
  return {
    text: () => text,
    matches: (pattern: RegExp) =>
      new Promise<void>((tell) => {
        if (pattern.test(text)) tell();
        else waiting.push({ pattern, tell });
      }),
  };
}
