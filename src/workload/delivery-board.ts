// What the actors of a delivery tell each other while it runs: how many watch, and of each store
// whether whoever writes into it is done. Nothing of it is shown to a rule.

import { monotonicMs } from '../base/clock.ts';

export type DeliveryBoard = Int32Array<ArrayBufferLike>;

/** Writers wait so long for those who watch. */
export const WATCHERS_MS_MAX = 10_000;

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

export function watching(board: DeliveryBoard): number {
  return Atomics.load(board, WATCHING);
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
