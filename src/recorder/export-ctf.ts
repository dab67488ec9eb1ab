// Events as a trace in the Common Trace Format 1.8, which babeltrace2 and Trace Compass open: a
// directory with `metadata`, which says in TSDL what the bytes are, and a stream of each recording.
// A stream is one packet; its sizes and times are stored at the end, so nothing is kept in memory.
//
//   packet header    magic u32, uuid 16 bytes, stream u32
//   packet context   first and last time, content and packet size in bits, discarded events: u64
//   event            class u16, time u64 | writer u16, sequence u64 | fields as they were declared

import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type FieldSchema, NUMBER_BYTES, type NumberType } from './event-schema.ts';
import type { FieldValue, RecordedEvent } from './record-events.ts';
import type { RecordingHeader } from './recording.ts';
import { fileFailure, RecordingError } from './recording-error.ts';

const MAGIC = 0xc1fc_1fc1;
const HEADER_BYTES = 4 + 16 + 4;
const CONTEXT_BYTES = 5 * 8;
const GATHER_BYTES = 2 ** 18;

/**
 * Writes a trace into a directory that is new or empty.
 * @param events merged by time, or each recording in order
 * @returns the number of events written
 * @throws RecordingError `file-exists`, `not-writable`, `no-space`
 */
export function writeCtf(
  directory: string,
  headers: readonly RecordingHeader[],
  events: Iterable<RecordedEvent>,
): number {
  const classes = eventClasses(headers);
  const text = metadata(headers, classes);
  const uuid = createHash('sha256').update(text).digest().subarray(0, 16);
  const streams = new Map<number, CtfStream>();
  let written = 0;
  try {
    mkdirSync(directory, { recursive: true });
    if (readdirSync(directory).length > 0) {
      throw new RecordingError('file-exists', directory, 'the directory is not empty');
    }
    writeFileSync(join(directory, 'metadata'), text.replace('$UUID', uuidText(uuid)));
    for (const event of events) {
      let stream = streams.get(event.recording);
      if (!stream) {
        const dropped = headers[event.recording]?.counts.dropped ?? 0;
        stream = new CtfStream(join(directory, `stream_${event.recording}`), uuid, dropped);
        streams.set(event.recording, stream);
      }
      const found = classes.byRecording[event.recording]?.get(event.event);
      if (found === undefined) continue;
      stream.add(event, found, classes.all[found]?.fields ?? []);
      written++;
    }
    for (const stream of streams.values()) stream.finish();
  } catch (error) {
    throw error instanceof RecordingError ? error : fileFailure(error, directory, true);
  } finally {
    for (const stream of streams.values()) stream.close();
  }
  return written;
}

interface EventClass {
  readonly name: string;
  readonly fields: readonly FieldSchema[];
}

interface EventClasses {
  readonly all: readonly EventClass[];
  /** By the name of the event: its class. */
  readonly byRecording: readonly ReadonlyMap<string, number>[];
}

/** Events of one name that differ in their fields are classes of their own. */
function eventClasses(headers: readonly RecordingHeader[]): EventClasses {
  const all: EventClass[] = [];
  const known = new Map<string, number>();
  const byRecording = headers.map(
    ({ events }) =>
      new Map(
        events.map(({ name, fields }) => {
          const signature = JSON.stringify([name, fields.map((one) => [one.name, one.type])]);
          const number = known.get(signature) ?? all.push({ name, fields }) - 1;
          known.set(signature, number);
          return [name, number];
        }),
      ),
  );
  return { all, byRecording };
}

const INTEGERS = Object.entries(NUMBER_BYTES).filter(([type]) => !type.startsWith('f'));

function metadata(headers: readonly RecordingHeader[], { all }: EventClasses): string {
  const integers = INTEGERS.map(([type, bytes]) => {
    const signed = type.startsWith('i');
    return `typealias integer { size = ${8 * bytes}; align = 8; signed = ${signed}; } := ${type};`;
  });
  const writers = headers.map(({ writer }, index) => `${quoted(writer)} = ${index}`).join(', ');
  const environment = headers.flatMap(({ path, counts, host }, index) => [
    `  recording_${index} = ${quoted(path)};`,
    `  host_${index} = ${quoted(host)};`,
    `  overwritten_${index} = ${counts.overwritten};`,
    `  torn_${index} = ${counts.torn};`,
  ]);
  const events = all.map(({ name, fields }, id) => {
    const members = fields.map((field) => `    ${fieldType(field.type)} _${identifier(field)};`);
    const struct = ['  fields := struct {', ...members, '  };'];
    return ['event {', `  id = ${id}; stream_id = 0; name = ${quoted(name)};`, ...struct, '};'];
  });
  return [
    '/* CTF 1.8 */',
    ...integers,
    'trace {',
    '  major = 1; minor = 8; uuid = "$UUID"; byte_order = le;',
    '  packet.header := struct { u32 magic; u8 uuid[16]; u32 stream_id; };',
    '};',
    ...['env {', '  tracer_name = "heisenwrite";', ...environment, '};'],
    'clock {',
    '  name = monotonic; description = "clock of the recordings"; freq = 1000000000; offset = 0;',
    '};',
    'typealias integer { size = 64; align = 8; map = clock.monotonic.value; } := ns_t;',
    'stream {',
    '  id = 0;',
    '  packet.context := struct {',
    '    ns_t timestamp_begin; ns_t timestamp_end;',
    '    u64 content_size; u64 packet_size; u64 events_discarded;',
    '  };',
    '  event.header := struct { u16 id; ns_t timestamp; };',
    `  event.context := struct { enum : u16 { ${writers} } _writer; u64 _sequence; };`,
    '};',
    ...events.flat(),
    '',
  ].join('\n');
}

