// The board that writers and polling readers of a rewritten unit share: which generation each
// region's writer has begun and which it has finished. A reader looks at `acknowledged` before its
// read and at `started` after it; any single generation between the two is a right answer.

const STATE = 0;
const SLOTS_BEFORE_REGIONS = 1;
const SLOTS_PER_REGION = 2;

const WAITING = 0;
const RUNNING = 1;
const STOPPED = 2;

export type UnitBoard = Int32Array<SharedArrayBuffer>;

export function createUnitBoard(regions: number): UnitBoard {
  const slots = SLOTS_BEFORE_REGIONS + SLOTS_PER_REGION * regions;
  return new Int32Array(new SharedArrayBuffer(4 * slots));
}

export function runActors(board: UnitBoard): void {
  Atomics.store(board, STATE, RUNNING);
  Atomics.notify(board, STATE);
}

export function stopActors(board: UnitBoard): void {
  Atomics.store(board, STATE, STOPPED);
  Atomics.notify(board, STATE);
}

/** In an actor: blocks until the trial runs. */
export function awaitRun(board: UnitBoard): void {
  Atomics.wait(board, STATE, WAITING);
}

export function isStopped(board: UnitBoard): boolean {
  return Atomics.load(board, STATE) === STOPPED;
}

/** In an actor: sleeps, but no longer than the trial runs. */
export function pause(board: UnitBoard, ms: number): void {
  Atomics.wait(board, STATE, RUNNING, ms);
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
