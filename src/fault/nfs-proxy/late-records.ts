// Records of one connection that go on later, and how much of them there is: what is late does not
// stop what comes after it, unless it is too much.

import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Bytes of calls and replies that are late, beyond which neither end is read from. */
const LATE_BYTES_MAX = 64 * 1024 * 1024;

export class LateRecords {
  readonly #ends: readonly Socket[];
  readonly #late = new Set<Promise<void>>();
  #bytes = 0;

  /** @param ends both sockets */
  constructor(ends: readonly Socket[]) {
    this.#ends = ends;
  }

  get isFull(): boolean {
    return this.#bytes >= LATE_BYTES_MAX;
  }

  /** At once where there is no delay; never where an end has gone meanwhile. */
  after(delayMs: number, bytes: number, act: () => void): void {
    if (delayMs <= 0) {
      act();
      return;
    }
    this.#bytes += bytes;
    if (this.isFull) for (const each of this.#ends) each.pause();
    this.when(sleep(delayMs), () => {
      this.#bytes -= bytes;
      if (!this.isFull) for (const each of this.#ends) each.resume();
      act();
    });
  }

  /** @param done that does not reject */
  when(done: Promise<unknown>, act: () => void): void {
    const late = done.then(() => {
      this.#late.delete(late);
      if (this.#ends.every(({ destroyed }) => !destroyed)) act();
    });
    this.#late.add(late);
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#late);
  }
}
