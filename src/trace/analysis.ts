// What becomes of the events of a trace: each is put into its scene, shown to the judges, counted
// and told on. Nothing is kept of a call afterwards, so that a trace may go on for days.

import { isCopy, isRead, isWrite, manualName, type TraceEvent } from './call.ts';
import type { Flag, FlagKind, Judge } from './flags/flag.ts';
import { JUDGES } from './flags/judges.ts';
import { Scene, type SeenCall, subjectOf, type TracedProcess } from './scene.ts';
import type { World } from './world.ts';

/** Of each kind, so many are kept; all are counted. */
const FLAGS_KEPT = 20;

/** Calls that failed alike. */
export interface FailedCalls {
  readonly call: string;
  readonly errno: string;
  count: number;
  /** The first of them. */
  readonly process: number;
  readonly atNs: bigint;
  readonly path: string | null;
}

export type OtherEvent = Exclude<TraceEvent, { kind: 'call' | 'start' }>;

export interface TraceListener {
  call?(seen: SeenCall): void;
  event?(event: OtherEvent, process: TracedProcess | null): void;
  flag?(flag: Flag): void;
}

export class TraceAnalysis {
  readonly calls = new Map<string, number>();
  readonly failed = new Map<string, FailedCalls>();
  readonly flags: Flag[] = [];
  readonly flagCounts = new Map<FlagKind, number>();
  readonly signals = new Map<string, number>();
  writtenBytes = 0;
  readBytes = 0;
  lostEvents = 0;
  probeHits = 0;
  readonly #scene: Scene;
  readonly #listener: TraceListener;
  readonly #judges: readonly Judge[];

  /** @param allowed kinds that are not looked for */
  constructor(world: World, listener: TraceListener, allowed: readonly FlagKind[] = []) {
    this.#scene = new Scene(world);
    this.#listener = listener;
    const raise = (flag: Flag) => this.#raise(flag);
    this.#judges = Object.entries(JUDGES)
      .filter(([kind]) => !allowed.includes(kind as FlagKind))
      .map(([, make]) => make(raise));
  }

  take(event: TraceEvent): void {
    if (event.kind === 'call') {
      const seen = this.#scene.see(event.call);
      for (const judge of this.#judges) judge.see(seen);
      this.#count(seen);
      this.#listener.call?.(seen);
      this.#scene.note(seen);
      return;
    }
    if (event.kind === 'start') {
      this.#scene.started(event.start);
      return;
    }
    const process = this.#processOf(event);
    this.#listener.event?.(event, process);
    if (event.kind === 'lost') this.lostEvents += event.events;
    if (event.kind === 'probe') this.probeHits++;
    if (event.kind === 'signal') {
      this.signals.set(event.name, (this.signals.get(event.name) ?? 0) + 1);
    }
    if (event.kind !== 'exit') return;
    const ended = this.#scene.endThread(event.exit.thread);
    const { status } = event.exit;
    if (ended) for (const judge of this.#judges) judge.ended?.({ process: ended, status });
  }

  #processOf(event: OtherEvent): TracedProcess | null {
    if (event.kind === 'lost') return null;
    if (event.kind === 'exit') return this.#scene.processOf(event.exit.thread, event.exit.process);
    if (event.kind === 'signal') return this.#scene.processOf(event.thread);
    return this.#scene.processOf(event.probe.thread, event.probe.process);
  }

  #count(seen: SeenCall): void {
    const { name, result, errno, beganNs } = seen.call;
    this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
    if (result !== null && (isWrite(name) || isCopy(name))) this.writtenBytes += result;
    if (result !== null && isRead(name)) this.readBytes += result;
    if (errno === null) return;
    const key = `${name} ${errno}`;
    const known = this.failed.get(key);
    if (known) known.count++;
    else {
      this.failed.set(key, {
        ...{ call: name, errno, count: 1, atNs: beganNs },
        ...{ process: seen.process.id, path: subjectOf(seen) },
      });
    }
  }

  #raise(flag: Flag): void {
    const before = this.flagCounts.get(flag.kind) ?? 0;
    this.flagCounts.set(flag.kind, before + 1);
    if (before < FLAGS_KEPT) this.flags.push(flag);
    this.#listener.flag?.(flag);
  }
}

/** How a call is written in an account: the name in the manual where it differs is added. */
export function callWords(name: string): string {
  const known = manualName(name);
  return known === name ? `${name}()` : `${name}() [${known}]`;
}
