// Events as text, in the style of the first flight recorder: position, event, fields. Spans of time
// are given in the largest unit that keeps them readable, and times to the nanosecond.

import type { EventSchema } from './event-schema.ts';
import type { FieldValue, RecordedEvent } from './record-events.ts';

const UNITS = [
  ['s', 1e9],
  ['ms', 1e6],
  ['us', 1e3],
] as const;

/** `812ns`, `1.2ms`, `10.5s`. @param ns may be negative */
export function formatSpan(ns: number): string {
  for (const [unit, size] of UNITS) {
    if (Math.abs(ns) >= size) return `${Number((ns / size).toPrecision(3))}${unit}`;
  }
  return `${Math.round(ns)}ns`;
}

/** Seconds with nine digits, `+1.000000250`; all digits count, so no number is made of it. */
export function formatTime(ns: bigint): string {
  const digits = String(ns < 0n ? -ns : ns).padStart(10, '0');
  const sign = ns < 0n ? '-' : '+';
  return `${sign}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}
