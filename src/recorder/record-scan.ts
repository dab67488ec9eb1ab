// The fast door: all records of one event, as columns, a batch at a time. Loops over typed arrays
// are what V8 does best, so a filter or a match sees tens of millions of records a second, in
// constant memory. The loops are made for each type, since one loop for all would be slow for all.

import { type EventSchema, type FieldSchema, typeParts } from './event-schema.ts';
import { PieceReader, type RecordPiece } from './piece-reader.ts';
import { bytesText, RECORD_VIEWS, recordViews, textOf, type ViewName } from './record-views.ts';
import type { Recording } from './recording.ts';
import { RecordingError } from './recording-error.ts';

const PIECE_BYTES = 2 ** 19;

/** Numbers, in the array of their type; of `u64` and `i64` they are bigint. */
export type NumberColumn =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** Text or bytes of fixed length: `width` bytes of each record, one after the other. */
export interface ByteColumn {
  readonly width: number;
  readonly bytes: Uint8Array;
  /** Text up to its first zero byte; of type `bytes` two hexadecimal digits for each byte. */
  at(index: number): string;
}

/** Records in the order in which they were written. Valid during the visit only: it is reused. */
export interface Columns {
  /** Number of records; the arrays are longer. */
  readonly length: number;
  readonly sequence: Float64Array;
  /** ns, with the offset of the recording added. */
  readonly timeNs: BigInt64Array;
  /** By the name of the field. */
  readonly fields: Readonly<Record<string, NumberColumn | ByteColumn>>;
}

export interface ScanAccount {
  /** Records that were visited. */
  readonly records: number;
  /** Records that were no longer there when their turn came: the writer went on meanwhile. */
  readonly overtaken: number;
  /** Slots, of any event, without a whole record where there should be one. */
  readonly torn: number;
}

/** Copies one column of the records at `positions` (indexes in the piece). */
type Gather = (positions: Int32Array, length: number) => void;

/**
 * Visits all records of one event that are there when it begins; `visit` ends it by returning
 * false. Only the columns of `wanted` fields are made; of all, where it is left out.
 * @throws RecordingError `no-such-event`, `truncated`
 */
export function scanRecording(
  recording: Recording,
  event: string,
  visit: (columns: Columns) => unknown,
  wanted?: readonly string[],
): ScanAccount {
  const { events } = recording.layout.description;
  const number = events.findIndex(({ name }) => name === event);
  if (number < 0) {
    const known = events.map(({ name }) => name).join(', ');
    throw new RecordingError('no-such-event', recording.path, `no event "${event}", but ${known}`);
  }
  const reader = new PieceReader(recording, PIECE_BYTES);
  const { fields } = events[number] as EventSchema;
  const some = wanted ? fields.filter(({ name }) => wanted.includes(name)) : fields;
  const batch = new Batch(recording, reader.buffer, number, some);
  let records = 0;
  for (let piece = reader.next(); piece !== null; piece = reader.next()) {
    const columns = batch.take(piece);
    records += columns.length;
    if (columns.length > 0 && visit(columns) === false) break;
  }
  recording.tornFound = Math.max(recording.tornFound, batch.torn);
  return { records, overtaken: reader.overtaken, torn: batch.torn };
}

class Batch {
  torn = 0;
  readonly #event: number;
  readonly #words: Uint32Array;
  readonly #recordWords: number;
  readonly #positions: Int32Array;
  readonly #gathers: readonly Gather[];
  readonly #columns: { length: number } & Omit<Columns, 'length'>;

  constructor(
    recording: Recording,
    buffer: ArrayBuffer,
    event: number,
    some: readonly FieldSchema[],
  ) {
    const { recordBytes } = recording.layout;
    const most = buffer.byteLength / recordBytes;
    const place = { buffer, recordBytes, most };
    this.#event = event;
    this.#words = new Uint32Array(buffer);
    this.#recordWords = recordBytes / 4;
    this.#positions = new Int32Array(most);
    const time = gatherTimes(place, recording.live().offsetNs);
    const fields = some.map((field) => gatherField(place, field));
    this.#gathers = [time.gather, ...fields.map(({ gather }) => gather)];
    this.#columns = {
      length: 0,
      sequence: new Float64Array(most),
      timeNs: time.column,
      fields: Object.fromEntries(
        some.map(({ name }, index) => [name, fields[index]?.column as NumberColumn]),
      ),
    };
  }

  take(piece: RecordPiece): Columns {
    const length = this.#select(piece);
    this.#columns.length = length;
    for (const gather of this.#gathers) gather(this.#positions, length);
    return this.#columns;
  }

  /** The whole records of the event: their places, and the columns of their numbers. */
  #select({ sequence, from, records }: RecordPiece): number {
    const [words, positions, event] = [this.#words, this.#positions, this.#event];
    const recordWords = this.#recordWords;
    const sequences = this.#columns.sequence;
    let length = 0;
    for (let index = from; index < records; index++) {
      const high = words[index * recordWords + 1] as number;
      const low = words[index * recordWords] as number;
      if ((high & 0xffff) * 2 ** 32 + low !== sequence + index + 1) {
        this.torn++;
      } else if (high >>> 16 === event) {
        positions[length] = index;
        sequences[length++] = sequence + index;
      }
    }
    return length;
  }
}

interface Place {
  readonly buffer: ArrayBuffer;
  readonly recordBytes: number;
  /** Records in the buffer at most. */
  readonly most: number;
}

function gatherTimes({ buffer, recordBytes, most }: Place, offsetNs: bigint) {
  const column = new BigInt64Array(most);
  const value = 'BigInt.asIntN(64, view[positions[index] * stride + 1] + offsetNs)';
  const gather = compileGather(value, new BigInt64Array(buffer), column, recordBytes / 8, offsetNs);
  return { column, gather };
}

function gatherField(place: Place, { type, offset }: FieldSchema) {
  const { buffer, recordBytes, most } = place;
  const { kind, bytes: width } = typeParts(type) as { kind: string; bytes: number };
  if (kind === 'text' || kind === 'bytes') return gatherBytes(place, kind, offset, width);
  const View = RECORD_VIEWS[kind as ViewName];
  const column = new View(most);
  const value = `view[positions[index] * stride + ${offset / width}]`;
  const gather = compileGather(value, new View(buffer), column, recordBytes / width, 0n);
  return { column, gather };
}

function gatherBytes(place: Place, kind: 'text' | 'bytes', offset: number, width: number) {
  const { u8 } = recordViews(place.buffer);
  const bytes = new Uint8Array(place.most * width);
  const decode = kind === 'text' ? textOf : bytesText;
  const column: ByteColumn = { width, bytes, at: (index) => decode(bytes, index * width, width) };
  const gather: Gather = (positions, length) => {
    for (let index = 0; index < length; index++) {
      const from = (positions[index] as number) * place.recordBytes + offset;
      for (let byte = 0; byte < width; byte++) {
        bytes[index * width + byte] = u8[from + byte] as number;
      }
    }
  };
  return { column, gather };
}

/** A function of its own for each column: V8 then knows the types of both arrays. */
function compileGather(
  value: string,
  view: NumberColumn,
  column: NumberColumn,
  stride: number,
  offsetNs: bigint,
): Gather {
  const code = `'use strict';
return function gather(positions, length) {
  for (let index = 0; index < length; index++) column[index] = ${value};
};`;
  const make = new Function('view', 'column', 'stride', 'offsetNs', code);
  return make(view, column, stride, offsetNs);
}
