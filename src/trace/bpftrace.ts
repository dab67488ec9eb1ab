// Tracing by bpftrace, in the kernel: much cheaper than ptrace(2), and functions of libraries can
// be traced as well. It needs tracefs, which is mounted for it alone, in a mount namespace of its
// own that goes with it. Events that the kernel had no room for are lost, and counted.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs, monotonicNs } from '../base/clock.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { BpftraceLines } from './bpftrace-lines.ts';
import { bpftraceProgram, PATH_BYTES } from './bpftrace-program.ts';
import { EventOrder } from './event-order.ts';
import type { TraceEnd, TraceRequest, Tracing } from './tracing.ts';
import { isRunning, threadsOf } from './world.ts';

/** Runs its words where tracefs is. */
const WITH_TRACEFS = `
[ -e /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing || exit 1
exec "$@"`;
/** Waits, and becomes the command once it is told to go on. */
const STOPPED = 'kill -STOP $$; exec "$@"';
/** Pages of the kernel's buffer for each processor: 4 MiB. */
const BUFFER_PAGES = '1024';
const START_LIMIT_MS = 60_000;
const RELEASE_EVERY_MS = 50;
const LOOK_EVERY_MS = 1000;
/** From when it is told to end; what it holds of events it prints within a moment. */
const END_LIMIT_MS = 10_000;
/** The number of the first namespace of processes, which bpftrace sees; linux/proc_ns.h. */
const FIRST_NAMESPACE = 'pid:[4026531836]';

let obstacle: string | null | undefined;

/** Why it cannot be used here, or null. Tried once. */
export function bpftraceObstacle(): string | null {
  if (obstacle === undefined) obstacle = findObstacle();
  return obstacle;
}

function findObstacle(): string | null {
  if (process.arch !== 'x64') return `the numbers of calls on ${process.arch} are not known here`;
  if (process.getuid?.() !== 0) return 'it needs root';
  if (readlinkSync('/proc/self/ns/pid') !== FIRST_NAMESPACE) return 'this is a container';
  if (!existsSync('/sys/kernel/btf/vmlinux')) return 'this kernel has no BTF';
  const program = 'tracepoint:raw_syscalls:sys_enter { exit(); }';
  const words = inTracefs(['bpftrace', '-e', program]);
  const tried = spawnSync('unshare', words, { encoding: 'utf8', timeout: START_LIMIT_MS });
  if (tried.status === 0) return null;
  const said = (tried.error?.message ?? `${tried.stderr}${tried.stdout}`).trim().split('\n');
  return said.findLast((line) => !line.includes('RLIMIT_MEMLOCK')) ?? 'it does not start';
}

function inTracefs(words: readonly string[]): string[] {
  return ['--mount', 'sh', '-c', WITH_TRACEFS, 'sh', ...words];
}

/** Resolves when the target is being traced. @throws HeisenwriteError `not-traceable` */
export async function traceByBpftrace(request: TraceRequest): Promise<Tracing> {
  const { target, probes } = request;
  const command = 'process' in target ? null : await startStopped(target);
  const first = 'process' in target ? target.process : (command?.pid as number);
  const lines = new BpftraceLines(
    threadsOf(first),
    probes.map(({ text }) => text),
  );
  const program = bpftraceProgram([first], probes, process.pid);
  const tracer = spawn('unshare', inTracefs(['bpftrace', '-B', 'line', '-e', program]), {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      BPFTRACE_STRLEN: String(PATH_BYTES),
      BPFTRACE_PERF_RB_PAGES: BUFFER_PAGES,
    },
  });
  const run = new BpftraceRun(tracer, lines, request);
  try {
    await run.begin();
  } catch (error) {
    command?.kill('SIGKILL');
    throw error;
  }
  const exited =
    command === null
      ? null
      : once(command, 'exit').then(([status, signal]) => ({ status, signal }));
  command?.kill('SIGCONT');
  return {
    ...{ via: 'bpftrace', process: first },
    ended: run.ended.then(async (end) => {
      if (run.detached) command?.unref();
      return { ...end, command: run.detached ? null : await exited };
    }),
    detach: () => run.detach(),
    signal: (name) => void command?.kill(name),
  };
}

