// The options of `replay`, checked: which events are meant, and what the two terms of a match are.

import { HeisenwriteError } from '../domain/errors.ts';
import { fitsQuery, parseQuery } from '../recorder/event-query.ts';
import { searchEvents } from '../recorder/event-search.ts';
import { eventsAround, lastEvents } from '../recorder/event-window.ts';
import { recordedTimes } from '../recorder/match-bounds.ts';
import type { MatchTerm } from '../recorder/message-match.ts';
import type { RecordedEvent, TimeRange } from '../recorder/record-events.ts';
import type { RecordingHeader } from '../recorder/recording.ts';
import type { Recordings } from '../recorder/recordings.ts';
import { parseSpan, parseTime } from '../recorder/time-text.ts';

export interface ReplayOptions {
  readonly last?: string;
  readonly event?: readonly string[];
  readonly where?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly around?: string;
  readonly context?: string;
  readonly absolute?: boolean;
  readonly match?: readonly string[];
  readonly deliver?: 'once' | 'each';
  readonly late?: string;
  readonly ordered?: boolean;
  readonly underWay?: string;
  readonly diff?: readonly string[];
  readonly bad?: readonly string[];
  readonly export?: 'perfetto' | 'ctf' | 'json' | 'csv';
  readonly output?: string;
  readonly json?: boolean;
}

const CONTEXT_DEFAULT = 10;
const COUNT_MAX = 1_000_000;

/** Which events are meant; they are read again by every call of `events`. */
export interface Selection {
  /** Time of the oldest record that is there, ns. */
  readonly baseNs: bigint;
  events(): Iterable<RecordedEvent>;
}

/** @throws HeisenwriteError, RecordingError `invalid-option`, `no-such-event` */
export function selectionOf(recordings: Recordings, options: ReplayOptions): Selection {
  const { headers } = recordings;
  const schemas = headers.flatMap(({ events }) => events);
  const names = options.event ?? [];
  for (const name of names) {
    if (schemas.some((schema) => schema.name === name)) continue;
    const known = [...new Set(schemas.map((schema) => schema.name))].join(', ');
    throw invalid(`--event ${name}: there is no such event; events are ${known}`);
  }
  const clauses = (options.where ?? []).flatMap((text) => parseQuery(text, schemas));
  const baseNs = oldestTime(headers);
  const range = rangeOf(options, baseNs);
  const fits = (event: RecordedEvent) =>
    (names.length === 0 || names.includes(event.event)) && fitsQuery(clauses, event);
  const found = () => searchEvents(recordings, { names, clauses, range });
  const last = countOf('--last', options.last);
  const around = options.around;
  if (around !== undefined) {
    const context = countOf('--context', options.context) ?? CONTEXT_DEFAULT;
    const centre = centreOf(around, headers, baseNs);
    return { baseNs, events: () => aroundCentre(recordings, centre, fits, context, around) };
  }
  return { baseNs, events: last === null ? found : () => lastEvents(found(), last) };
}

function* filtered(
  events: Iterable<RecordedEvent>,
  fits: (event: RecordedEvent) => boolean,
): Generator<RecordedEvent> {
  for (const event of events) if (fits(event)) yield event;
}

/** The centre is shown whether it fits or not. */
function aroundCentre(
  recordings: Recordings,
  centre: (event: RecordedEvent) => boolean,
  fits: (event: RecordedEvent) => boolean,
  context: number,
  written: string,
): RecordedEvent[] {
  const either = (event: RecordedEvent) => fits(event) || centre(event);
  const found = eventsAround(filtered(recordings.events(), either), centre, context);
  if (found) return found;
  throw new HeisenwriteError('invalid-option', `--around ${written}: no such record is there`, {
    remedy: 'it may have been overwritten; positions are in brackets: WRITER:POSITION',
  });
}

/** The record itself, or the first one at or after a time. */
function centreOf(
  written: string,
  headers: readonly RecordingHeader[],
  baseNs: bigint,
): (event: RecordedEvent) => boolean {
  const time = parseTime(written, baseNs);
  if (time !== null) return ({ timeNs }) => timeNs >= time;
  const [, writer = '', position] = /^(.+):(\d+)$/.exec(written) ?? [];
  if (position === undefined) {
    throw invalid(`--around ${written}: write WRITER:POSITION, or a time such as +1.25`);
  }
  const named = (one: RecordingHeader) => one.writer === writer || one.name === writer;
  const found = headers.flatMap((header, index) => (named(header) ? [index] : []));
  if (found.length !== 1) {
    const known = headers.map((header) => header.writer).join(', ');
    const happened =
      found.length === 0 ? 'there is no such writer' : 'several writers are called so';
    throw invalid(`--around ${written}: ${happened}; writers are ${known}`);
  }
  const sequence = Number(position);
  return (event) => event.recording === found[0] && event.sequence === sequence;
}

function rangeOf({ from, to }: ReplayOptions, baseNs: bigint): TimeRange {
  const read = (option: string, text: string) => {
    const time = parseTime(text, baseNs);
    if (time !== null) return time;
    throw invalid(`${option} ${text}: write a time such as +1.25, 1250ms or 86400.25`);
  };
  return {
    ...(from === undefined ? {} : { from: read('--from', from) }),
    ...(to === undefined ? {} : { to: read('--to', to) }),
  };
}

function oldestTime(headers: readonly RecordingHeader[]): bigint {
  const first = headers.flatMap(({ path }) => recordedTimes(path)?.firstNs ?? []);
  return first.sort((one, other) => (one < other ? -1 : 1))[0] ?? 0n;
}

/** @returns null where the option is not given */
export function countOf(option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const count = Number(text);
  if (/^\d+$/.test(text) && count <= COUNT_MAX) return count;
  throw invalid(`${option} ${text}: write a number from 0 to ${COUNT_MAX}`);
}

/** ns, or null where the option is not given. */
export function spanOf(option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const ns = parseSpan(text);
  if (ns !== null) return ns;
  throw invalid(`${option} ${text}: write a span such as 250us, 100ms or 1.5s`);
}

/** `--match A B FILE` reaches us as three terms: what is after the second is a path. */
export function withMatchPaths(
  given: readonly string[],
  { match }: ReplayOptions,
): { paths: readonly string[]; terms: readonly [string, string] | null } {
  if (match === undefined) return { paths: given, terms: null };
  const [sent, received, ...more] = match;
  if (sent !== undefined && received !== undefined) {
    return { paths: [...given, ...more], terms: [sent, received] };
  }
  throw invalid('--match needs two terms: what was sent and what was received, send:id recv:id');
}

/** `send:from,id`; names of events may have colons, so the last one that leaves an event counts. */
export function parseTerm(text: string, headers: readonly RecordingHeader[]): MatchTerm {
  const events = new Set(headers.flatMap((header) => header.events.map(({ name }) => name)));
  for (let at = text.lastIndexOf(':'); at > 0; at = text.lastIndexOf(':', at - 1)) {
    const event = text.slice(0, at);
    if (!events.has(event)) continue;
    const fields = text.slice(at + 1).split(',');
    if (fields.every((field) => field !== '')) return { event, fields };
  }
  const [event = ''] = text.split(':');
  if (text.includes(':') && !events.has(event)) {
    const known = [...events].join(', ');
    throw invalid(`--match ${text}: no recording has the event "${event}"; there are ${known}`);
  }
  throw invalid(`--match ${text}: write EVENT:FIELD or EVENT:FIELD,FIELD`);
}

export function invalid(happened: string): HeisenwriteError {
  return new HeisenwriteError('invalid-option', happened, {
    remedy: '`heisenwrite replay --help` shows examples',
  });
}
