// bpftrace has a buffer for each processor and reads one after the other, so that the calls of a
// thread that moved come in disorder. Events are held back until none before them can come any
// more, and go on in the order of the times at which they ended.

import type { TraceEvent } from './call.ts';

/** It waits for its buffers 100 ms at most. */
const HELD_NS = 300_000_000n;

export class EventOrder {
  #held: { readonly atNs: bigint; readonly event: TraceEvent }[] = [];
  #newestNs = 0n;
  readonly #onEvent: (event: TraceEvent) => void;

  constructor(onEvent: (event: TraceEvent) => void) {
    this.#onEvent = onEvent;
  }

  add(event: TraceEvent): void {
    const atNs = endOf(event) ?? this.#newestNs;
    if (atNs > this.#newestNs) this.#newestNs = atNs;
    this.#held.push({ atNs, event });
  }

  /** Lets go on what ended long enough before `nowNs`, CLOCK_MONOTONIC. */
  release(nowNs: bigint): void {
    this.#pass(nowNs - HELD_NS);
  }

  releaseAll(): void {
    this.#pass(this.#newestNs + 1n);
  }

  #pass(beforeNs: bigint): void {
    const due = this.#held.filter(({ atNs }) => atNs < beforeNs);
    if (due.length === 0) return;
    this.#held = this.#held.filter(({ atNs }) => atNs >= beforeNs);
    due.sort((a, b) => (a.atNs < b.atNs ? -1 : a.atNs > b.atNs ? 1 : 0));
    for (const { event } of due) this.#onEvent(event);
  }
}

/** Null for what has no time. */
function endOf(event: TraceEvent): bigint | null {
  if (event.kind === 'call') return event.call.beganNs + BigInt(event.call.tookNs ?? 0);
  if (event.kind === 'exit') return event.exit.atNs;
  if (event.kind === 'start') return event.start.atNs;
  if (event.kind === 'probe') return event.probe.atNs;
  return event.kind === 'signal' ? event.atNs : null;
}
