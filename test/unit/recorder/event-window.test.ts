// The last events, and those around a record, a moment and many findings at once.

import { expect, it } from 'vitest';
import { eventsAround, lastEvents, windowsAround } from '../../../src/recorder/event-window.ts';
import type { RecordedEvent } from '../../../src/recorder/record-events.ts';

/** Two recordings in turn; number n is at n ns. */
const EVENTS = Array.from({ length: 40 }, (_, n): RecordedEvent => {
  const recording = n % 2;
  const sequence = Math.floor(n / 2);
  return {
    writer: `w${recording}`,
    recording,
    sequence,
    timeNs: BigInt(n),
    event: 'e',
    fields: {},
  };
});
const times = (events: readonly RecordedEvent[] | null) =>
  events?.map(({ timeNs }) => Number(timeNs));

it('keeps the last ones, in order', () => {
  expect(times(lastEvents(EVENTS, 3))).toEqual([37, 38, 39]);
  expect(times(lastEvents(EVENTS.slice(0, 2), 3))).toEqual([0, 1]);
  expect(times(lastEvents(EVENTS, 40))).toEqual(times(EVENTS));
  expect(lastEvents(EVENTS, 0)).toEqual([]);
});

it('shows as many before as after, and fewer at the edges', () => {
  const at = (ns: bigint) => (event: RecordedEvent) => event.timeNs >= ns;
  expect(times(eventsAround(EVENTS, at(20n), 2))).toEqual([18, 19, 20, 21, 22]);
  expect(times(eventsAround(EVENTS, at(0n), 2))).toEqual([0, 1, 2]);
  expect(times(eventsAround(EVENTS, at(39n), 2))).toEqual([37, 38, 39]);
  expect(times(eventsAround(EVENTS, at(20n), 0))).toEqual([20]);
  expect(eventsAround(EVENTS, at(99n), 2)).toBeNull();
});

it('opens a window in each recording, also where windows overlap', () => {
  const windows = windowsAround(
    EVENTS,
    [
      { recording: 1, timeNs: 21n, sequence: 10 },
      { recording: 0, timeNs: 21n, sequence: null },
      { recording: 0, timeNs: 24n, sequence: 12 },
      { recording: 1, timeNs: 99n, sequence: null },
    ],
    2,
  );
  expect(windows.map(times)).toEqual([
    [17, 19, 21, 23, 25],
    [18, 20, 22, 24],
    [20, 22, 24, 26, 28],
    [37, 39],
  ]);
});