function fieldType(type: string): string {
  if (type.endsWith(']')) return 'string { encoding = UTF8; }';
  if (type === 'f32') return 'floating_point { exp_dig = 8; mant_dig = 24; align = 8; }';
  if (type === 'f64') return 'floating_point { exp_dig = 11; mant_dig = 53; align = 8; }';
  return type;
}

/** Identifiers are those of C; the unit goes into the name, since the format has none. */
function identifier({ name, unit }: FieldSchema): string {
  return (unit === '' ? name : `${name}_${unit}`).replace(/\W/g, '_');
}

function quoted(text: string): string {
  return JSON.stringify(text.replace(/[^\x20-\x7e]/g, '?'));
}

function uuidText(uuid: Uint8Array): string {
  const hex = Buffer.from(uuid).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

class CtfStream {
  readonly #fd: number;
  readonly #dropped: number;
  readonly #buffer = Buffer.alloc(2 * GATHER_BYTES);
  #used = 0;
  #bytes = 0;
  #firstNs = 0n;
  #lastNs = 0n;
  #count = 0;

  constructor(path: string, uuid: Uint8Array, dropped: number) {
    this.#fd = openSync(path, 'wx');
    this.#dropped = dropped;
    this.#buffer.writeUInt32LE(MAGIC, 0);
    this.#buffer.set(uuid, 4);
    this.#used = HEADER_BYTES + CONTEXT_BYTES;
  }

  add(event: RecordedEvent, id: number, fields: readonly FieldSchema[]): void {
    if (this.#count++ === 0) this.#firstNs = event.timeNs;
    this.#lastNs = event.timeNs;
    let at = this.#buffer.writeUInt16LE(id, this.#used);
    at = this.#buffer.writeBigUInt64LE(BigInt.asUintN(64, event.timeNs), at);
    at = this.#buffer.writeUInt16LE(event.recording, at);
    at = this.#buffer.writeBigUInt64LE(BigInt(event.sequence), at);
    for (const { name, type } of fields) at = this.#store(type, event.fields[name] ?? 0, at);
    this.#used = at;
    if (this.#used > GATHER_BYTES) this.#flush();
  }

  #store(type: string, value: FieldValue, at: number): number {
    if (type.endsWith(']'))
      return this.#buffer.writeUInt8(0, at + this.#buffer.write(String(value), at));
    return storeNumber(this.#buffer, type as NumberType, value, at);
  }

  #flush(): void {
    writeSync(this.#fd, this.#buffer, 0, this.#used);
    this.#bytes += this.#used;
    this.#used = 0;
  }

  /** The sizes are known now. */
  finish(): void {
    this.#flush();
    const bits = 8n * BigInt(this.#bytes);
    const context = new BigUint64Array([
      ...[BigInt.asUintN(64, this.#firstNs), BigInt.asUintN(64, this.#lastNs)],
      ...[bits, bits, BigInt(this.#dropped)],
    ]);
    writeSync(this.#fd, context, 0, CONTEXT_BYTES, HEADER_BYTES);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

function storeNumber(buffer: Buffer, type: NumberType, value: FieldValue, at: number): number {
  const bytes = NUMBER_BYTES[type];
  if (type === 'f32') return buffer.writeFloatLE(Number(value), at);
  if (type === 'f64') return buffer.writeDoubleLE(Number(value), at);
  if (type === 'u64') return buffer.writeBigUInt64LE(BigInt(value), at);
  if (type === 'i64') return buffer.writeBigInt64LE(BigInt(value), at);
  return type.startsWith('u')
    ? buffer.writeUIntLE(Number(value), at, bytes)
    : buffer.writeIntLE(Number(value), at, bytes);
}