/** A process of ours that has not begun to be the command. */
async function startStopped({
  command,
  stdout,
}: Extract<TraceRequest['target'], { command: readonly string[] }>): Promise<ChildProcess> {
  const out = stdout === 'stderr' ? 2 : stdout;
  const child = spawn('sh', ['-c', STOPPED, 'sh', ...command], {
    stdio: ['inherit', out, 'inherit'],
  });
  await once(child, 'spawn');
  const isStopped = () => /^State:\s+T/m.test(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
  while (!isStopped()) await sleep(2);
  return child;
}

class BpftraceRun {
  detached = false;
  readonly ended: Promise<Omit<TraceEnd, 'command'>>;
  readonly #tracer: ChildProcess;
  readonly #lines: BpftraceLines;
  readonly #request: TraceRequest;
  readonly #order: EventOrder;
  #complaints = '';
  #isDone = false;
  #lookedAtMs = monotonicMs();
  #gone: ReadonlySet<number> = new Set();
  #hasEnded = false;
  #limit: NodeJS.Timeout | undefined;

  constructor(tracer: ChildProcess, lines: BpftraceLines, request: TraceRequest) {
    this.#tracer = tracer;
    this.#lines = lines;
    this.#request = request;
    this.#order = new EventOrder((event) => request.onEvent(event));
    const timer = setInterval(() => {
      this.#order.release(monotonicNs());
      this.#lookForGone();
    }, RELEASE_EVERY_MS);
    let rest = '';
    tracer.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      const whole = (rest + piece).split('\n');
      rest = whole.pop() ?? '';
      for (const line of whole) this.#read(line);
    });
    tracer.stderr?.setEncoding('utf8').on('data', (piece: string) => {
      this.#complaints += piece;
    });
    this.ended = once(tracer, 'close').then(() => {
      this.#hasEnded = true;
      clearInterval(timer);
      clearTimeout(this.#limit);
      this.#order.releaseAll();
      return { unread: lines.unread, complaint: this.#wrongEnd() };
    });
  }

  /** @throws HeisenwriteError */
  async begin(): Promise<void> {
    const release = await this.#request.guard.undo(['kill', '-TERM', String(this.#tracer.pid)]);
    void this.ended.then(release);
    const since = monotonicMs();
    while (this.#lines.answered.size < 2) {
      if (this.#hasEnded) throw new HeisenwriteError('not-traceable', this.#complaint());
      if (monotonicMs() - since > START_LIMIT_MS) {
        this.detach();
        throw new HeisenwriteError('not-traceable', 'bpftrace did not begin within a minute');
      }
      // Its getter is the call that the program waits for.
      if (process.ppid < 0) break;
      await sleep(5);
    }
  }

  detach(): void {
    this.detached = true;
    this.#end();
  }

  /** Nobody waits for ever for one that hangs: when it dies the kernel takes its probes away. */
  #end(): void {
    if (this.#hasEnded) return;
    this.#tracer.kill('SIGTERM');
    this.#limit ??= setTimeout(() => this.#tracer.kill('SIGKILL'), END_LIMIT_MS);
  }

  #read(line: string): void {
    const event = this.#lines.read(line);
    if (event) this.#order.add(event);
    if (event?.kind === 'exit') this.#endIfNobodyIsLeft();
  }

  #endIfNobodyIsLeft(): void {
    if (this.#isDone || this.#lines.alive.size > 0) return;
    this.#isDone = true;
    this.#end();
  }

  /** An end may be missed: lost by the kernel's buffer, or while bpftrace was just beginning. */
  #lookForGone(): void {
    const nowMs = monotonicMs();
    if (nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return;
    this.#lookedAtMs = nowMs;
    const gone = [...this.#lines.alive].filter((thread) => !isRunning(thread));
    // What they did last is told of within that time.
    for (const thread of gone) if (this.#gone.has(thread)) this.#lines.alive.delete(thread);
    this.#gone = new Set(gone);
    this.#endIfNobodyIsLeft();
  }

  /** Null where it ended because it was told to. */
  #wrongEnd(): string | null {
    if (!this.detached && !this.#isDone) return `the tracer ended by itself: ${this.#complaint()}`;
    const { exitCode, signalCode } = this.#tracer;
    if (exitCode === 0) return null;
    const how = signalCode === null ? `with status ${exitCode}` : `by ${signalCode}`;
    return `bpftrace was told to end, and ended ${how}: events may be missing`;
  }

  #complaint(): string {
    const lines = this.#complaints.trim().split('\n');
    const said = lines.filter((line) => line !== '' && !line.includes('RLIMIT_MEMLOCK'));
    return `bpftrace: ${said.join(' ') || 'has ended'}`;
  }
}
