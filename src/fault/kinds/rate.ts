// Data that pass at most so fast: each call waits until those before it and its own bytes have had
// their time, as on a slow line that carries one thing after the other.

import { monotonicMs } from '../../base/clock.ts';
import type { Fault } from '../../domain/fault.ts';

export class RateLimits {
  /** When the line of each fault is free again; monotonicMs. */
  readonly #free = new WeakMap<Fault, number>();

  /** Milliseconds to wait before a call of so many bytes is answered. */
  waitMs(fault: Fault, bytes: number): number {
    const now = monotonicMs();
    const from = Math.max(now, this.#free.get(fault) ?? now);
    const until = from + (bytes / Number(fault.values.bytes)) * 1000;
    this.#free.set(fault, until);
    return until - now;
  }
}
