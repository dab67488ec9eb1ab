// Recordings and events as `replay` prints them: lines for people, JSON lines for programs.

import { clockWarning, eventLines, headerLine } from '../recorder/event-text.ts';
import type { RecordedEvent } from '../recorder/record-events.ts';
import type { RecordingHeader } from '../recorder/recording.ts';
import type { ReplayOptions } from './replay-options.ts';

export interface EventOutput {
  /** What the recordings are, before the first event. */
  readonly heading: readonly string[];
  lines(events: Iterable<RecordedEvent>): Iterable<string>;
}

/** @param baseNs times count from here unless they are wanted absolute */
export function eventOutput(
  headers: readonly RecordingHeader[],
  baseNs: bigint,
  { absolute, json }: ReplayOptions,
): EventOutput {
  const line = json ? eventJson : eventLines(headers, { baseNs: absolute ? null : baseNs });
  return { heading: headingLines(headers), lines: (events) => mapped(events, line) };
}

export function headingLines(headers: readonly RecordingHeader[]): string[] {
  const warning = clockWarning(headers);
  return [...headers.map(headerLine), ...(warning ? [`Beware: ${warning}`] : []), ''];
}

function* mapped<A, B>(all: Iterable<A>, change: (one: A) => B): Generator<B> {
  for (const one of all) yield change(one);
}

export function jsonHeaders(headers: readonly RecordingHeader[]): string[] {
  return headers.map((header, recording) =>
    jsonText({ schema: 'heisenwrite.recording/1', recording, ...header }),
  );
}

export function eventJson(event: RecordedEvent): string {
  return jsonText({ schema: 'heisenwrite.event/1', ...event });
}

/** 64 bits are text in JSON: most readers of JSON keep only 53 of a number. */
export function jsonText(value: object, indent = 0): string {
  const plain = (_: string, one: unknown) => (typeof one === 'bigint' ? String(one) : one);
  return JSON.stringify(value, plain, indent);
}
