// Answers that wait for the next one, of whichever connection: HTTP/1.1 keeps the order on each.

import { setTimeout as sleep } from 'node:timers/promises';

/** An answer that is to follow the next one does not wait for it for ever. */
const REORDER_LIMIT_MS = 200;

export class ReplyTurns {
  #waiting = new AbortController();
  #count = 0;

  get isWaiting(): boolean {
    return this.#count > 0;
  }

  /** An answer was handed on. */
  passed(): void {
    if (this.#count === 0) return;
    this.#waiting.abort();
    this.#waiting = new AbortController();
  }

  /**
   * Resolves when the next answer was handed on, or after 200 ms.
   * @throws Error where `gone` ends the wait
   */
  async later(gone: AbortSignal): Promise<void> {
    const next = this.#waiting.signal;
    this.#count++;
    try {
      await sleep(REORDER_LIMIT_MS, undefined, { signal: AbortSignal.any([next, gone]) });
    } catch (error) {
      if (!next.aborted) throw error;
    } finally {
      this.#count--;
    }
  }
}
