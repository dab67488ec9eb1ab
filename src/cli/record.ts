// `heisenwrite record`: traces a command or a process, records its calls, says what is wrong with
// them.

import { accessSync, constants, existsSync, rmSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { isoTime, monotonicNs, wallMs } from '../base/clock.ts';
import { Guard } from '../base/guard.ts';
import { parseDuration } from '../base/quantities.ts';
import { EXIT_CLEAN, EXIT_DAMAGE, EXIT_UNKNOWN, HeisenwriteError } from '../domain/errors.ts';
import { RECORDING_ENDING } from '../recorder/index.ts';
import { TraceAnalysis } from '../trace/analysis.ts';
import { type CallRecording, openCallRecording } from '../trace/call-recording.ts';
import { type ChosenTracer, chooseTracer } from '../trace/choose-tracer.ts';
import { measureCost } from '../trace/cost.ts';
import type { FlagKind } from '../trace/flags/flag.ts';
import { checkProbes, parseProbe } from '../trace/probe.ts';
import {
  flagLine,
  type TraceFacts,
  traceDocument,
  traceLines,
  verdictOf,
} from '../trace/trace-account.ts';
import type { TracerName, TraceTarget, Tracing } from '../trace/tracing.ts';
import { machineWorld } from '../trace/world.ts';
import { commandError } from './recording-failure.ts';
import type { Terminal } from './terminal.ts';

export interface RecordArguments {
  readonly process?: string;
  readonly output?: string;
  readonly slots: string;
  readonly via: TracerName | 'auto';
  readonly probe?: readonly string[];
  readonly allow?: readonly FlagKind[];
  readonly for?: string;
  readonly cost: boolean;
  readonly json?: boolean;
}

const EXITS = { clean: EXIT_CLEAN, flagged: EXIT_DAMAGE, unknown: EXIT_UNKNOWN } as const;

/**
 * @returns the exit code, when the target has ended or the tracer was taken away
 * @throws HeisenwriteError invalid-option, invalid-duration, no-such-program, no-such-process,
 * not-traceable, missing-component, file-exists, place-not-writable, no-space, write-failed
 */
export async function runRecord(
  command: readonly string[],
  given: RecordArguments,
  terminal: Terminal,
): Promise<number> {
  const target = targetOf(command, given);
  const limitMs = limitOf(given.for);
  const probes = (given.probe ?? []).map(parseProbe);
  const tracer = chooseTracer(given.via, probes.length > 0);
  checkProbes(probes);
  const recording = openRecording(target, given);
  const guard = await Guard.start();
  // A command has standard output for itself.
  const say = (line: string) => {
    if (!given.json && 'process' in target) terminal.print(line);
    else terminal.err.write(`${line}\n`);
  };
  const session = { command, target, tracer, recording, guard, given, say };
  try {
    const { analysis, facts } = await traceAll(session, probes, limitMs);
    recording.close();
    if (given.json) terminal.printJson(traceDocument(analysis, facts));
    else for (const line of traceLines(analysis, facts)) say(line);
    return EXITS[verdictOf(analysis, facts.end)];
  } catch (error) {
    // Nothing was traced: what would be left says nothing, and takes the name of the next one.
    if (recording.events === 0) rmSync(recording.path, { force: true });
    throw error;
  } finally {
    recording.close();
    await guard.stop();
  }
}

interface Session {
  readonly command: readonly string[];
  readonly target: TraceTarget;
  readonly tracer: ChosenTracer;
  readonly recording: CallRecording;
  readonly guard: Guard;
  readonly given: RecordArguments;
  readonly say: (line: string) => void;
}

async function traceAll(
  { command, target, tracer, recording, guard, given, say }: Session,
  probes: ReturnType<typeof parseProbe>[],
  limitMs: number | null,
): Promise<{ analysis: TraceAnalysis; facts: TraceFacts }> {
  const [beganNs, beganAt] = [monotonicNs(), isoTime(wallMs())];
  const { listener } = recording;
  const analysis = new TraceAnalysis(
    machineWorld('process' in target ? target.process : undefined),
    {
      ...listener,
      flag(flag) {
        listener.flag(flag);
        if (analysis.flags.includes(flag)) say(flagLine(flag, beganNs));
      },
    },
    given.allow,
  );
  const onEvent = (event: Parameters<TraceAnalysis['take']>[0]) => analysis.take(event);
  const tracing = await tracer.trace({ target, probes, guard, onEvent });
  // Before it is said: whoever reads it may press Ctrl-C at once.
  const watch = watchForEnd(tracing, 'process' in target, limitMs);
  if ('process' in target) {
    say(`tracing process ${target.process} by ${tracing.via}; Ctrl-C leaves it as it is`);
  }
  const end = await tracing.ended;
  watch.over();
  if (analysis.calls.size === 0 && end.command !== null && !watch.detached()) {
    throw new HeisenwriteError('not-traceable', `${tracing.via} saw no call of ${command[0]}`);
  }
  const durationMs = Number(monotonicNs() - beganNs) / 1e6;
  const cost = given.cost ? await measureCost(tracer.trace, guard) : null;
  watch.stop();
  const facts: TraceFacts = {
    ...{ via: tracing.via, because: tracer.because, process: tracing.process },
    ...{ command: command.length > 0 ? command : null, beganNs, beganAt, durationMs, cost, end },
    detached: watch.detached(),
    recording: { path: recording.path, events: recording.events, slots: Number(given.slots) },
  };
  return { analysis, facts };
}

/** What ends a trace: signals to us, and the time. */
function watchForEnd(tracing: Tracing, attached: boolean, limitMs: number | null) {
  let [detached, isOver] = [false, false];
  const detach = () => {
    // A number of a process that has ended may be another's by now.
    if (isOver) return;
    detached = true;
    tracing.detach();
  };
  let told = 0;
  // The terminal has sent it to a command of ours as well; a second one is for us.
  const onInterrupt = () => (attached || ++told > 1 ? detach() : undefined);
  const onSignal = (name: NodeJS.Signals) => {
    if (attached) detach();
    else if (!isOver) tracing.signal(name);
  };
  process.on('SIGINT', onInterrupt);
  for (const name of ['SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  const timer = limitMs === null ? null : setTimeout(detach, limitMs);
  return {
    detached: () => detached,
    /** What was traced has ended: signals end neither that nor what is still to be told. */
    over() {
      isOver = true;
      if (timer) clearTimeout(timer);
    },
    stop() {
      process.off('SIGINT', onInterrupt);
      for (const name of ['SIGTERM', 'SIGHUP'] as const) process.off(name, onSignal);
    },
  };
}

function targetOf(command: readonly string[], given: RecordArguments): TraceTarget {
  if (command.length > 0 === (given.process !== undefined)) {
    throw new HeisenwriteError('invalid-option', 'give either a command or a process', {
      remedy: 'heisenwrite record -- COMMAND..., or heisenwrite record -p PID',
    });
  }
  if (given.process === undefined) {
    findProgram(command[0] as string);
    return { command, stdout: given.json ? 'stderr' : 'inherit' };
  }
  const pid = Number(given.process);
  if (!Number.isInteger(pid) || pid < 1 || !existsSync(`/proc/${pid}`)) {
    throw new HeisenwriteError('no-such-process', `there is no process ${given.process}`);
  }
  if (pid === process.pid) {
    throw new HeisenwriteError('invalid-option', 'heisenwrite cannot trace itself');
  }
  return { process: pid };
}

/** As execvp(3) looks for it. */
function findProgram(name: string): void {
  const places = name.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter);
  const found = places.some((place) => {
    const path = place === '' ? resolve(name) : join(place, name);
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  });
  if (!found) throw new HeisenwriteError('no-such-program', `there is no program ${name}`);
}

function limitOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const ms = parseDuration(text);
  if (ms !== null && ms > 0) return ms;
  throw new HeisenwriteError('invalid-duration', `--for ${text} is no duration`);
}

function openRecording(target: TraceTarget, given: RecordArguments): CallRecording {
  const slots = Number(given.slots);
  if (!Number.isInteger(slots) || slots < 1) {
    throw new HeisenwriteError('invalid-option', `--slots ${given.slots} is no number of events`);
  }
  const path = resolve(given.output ?? freeName(target));
  const name = 'process' in target ? `process ${target.process}` : (target.command[0] ?? '');
  try {
    return openCallRecording(path, slots, name);
  } catch (error) {
    throw commandError(error);
  }
}

/** By the number of the process, or of this one, which starts the command. */
function freeName(target: TraceTarget): string {
  const number = 'process' in target ? target.process : process.pid;
  const name = (count: number) =>
    `heisenwrite-${number}${count === 0 ? '' : `-${count}`}${RECORDING_ENDING}`;
  let count = 0;
  while (existsSync(name(count))) count++;
  return name(count);
}
