// What the actors of a delivery tell each other while it runs: how many watch, and of each store
// whether whoever writes into it is done. Nothing of it is shown to a rule.

import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../base/clock.ts';

export type DeliveryBoard = Int32Array<ArrayBufferLike>;

/** Writers wait so long for those who watch. */
const WATCHERS_MS_MAX = 10_000;

const RUNNING = 0;
const DONE = 1;
const FAILED = 2;
const WATCHING = 0;
const FIRST_STORE = 1;

/** Numbers that a board needs. */
export function boardSlots(stores: number): number {
  return FIRST_STORE + stores;
}

export function markWatching(board: DeliveryBoard): void {
  Atomics.add(board, WATCHING, 1);
}

/** Before the first write: so many watch, or it is not to be waited for any longer. */
export async function untilWatched(board: DeliveryBoard, watchers: number): Promise<void> {
  const untilMs = monotonicMs() + WATCHERS_MS_MAX;
  while (Atomics.load(board, WATCHING) < watchers && monotonicMs() < untilMs) await sleep(1);
}

export function hasFailed(board: DeliveryBoard, store: number): boolean {
  return Atomics.load(board, FIRST_STORE + store) === FAILED;
}

export function markDone(board: DeliveryBoard, store: number, isWhole: boolean): void {
  Atomics.store(board, FIRST_STORE + store, isWhole ? DONE : FAILED);
}

/** How long the writer of a store has been done, as far as whoever asks has noticed. */
export class SinceDone {
  #noticedMs: number | null = null;

  ms(board: DeliveryBoard, store: number): number {
    if (Atomics.load(board, FIRST_STORE + store) === RUNNING) return 0;
    this.#noticedMs ??= monotonicMs();
    return monotonicMs() - this.#noticedMs;
  }
}
