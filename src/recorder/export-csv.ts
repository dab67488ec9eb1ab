// Events as a table (RFC 4180): a row for each event and a column for each name of a field, empty
// where the event has none. Numbers are whole, whatever their size; times are nanoseconds of the
// clock.

import type { RecordedEvent } from './record-events.ts';
import type { RecordingHeader } from './recording.ts';

const OWN_COLUMNS = ['time_ns', 'writer', 'recording', 'sequence', 'event'] as const;

/** Lines without their ends; the first names the columns. */
export function* csvLines(
  headers: readonly RecordingHeader[],
  events: Iterable<RecordedEvent>,
): Generator<string> {
  const names = [
    ...new Set(headers.flatMap((header) => header.events.flatMap(({ fields }) => fields))),
  ].map(({ name }) => name);
  const fields = [...new Set(names)];
  // A field that is called as a column of ours gets its event's company: `field.event`.
  const own: readonly string[] = OWN_COLUMNS;
  const columns = fields.map((name) => (own.includes(name) ? `field.${name}` : name));
  yield [...OWN_COLUMNS, ...columns].map(cell).join(',');
  for (const { timeNs, writer, recording, sequence, event, fields: values } of events) {
    const row = [timeNs, writer, recording, sequence, event, ...fields.map((name) => values[name])];
    yield row.map(cell).join(',');
  }
}

function cell(value: string | number | bigint | undefined): string {
  const text = value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
