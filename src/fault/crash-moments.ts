// When the faults `unsynced` happen: at the signal that arms them, or at `start=` and `every=`
// after that. What is lost then is the business of who keeps it.

import { monotonicMs } from '../base/clock.ts';
import type { ArmedFault, ArmedFaults } from './armed-faults.ts';

/** setTimeout(): more is taken for 1. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export class CrashMoments {
  readonly #faults: ArmedFaults;
  readonly #crash: (armed: ArmedFault) => void;
  readonly #timers = new Map<number, NodeJS.Timeout>();

  constructor(faults: ArmedFaults, crash: (armed: ArmedFault) => void) {
    this.#faults = faults;
    this.#crash = crash;
    for (const armed of faults.list()) this.#await(armed);
    faults.watch((armed) => this.#await(armed));
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #await(armed: ArmedFault): void {
    const { kind, values } = armed.fault;
    if (kind !== 'unsynced') return;
    clearTimeout(this.#timers.get(armed.number));
    if (values.start === undefined && values.every === undefined) this.#crash(armed);
    else this.#crashAt(armed, monotonicMs() + Number(values.start ?? 0));
  }

  #crashAt(armed: ArmedFault, dueMs: number): void {
    const timer = setTimeout(() => {
      // Cleared meanwhile.
      if (!this.#faults.list().includes(armed)) return;
      const { every } = armed.fault.values;
      // A timer may end a little early, when the window of the fault has not begun.
      if (monotonicMs() < dueMs) this.#crashAt(armed, dueMs);
      else {
        this.#crash(armed);
        if (every !== undefined) this.#crashAt(armed, nextMs(dueMs, Number(every)));
      }
    }, inMs(dueMs));
    this.#timers.set(armed.number, timer);
  }
}

/** Moments that have passed meanwhile are left out, and not made up for all at once. */
function nextMs(dueMs: number, everyMs: number): number {
  const missed = Math.max(0, Math.floor((monotonicMs() - dueMs) / everyMs));
  return dueMs + (missed + 1) * everyMs;
}

/** What a timer takes; where that is not enough, it is set again. */
function inMs(dueMs: number): number {
  return Math.min(TIMER_MS_MAX, Math.max(0, dueMs - monotonicMs()));
}
