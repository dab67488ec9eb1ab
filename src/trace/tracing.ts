// What a tracer is asked for and what it gives, whichever it is. A tracer is attached and taken
// away; the process that it looks at goes on, also when we are killed in the middle.

import type { Guard } from '../base/guard.ts';
import type { TraceEvent } from './call.ts';
import type { Probe } from './probe.ts';

export type TraceTarget =
  | {
      readonly command: readonly string[];
      /** Its standard output is ours, or goes to standard error because ours has a document. */
      readonly stdout: 'inherit' | 'stderr' | 'ignore';
    }
  | { readonly process: number };

export interface TraceRequest {
  readonly target: TraceTarget;
  readonly probes: readonly Probe[];
  /** Takes the tracer away should we be killed while it waits for a call. */
  readonly guard: Guard;
  onEvent(event: TraceEvent): void;
}

export const TRACERS = ['strace', 'bpftrace'] as const;
export type TracerName = (typeof TRACERS)[number];

/** One that runs: the target is being traced. */
export interface Tracing {
  readonly via: TracerName;
  /** The process that is traced, or the first of them. */
  readonly process: number;
  /** Never rejects. When everything traced has ended, or the tracer was taken away. */
  readonly ended: Promise<TraceEnd>;
  /** Takes the tracer away and leaves the target as it is. */
  detach(): void;
  /** Hands a signal on to a command that was started here; of others, does nothing. */
  signal(name: NodeJS.Signals): void;
}

export interface TraceEnd {
  /** How a command that was started here ended; null where it goes on, or was not started here. */
  readonly command: { readonly status: number | null; readonly signal: string | null } | null;
  /** Lines of the tracer that could not be read. */
  readonly unread: number;
  /** Of a tracer that ended where nobody asked it to; null where all went well. */
  readonly complaint: string | null;
}
