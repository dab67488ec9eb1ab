// The convenient door to one recording: its records in order, each an object, decoded by a function
// that is made from the schema of its event. A range of times is found by halving, since the times
// of one writer never go back.

import { type EventSchema, typeParts } from './event-schema.ts';
import { PieceReader } from './piece-reader.ts';
import { bytesText, type RecordViews, recordViews, textOf } from './record-views.ts';
import { committedSequence, type Recording } from './recording.ts';

/** Small, since every recording that is merged holds one. */
const PIECE_BYTES = 2 ** 16;

export type FieldValue = number | bigint | string;

/** One record, as whoever prints, exports or draws wants it. */
export interface RecordedEvent {
  /** Of the recording's header: name, process and thread, as `sender 1234/2`. */
  readonly writer: string;
  /** Index of the recording. */
  readonly recording: number;
  /** Counts all events of the writer, from 0. */
  readonly sequence: number;
  /** CLOCK_MONOTONIC of the writer's host, with the offset that the recording states. */
  readonly timeNs: bigint;
  readonly event: string;
  /** `u64` and `i64` are bigint, `text` is string, `bytes` hexadecimal, all else number. */
  readonly fields: Readonly<Record<string, FieldValue>>;
}

/** ns, with the offset of the recording added; both are included. */
export interface TimeRange {
  readonly from?: bigint;
  readonly to?: bigint;
}

/** Records that are there when it begins, in order. @throws RecordingError */
export function* recordedEvents(
  recording: Recording,
  index: number,
  { from, to }: TimeRange,
): Generator<RecordedEvent, void, undefined> {
  const { recordBytes, description } = recording.layout;
  const { offsetNs } = recording.live();
  const { writer } = recording.header;
  const start = from === undefined ? 0 : firstSequenceFrom(recording, from - offsetNs);
  const reader = new PieceReader(recording, PIECE_BYTES, start);
  const views = recordViews(reader.buffer);
  const decoders = description.events.map((schema) => compileDecoder(schema, views));
  const { u32, u64 } = views;
  let torn = 0;
  for (let piece = reader.next(); piece !== null; piece = reader.next()) {
    for (let position = piece.from; position < piece.records; position++) {
      const byte = position * recordBytes;
      const sequence = piece.sequence + position;
      const high = u32[byte / 4 + 1] as number;
      const decode = decoders[high >>> 16];
      if (committedSequence(u32[byte / 4] as number, high) !== sequence || !decode) {
        torn++;
        continue;
      }
      const timeNs = (u64[byte / 8 + 1] as bigint) + offsetNs;
      if (from !== undefined && timeNs < from) continue;
      if (to !== undefined && timeNs > to) return;
      const event = (description.events[high >>> 16] as EventSchema).name;
      yield { writer, recording: index, sequence, timeNs, event, fields: decode(byte) };
    }
  }
  recording.tornFound = Math.max(recording.tornFound, torn);
}

/** The first record whose time is not before `timeNs` of the writer's own clock. */
function firstSequenceFrom(recording: Recording, timeNs: bigint): number {
  let { first: low, end: high } = recording.span();
  const record = Buffer.alloc(16);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    recording.read(record, recording.positionOf(middle));
    // What was overwritten meanwhile is later than all that is looked for here is early.
    const sequence = committedSequence(record.readUInt32LE(0), record.readUInt32LE(4));
    const isWhole = sequence === middle;
    if (isWhole ? record.readBigUInt64LE(8) < timeNs : sequence > middle) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compileDecoder(
  { fields }: EventSchema,
  views: RecordViews,
): (byte: number) => RecordedEvent['fields'] {
  const members = fields.map(({ name, type, offset }) => {
    const { kind, bytes } = typeParts(type) as { kind: string; bytes: number };
    const value =
      kind === 'text' || kind === 'bytes'
        ? `${kind}(views.u8, byte + ${offset}, ${bytes})`
        : `views.${kind}[byte / ${bytes} + ${offset / bytes}]`;
    return `[${JSON.stringify(name)}]: ${value}`;
  });
  const code = `'use strict'; return function decode(byte) { return { ${members.join(', ')} }; };`;
  return new Function('views', 'text', 'bytes', code)(views, textOf, bytesText);
}
