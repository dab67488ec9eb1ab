// The wait for answers: one poll(2) over all connections of this thread on which any is due. The
// thread waits in it for a moment at a time, which costs less than to be woken by another; when
// nothing comes for longer, its other work goes first, so that a server that hangs stops nothing.

import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../base/clock.ts';

/** The longest wait that keeps the thread's other work from going on; milliseconds. */
const WAIT_MS = 2;
/** After so long without any answer the thread no longer waits in the call; milliseconds. */
const PATIENCE_MS = 50;
const PAUSE_MS = 2;

/** Of poll(2) and its result, which are one 32-bit word: `events | revents << 16`. */
const REVENTS_SHIFT = 16;

const POLLERR = 0x08;
const POLLHUP = 0x10;

/** poll(2) of `count` descriptors, each `[fd, events | revents << 16]`. */
export type Poll = (descriptors: Int32Array, count: number, waitMs: number) => number;

/** A connection on which an answer is due. */
export interface Waiting {
  /** The socket; it may be another one while an export is being mounted. */
  readonly descriptor: number;
  readonly wantedEvents: number;
  /** False when nothing is due any more. */
  readonly isDue: boolean;
  /** Lets the library do what the socket is ready for; never throws. */
  serve(events: number): void;
}

const waiting = new Set<Waiting>();
let isRunning = false;
/** When anything was last asked or answered. */
let activeMs = 0;

/** Serves it until nothing is due. May be called again at any time. */
export function awaitAnswers(connection: Waiting, poll: Poll): void {
  waiting.add(connection);
  activeMs = monotonicMs();
  if (!isRunning) void run(poll);
}

async function run(poll: Poll): Promise<void> {
  isRunning = true;
  while (waiting.size > 0) {
    const isPatient = monotonicMs() - activeMs < PATIENCE_MS;
    if (serveReady(poll, isPatient ? WAIT_MS : 0)) activeMs = monotonicMs();
    await (isPatient ? nextTurn() : sleep(PAUSE_MS));
    for (const each of waiting) if (!each.isDue) waiting.delete(each);
  }
  isRunning = false;
}

function serveReady(poll: Poll, waitMs: number): boolean {
  const connections = [...waiting];
  const descriptors = new Int32Array(2 * connections.length);
  connections.forEach(({ descriptor, wantedEvents }, index) => {
    descriptors[2 * index] = descriptor;
    descriptors[2 * index + 1] = wantedEvents;
  });
  if (poll(descriptors, connections.length, waitMs) <= 0) return false;
  connections.forEach((connection, index) => {
    const events = (descriptors[2 * index + 1] as number) >>> REVENTS_SHIFT;
    // Of an error that is also a hang-up the library would say only the latter.
    if (events !== 0) connection.serve(events & POLLERR ? events & ~POLLHUP : events);
  });
  return true;
}

/** Whether the socket of a connection on which nothing is due has something to say: its end. */
export function isReadable(descriptor: number, events: number, poll: Poll): boolean {
  return poll(Int32Array.of(descriptor, events), 1, 0) > 0;
}
