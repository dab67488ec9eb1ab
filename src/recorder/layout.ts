// The bytes of a recording, little-endian; docs/recording-layout.md is the same for whoever writes
// one in another language. A header, then `slots` records of one size; event number n is in slot
// n % slots. Live fields are stored by the writer while it records, the rest before it begins.
//
//       0  magic              8 bytes  "HWRECORD", stored last: then the header is whole
//       8  version            u32      1
//      12  headerBytes        u32      where slot 0 begins, a multiple of 4096
//      16  recordBytes        u32      a power of two, 32 to 4096
//      20  descriptionBytes   u32
//      24  slots              u64
//      32  next               u64      live: events written so far, stored after each
//      40  dropped            u64      live: events refused because the ring was full
//      48  resolutionNs       u64      live: longest time that one tick stood for; 0 in mode `each`
//      56  closed             u64      1 when the writer ended in order
//      64  offsetNs           i64      live: to be added to every time
//      72  offsetUncertaintyNs u64     live: all ones while no offset was estimated
//      80  pausedUntilNs      u64      live: when its last pause ended, by the writer's clock; 0:
//                                      it never paused, all ones: it is in a pause
//     128  description        JSON, UTF-8: writer, clock, what happens when full, events
//
//   record:
//       0  commit             u64      event << 48 | sequence + 1; 0 while the record is written
//       8  time               u64      ns of the writer's clock
//      16  fields             each at the offset that the description states

import { type EventSchema, schemaFault } from './event-schema.ts';
import { RecordingError } from './recording-error.ts';

export const MAGIC = 'HWRECORD';
export const VERSION = 1;
export const PAGE_BYTES = 4096;
/** Everything of the header before the description. */
export const FIXED_BYTES = 128;
const HEADER_BYTES_MAX = 16 * 2 ** 20;
const SLOTS_MAX = 2 ** 40;
/** A sequence number has 48 bits, with the event above it in one word. */
export const EVENT_SHIFT = 48n;

/** Where the numbers of the header are. */
export const AT = {
  ...{ magic: 0, version: 8, headerBytes: 12, recordBytes: 16, descriptionBytes: 20, slots: 24 },
  ...{ next: 32, dropped: 40, resolutionNs: 48, closed: 56 },
  ...{ offsetNs: 64, offsetUncertaintyNs: 72, pausedUntilNs: 80, description: FIXED_BYTES },
} as const;
export const NEVER_ESTIMATED = 0xffff_ffff_ffff_ffffn;
export const IN_PAUSE = 0xffff_ffff_ffff_ffffn;

export type WhenFull = 'overwrite' | 'stop';

/** The part of the header that is JSON. */
export interface Description {
  readonly writer: {
    readonly name: string;
    readonly process: number;
    /** 0 is the main thread. */
    readonly thread: number;
    readonly host: string;
  };
  readonly clock: {
    /** Recordings of one domain share a clock: the boot of the machine. */
    readonly domain: string;
    readonly mode: 'each' | 'tick';
    /** In mode `tick`: the tick is renewed by every n-th event at the latest. */
    readonly everyEvents: number;
  };
  /** Milliseconds since 1970, by the writer's calendar; 0 where it did not say. */
  readonly startedMs: number;
  readonly whenFull: WhenFull;
  readonly events: readonly EventSchema[];
}

export interface Layout {
  readonly headerBytes: number;
  readonly recordBytes: number;
  readonly slots: number;
  readonly description: Description;
}

/** The numbers that change while a writer records. */
export interface LiveFields {
  readonly next: number;
  readonly dropped: number;
  readonly resolutionNs: bigint;
  readonly closed: boolean;
  readonly offsetNs: bigint;
  readonly offsetUncertaintyNs: bigint | null;
  readonly pausedUntilNs: bigint;
}

/** Encodes the description and says how long the header becomes with it. */
export function planHeader(description: Description): { bytes: Uint8Array; headerBytes: number } {
  const bytes = new TextEncoder().encode(JSON.stringify(description));
  const headerBytes = Math.ceil((FIXED_BYTES + bytes.length) / PAGE_BYTES) * PAGE_BYTES;
  return { bytes, headerBytes };
}

/** Stores a header into zeroed memory; with its last store the file becomes a recording. */
export function storeHeader(buffer: ArrayBuffer, layout: Layout, description: Uint8Array): void {
  const view = new DataView(buffer);
  view.setUint32(AT.version, VERSION, true);
  view.setUint32(AT.headerBytes, layout.headerBytes, true);
  view.setUint32(AT.recordBytes, layout.recordBytes, true);
  view.setUint32(AT.descriptionBytes, description.length, true);
  view.setBigUint64(AT.slots, BigInt(layout.slots), true);
  view.setBigUint64(AT.offsetUncertaintyNs, NEVER_ESTIMATED, true);
  new Uint8Array(buffer, AT.description).set(description);
  view.setBigUint64(AT.magic, Buffer.from(MAGIC).readBigUInt64LE(), true);
}

