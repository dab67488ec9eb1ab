// The actors of a trial that live in a guest: every call crosses, and so does what the workload
// writes on a board here, so that workloads run there as they do here.

import type { ActorHost, Actors } from '../domain/workload.ts';
import { type HuntClock, huntClockFor } from '../trial/hunt-clock.ts';
import type { Guest } from './guest.ts';
import type { ClockAnswer } from './guest-messages.ts';
import { type Boards, sharedBoard } from './wire.ts';

/** Of the first slot of a board, which says whether the trial waits, runs or has stopped. */
const STATE = 0;
/** An agent says by itself that an actor is late; only a guest that hangs says nothing. */
const AGENT_GRACE_MS = 15_000;
const CLOCK_LIMIT_MS = 60_000;

type Board = ReturnType<typeof sharedBoard>;

export class GuestActors implements Actors {
  private readonly guest: Guest;
  private readonly clock: HuntClock;
  private limitMs = 60_000;

  constructor(guest: Guest, clock: HuntClock) {
    this.guest = guest;
    this.clock = clock;
  }

  limit(limitMs: number): void {
    this.limitMs = limitMs;
  }

  call<Result>(
    name: string,
    role: string,
    assignment: object,
    host: ActorHost = 'thread',
  ): Promise<Result> {
    const { limitMs, clock } = this;
    const request = { ask: 'call', name, role, assignment, host, limitMs, clock } as const;
    return this.guest.ask<Result>(request, limitMs + AGENT_GRACE_MS);
  }
}

/** Anew for each trial: the clock of a guest stands still while it is paused. */
export function guestClock(guest: Guest): Promise<HuntClock> {
  return huntClockFor(async () => {
    const { ns } = await guest.ask<ClockAnswer>({ ask: 'clock' }, CLOCK_LIMIT_MS);
    return ns;
  });
}

/** The boards of one trial at a time; what changes here is told to `tell`. */
export class TrialBoards implements Boards {
  private readonly numbers = new Map<Board['buffer'], number>();
  private readonly tell: (board: number, value: number) => void;
  private followed = { isOver: false, boards: [] as Board[] };
  private next = 1;

  constructor(tell: (board: number, value: number) => void) {
    this.tell = tell;
  }

  numberOf(board: Board): number {
    const known = this.numbers.get(board.buffer);
    if (known !== undefined) return known;
    const number = this.next++;
    this.numbers.set(board.buffer, number);
    void this.follow(board, number);
    return number;
  }

  /** Answers of roles carry none. */
  boardOf(_number: number, values: readonly number[]): Board {
    return sharedBoard(values);
  }

  /** After a trial. */
  forget(): void {
    const { followed } = this;
    this.followed = { isOver: false, boards: [] };
    this.numbers.clear();
    followed.isOver = true;
    for (const board of followed.boards) Atomics.notify(board, STATE);
  }

  private async follow(board: Board, number: number): Promise<void> {
    const { followed } = this;
    followed.boards.push(board);
    let last = Atomics.load(board, STATE);
    while (!followed.isOver) {
      const change = Atomics.waitAsync(board, STATE, last);
      if (change.async) await change.value;
      const now = Atomics.load(board, STATE);
      if (now !== last && !followed.isOver) this.tell(number, now);
      last = now;
    }
  }
}
