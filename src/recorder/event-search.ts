// Events that fit a query. Mostly few do, and then columns are searched, by a loop for each clause
// that is made for its column; only what fits becomes an event. Where many fit, events are streamed
// through the query instead, so that memory stays constant in any case.

import { type Clause, fitsQuery } from './event-query.ts';
import type { EventSchema } from './event-schema.ts';
import type { RecordedEvent, TimeRange } from './record-events.ts';
import type { ByteColumn, Columns, NumberColumn } from './record-scan.ts';
import type { Recordings } from './recordings.ts';

/** More are not gathered and sorted, but streamed. */
const GATHERED_MAX = 50_000;

export interface EventSearch {
  /** Names of events; none: all. */
  readonly names: readonly string[];
  readonly clauses: readonly Clause[];
  readonly range: TimeRange;
}

/** By time, as `Recordings.events` gives them. @throws RecordingError while reading */
export function searchEvents(recordings: Recordings, search: EventSearch): Iterable<RecordedEvent> {
  const { names, clauses, range } = search;
  if (names.length === 0 && clauses.length === 0) return recordings.events(range);
  // A range is found by halving, which no scan does.
  const isWhole = range.from === undefined && range.to === undefined;
  const gathered = isWhole ? gatherEvents(recordings, search) : null;
  return gathered ?? streamEvents(recordings, search);
}

function* streamEvents(
  recordings: Recordings,
  { names, clauses, range }: EventSearch,
): Generator<RecordedEvent> {
  for (const event of recordings.events(range)) {
    if (names.length > 0 && !names.includes(event.event)) continue;
    if (fitsQuery(clauses, event)) yield event;
  }
}

/** Null: there are too many. */
function gatherEvents(recordings: Recordings, search: EventSearch): RecordedEvent[] | null {
  const found: RecordedEvent[] = [];
  for (const [recording, { writer, events }] of recordings.headers.entries()) {
    for (const schema of events.filter((one) => mayFit(one, search))) {
      const select = selection(schema, search.clauses, writer);
      recordings.scan(recording, schema.name, (columns) => {
        const { rows, count } = select(columns);
        for (let at = 0; at < count && found.length <= GATHERED_MAX; at++) {
          found.push(eventAt(columns, rows[at] as number, { recording, writer, schema }));
        }
        return found.length <= GATHERED_MAX;
      });
      if (found.length > GATHERED_MAX) return null;
    }
  }
  return found.sort((one, other) => {
    if (one.timeNs !== other.timeNs) return one.timeNs < other.timeNs ? -1 : 1;
    return one.recording - other.recording || one.sequence - other.sequence;
  });
}

/** By its name and fields: what events of this kind lack, none of them has. */
function mayFit({ name, fields }: EventSchema, { names, clauses }: EventSearch): boolean {
  if (names.length > 0 && !names.includes(name)) return false;
  return clauses.every((clause) => {
    if (clause.event !== null && clause.event !== name) return false;
    return !clause.isField || fields.some((field) => field.name === clause.name);
  });
}

type Refine = (columns: Columns, rows: Int32Array, count: number) => number;

/** Indexes of the records that fit, for one event of one recording. */
function selection(schema: EventSchema, clauses: readonly Clause[], writer: string) {
  const refines = clauses.map((clause) => refineBy(clause, schema, writer));
  let rows = new Int32Array(0);
  return (columns: Columns): { rows: Int32Array; count: number } => {
    if (rows.length < columns.length) rows = new Int32Array(columns.length);
    let count = columns.length;
    for (let row = 0; row < count; row++) rows[row] = row;
    for (const refine of refines) if (count > 0) count = refine(columns, rows, count);
    return { rows, count };
  };
}

function refineBy(clause: Clause, { name, fields }: EventSchema, writer: string): Refine {
  const field = fields.find((one) => clause.isField && one.name === clause.name);
  const wide = field?.type === 'u64' || field?.type === 'i64';
  const isNumber = field !== undefined && !field.type.endsWith(']');
  // Fractions against 64 bits, and text, are compared one by one, as in a stream.
  if ((isNumber && (!wide || Number.isInteger(Number(clause.value)))) || isSequence(clause)) {
    const loop = compileLoop(clause, wide);
    return isSequence(clause)
      ? ({ sequence }, rows, count) => loop(sequence, rows, count)
      : (columns, rows, count) => loop(columns.fields[clause.name] as NumberColumn, rows, count);
  }
  return ({ sequence, fields: columns }, rows, count) => {
    const column = clause.isField ? columns[clause.name] : undefined;
    let kept = 0;
    for (let at = 0; at < count; at++) {
      const row = rows[at] as number;
      const values = column ? { [clause.name]: valueAt(column, row) } : {};
      const event = { writer, event: name, sequence: sequence[row] as number, fields: values };
      if (fitsQuery([clause], { ...event, recording: 0, timeNs: 0n })) rows[kept++] = row;
    }
    return kept;
  };
}

function isSequence({ isField, name }: Clause): boolean {
  return !isField && name === 'sequence';
}

const COMPARISONS = {
  '=': '===',
  '!=': '!==',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
} as const;

/** A function of its own for each clause: V8 then knows the type of the column. */
function compileLoop(
  { operator, value }: Clause,
  wide: boolean,
): (column: NumberColumn | Float64Array, rows: Int32Array, count: number) => number {
  const comparison = COMPARISONS[operator as keyof typeof COMPARISONS];
  const code = `'use strict';
return function refine(column, rows, count) {
  let kept = 0;
  for (let at = 0; at < count; at++) {
    const row = rows[at];
    if (column[row] ${comparison} value) rows[kept++] = row;
  }
  return kept;
};`;
  return new Function('value', code)(wide ? BigInt(value) : Number(value));
}

function eventAt(
  { sequence, timeNs, fields }: Columns,
  row: number,
  { recording, writer, schema }: { recording: number; writer: string; schema: EventSchema },
): RecordedEvent {
  const values = schema.fields.map(({ name }) => [name, valueAt(fields[name] as ByteColumn, row)]);
  return {
    ...{ writer, recording, sequence: sequence[row] as number, timeNs: timeNs[row] as bigint },
    ...{ event: schema.name, fields: Object.fromEntries(values) },
  };
}

function valueAt(column: NumberColumn | ByteColumn, row: number): number | bigint | string {
  return 'width' in column ? column.at(row) : (column[row] as number | bigint);
}
