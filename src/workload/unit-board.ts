// The board that writers and polling readers of a rewritten unit share: which generation each
// region's writer has begun and which it has finished. A reader looks at `acknowledged` before its
// read and at `started` after it; any single generation between the two is a right answer.

import { monotonicMs } from '../base/clock.ts';
import type { Actors } from '../domain/workload.ts';

const STATE = 0;
/** Actors that wait for the trial to run. */
const ARRIVED = 1;
const SLOTS_BEFORE_REGIONS = 2;
const SLOTS_PER_REGION = 2;

const WAITING = 0;
const RUNNING = 1;
const STOPPED = 2;

/** A look at a board for which a process cannot be woken; ms. */
const POLL_MS = 1;

export type UnitBoard = Int32Array<ArrayBufferLike>;

/** @param actors who see it; left out: threads of this process */
export function createUnitBoard(regions: number): Int32Array<SharedArrayBuffer>;
export function createUnitBoard(regions: number, actors: Pick<Actors, 'board'>): UnitBoard;
export function createUnitBoard(regions: number, actors?: Pick<Actors, 'board'>): UnitBoard {
  const slots = SLOTS_BEFORE_REGIONS + SLOTS_PER_REGION * regions;
  return actors?.board?.(slots) ?? new Int32Array(new SharedArrayBuffer(4 * slots));
}

/** Unless they have been stopped before they began. */
export function runActors(board: UnitBoard): void {
  Atomics.compareExchange(board, STATE, WAITING, RUNNING);
  Atomics.notify(board, STATE);
}

export function stopActors(board: UnitBoard): void {
  Atomics.store(board, STATE, STOPPED);
  Atomics.notify(board, STATE);
}

/** In an actor: blocks until the trial runs. */
export function awaitRun(board: UnitBoard): void {
  Atomics.add(board, ARRIVED, 1);
  waitWhile(board, WAITING, Number.POSITIVE_INFINITY);
}

/** How many actors have come to `awaitRun`. */
export function arrived(board: UnitBoard): number {
  return Atomics.load(board, ARRIVED);
}

export function isStopped(board: UnitBoard): boolean {
  return Atomics.load(board, STATE) === STOPPED;
}

/** In an actor: sleeps, but no longer than the trial runs. */
export function pause(board: UnitBoard, ms: number): void {
  waitWhile(board, RUNNING, ms);
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Memory that processes share wakes nobody: then the state is looked at again and again. */
function waitWhile(board: UnitBoard, state: number, ms: number): void {
  if (board.buffer instanceof SharedArrayBuffer) {
    Atomics.wait(board, STATE, state, ms);
    return;
  }
  const untilMs = monotonicMs() + ms;
  for (let left = ms; left > 0 && Atomics.load(board, STATE) === state; ) {
    Atomics.wait(sleeper, 0, 0, Math.min(POLL_MS, left));
    left = untilMs - monotonicMs();
  }
}

export function markStarted(board: UnitBoard, region: number, generation: number): void {
  Atomics.store(board, SLOTS_BEFORE_REGIONS + SLOTS_PER_REGION * region, generation);
}

export function started(board: UnitBoard, region: number): number {
  return Atomics.load(board, SLOTS_BEFORE_REGIONS + SLOTS_PER_REGION * region);
}

/** The next generation of a region that several writers share. */
export function startNext(board: UnitBoard, region: number): number {
  return Atomics.add(board, SLOTS_BEFORE_REGIONS + SLOTS_PER_REGION * region, 1) + 1;
}

export function acknowledge(board: UnitBoard, region: number, generation: number): void {
  Atomics.store(board, SLOTS_BEFORE_REGIONS + SLOTS_PER_REGION * region + 1, generation);
}

export function acknowledged(board: UnitBoard, region: number): number {
  return Atomics.load(board, SLOTS_BEFORE_REGIONS + SLOTS_PER_REGION * region + 1);
}