/** @param fixed the first FIXED_BYTES of the file, fewer where it is shorter */
export function readFixed(
  fixed: Buffer,
  path: string,
): Omit<Layout, 'description'> & { descriptionBytes: number } {
  const magic = fixed.subarray(0, MAGIC.length);
  if (magic.every((byte) => byte === 0)) {
    throw new RecordingError('unfinished', path, 'has no header yet');
  }
  if (magic.toString('latin1') !== MAGIC) {
    throw new RecordingError('not-a-recording', path, 'does not begin as a recording does');
  }
  if (fixed.length < FIXED_BYTES) {
    throw new RecordingError('truncated', path, `has only ${fixed.length} bytes`);
  }
  const version = fixed.readUInt32LE(AT.version);
  if (version !== VERSION) {
    const said = `has version ${version} of the format, and this reads version ${VERSION}`;
    throw new RecordingError('other-version', path, said);
  }
  const headerBytes = fixed.readUInt32LE(AT.headerBytes);
  const recordBytes = fixed.readUInt32LE(AT.recordBytes);
  const descriptionBytes = fixed.readUInt32LE(AT.descriptionBytes);
  const slots = Number(fixed.readBigUInt64LE(AT.slots));
  const wrong =
    (headerBytes % PAGE_BYTES !== 0 || headerBytes > HEADER_BYTES_MAX ? 'headerBytes' : null) ??
    (!(recordBytes >= 32 && recordBytes <= 4096) || (recordBytes & (recordBytes - 1)) !== 0
      ? 'recordBytes'
      : null) ??
    (descriptionBytes > headerBytes - FIXED_BYTES ? 'descriptionBytes' : null) ??
    (slots < 1 || slots > SLOTS_MAX ? 'slots' : null);
  if (wrong !== null) throw new RecordingError('damaged-header', path, `${wrong} is impossible`);
  return { headerBytes, recordBytes, descriptionBytes, slots };
}

/** @param fixed the first FIXED_BYTES of the file */
export function readLive(fixed: Buffer): LiveFields {
  const uncertainty = fixed.readBigUInt64LE(AT.offsetUncertaintyNs);
  return {
    next: Number(fixed.readBigUInt64LE(AT.next)),
    dropped: Number(fixed.readBigUInt64LE(AT.dropped)),
    resolutionNs: fixed.readBigUInt64LE(AT.resolutionNs),
    closed: fixed.readBigUInt64LE(AT.closed) === 1n,
    offsetNs: fixed.readBigInt64LE(AT.offsetNs),
    offsetUncertaintyNs: uncertainty === NEVER_ESTIMATED ? null : uncertainty,
    pausedUntilNs: fixed.readBigUInt64LE(AT.pausedUntilNs),
  };
}

/** Checks all that a reader relies on. @throws RecordingError `damaged-header` */
export function parseDescription(text: string, recordBytes: number, path: string): Description {
  const damaged = (what: string) => new RecordingError('damaged-header', path, what);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw damaged('its description is no JSON');
  }
  const { writer, clock, startedMs, whenFull, events } = asObject(parsed);
  const { name, process, thread, host } = asObject(writer);
  const { domain, mode, everyEvents } = asObject(clock);
  if (typeof name !== 'string' || !isCount(process)) throw damaged('it does not name its writer');
  if (mode !== 'each' && mode !== 'tick') throw damaged('its clock has no mode that is known');
  const schemas = asSchemas(events);
  const wrong = schemas === null ? 'events are not described' : schemaFault(schemas, recordBytes);
  if (schemas === null || wrong !== null) throw damaged(wrong ?? '');
  return {
    writer: { name, process, thread: isCount(thread) ? thread : 0, host: asText(host) },
    clock: { domain: asText(domain), mode, everyEvents: isCount(everyEvents) ? everyEvents : 1 },
    startedMs: isCount(startedMs) ? startedMs : 0,
    whenFull: whenFull === 'stop' ? 'stop' : 'overwrite',
    events: schemas,
  };
}

function asSchemas(events: unknown): EventSchema[] | null {
  if (!Array.isArray(events)) return null;
  const schemas: EventSchema[] = [];
  for (const event of events) {
    const { name, fields } = asObject(event);
    if (typeof name !== 'string' || !Array.isArray(fields)) return null;
    const read = fields.map((field) => {
      const { name, type, unit, offset } = asObject(field);
      // Of any type: schemaFault refuses what it does not know.
      return { name: asText(name), type: asText(type), unit: asText(unit), offset: Number(offset) };
    });
    schemas.push({ name, fields: read as unknown as EventSchema['fields'] });
  }
  return schemas;
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
