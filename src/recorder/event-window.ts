// Events around something: the last ones, those around a record or a moment, and, in one pass for
// many findings, those of each recording around its own moment. Only what is shown is kept.

import type { RecordedEvent } from './record-events.ts';

/** The last `count` events. */
export function lastEvents(events: Iterable<RecordedEvent>, count: number): RecordedEvent[] {
  if (count === 0) return [];
  const ring: RecordedEvent[] = [];
  let seen = 0;
  for (const event of events) ring[seen++ % count] = event;
  const start = seen > count ? seen % count : 0;
  return [...ring.slice(start), ...ring.slice(0, start)];
}

/**
 * `count` events before and after the first that is `centre`, and that one.
 * @returns null where there is no such event
 */
export function eventsAround(
  events: Iterable<RecordedEvent>,
  centre: (event: RecordedEvent) => boolean,
  count: number,
): RecordedEvent[] | null {
  const before: RecordedEvent[] = [];
  let found: RecordedEvent[] | null = null;
  for (const event of events) {
    if (found) {
      if (found.length >= before.length + 1 + count) break;
      found.push(event);
    } else if (centre(event)) {
      found = [...before, event];
      if (count === 0) break;
    } else {
      before.push(event);
      if (before.length > count) before.shift();
    }
  }
  return found;
}

/** A moment of one recording. */
export interface WindowCentre {
  readonly recording: number;
  readonly timeNs: bigint;
  /** The record itself, where there is one: it is not counted among those before or after. */
  readonly sequence: number | null;
}

/**
 * For each centre: up to `count` events of its recording before and after it, and the record.
 * @param events merged by time; they are read until all windows are full
 */
export function windowsAround(
  events: Iterable<RecordedEvent>,
  centres: readonly WindowCentre[],
  count: number,
): RecordedEvent[][] {
  const windows = centres.map((): RecordedEvent[] => []);
  const order = centres
    .map((centre, window) => ({ centre, window, after: 0, isOpen: false }))
    .sort((one, other) => (one.centre.timeNs < other.centre.timeNs ? -1 : 1));
  type Open = (typeof order)[number];
  const waiting = new Map<number, Open[]>();
  for (const one of order) {
    const { recording } = one.centre;
    waiting.set(recording, [...(waiting.get(recording) ?? []), one]);
  }
  const open = new Map<number, Open[]>();
  const recent = new Map<number, RecordedEvent[]>();
  let left = order.length;
  for (const event of events) {
    if (left === 0) break;
    const { recording } = event;
    const queue = waiting.get(recording);
    if (queue === undefined) continue;
    const latest = recent.get(recording) ?? [];
    recent.set(recording, latest);
    const opened = open.get(recording) ?? [];
    open.set(recording, opened);
    while (queue[0] && isReached(queue[0].centre, event)) {
      const one = queue.shift() as Open;
      (windows[one.window] as RecordedEvent[]).push(...latest);
      opened.push(one);
    }
    for (const one of [...opened]) {
      (windows[one.window] as RecordedEvent[]).push(event);
      if (event.sequence !== one.centre.sequence) one.after++;
      if (one.after < count) continue;
      opened.splice(opened.indexOf(one), 1);
      left--;
    }
    latest.push(event);
    if (latest.length > count) latest.shift();
  }
  // A recording that ended before the moment: what it had last is what is around it.
  for (const [recording, queue] of waiting) {
    for (const one of queue) windows[one.window]?.push(...(recent.get(recording) ?? []));
  }
  return windows;
}

function isReached({ timeNs, sequence }: WindowCentre, event: RecordedEvent): boolean {
  return sequence === null ? event.timeNs >= timeNs : event.sequence >= sequence;
}
