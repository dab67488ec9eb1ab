// Recordings with chosen times, made byte by byte from the layout: what a match may say depends on
// times, on what was overwritten and on what is torn, and no clock would give them twice.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EventDeclarations,
  type FieldSchema,
  placeEvents,
  recordBytesFor,
} from '../../../src/recorder/event-schema.ts';
import { AT, type Description, planHeader, storeHeader } from '../../../src/recorder/layout.ts';

export type PlantedValue = number | bigint | string;

export interface PlantedEvent {
  readonly timeNs: number | bigint;
  readonly event: string;
  /** In the order of the declaration. */
  readonly values: readonly PlantedValue[];
  /** Its commit word is zero: it was being written. */
  readonly torn?: boolean;
}

export interface Planted {
  readonly name: string;
  readonly events: EventDeclarations;
  readonly records: readonly PlantedEvent[];
  /** The ring keeps so many; the rest, from the oldest on, is overwritten. Default: all. */
  readonly slots?: number;
  readonly process?: number;
  readonly domain?: string;
  readonly resolutionNs?: number;
  readonly dropped?: number;
  readonly pausedUntilNs?: bigint;
  readonly offset?: { readonly ns: bigint; readonly uncertaintyNs: bigint };
}

/** @returns the path of the file */
export function plantRecording(directory: string, planted: Planted): string {
  const { name, events, records, process = 100, resolutionNs = 0 } = planted;
  const { slots = Math.max(1, records.length), domain = 'boot-1' } = planted;
  const schemas = placeEvents(events);
  const recordBytes = recordBytesFor(schemas);
  const description: Description = {
    writer: { name, process, thread: 0, host: 'test' },
    clock: { domain, mode: resolutionNs > 0 ? 'tick' : 'each', everyEvents: 16 },
    ...{ startedMs: 0, whenFull: 'overwrite', events: schemas },
  };
  const { bytes, headerBytes } = planHeader(description);
  const buffer = new ArrayBuffer(headerBytes + slots * recordBytes);
  storeHeader(buffer, { headerBytes, recordBytes, slots, description }, bytes);
  const view = new DataView(buffer);
  const { dropped = 0, offset } = planted;
  view.setBigUint64(AT.next, BigInt(records.length), true);
  view.setBigUint64(AT.dropped, BigInt(dropped), true);
  view.setBigUint64(AT.resolutionNs, BigInt(resolutionNs), true);
  view.setBigUint64(AT.closed, 1n, true);
  view.setBigUint64(AT.pausedUntilNs, planted.pausedUntilNs ?? 0n, true);
  if (offset) {
    view.setBigInt64(AT.offsetNs, offset.ns, true);
    view.setBigUint64(AT.offsetUncertaintyNs, offset.uncertaintyNs, true);
  }
  records.forEach(({ timeNs, event, values, torn }, sequence) => {
    const number = schemas.findIndex((schema) => schema.name === event);
    const at = headerBytes + (sequence % slots) * recordBytes;
    const commit = (BigInt(number) << 48n) | BigInt(sequence + 1);
    view.setBigUint64(at, torn ? 0n : commit, true);
    view.setBigUint64(at + 8, BigInt(timeNs), true);
    schemas[number]?.fields.forEach((field, index) => {
      store(view, at + field.offset, field, values[index] as PlantedValue);
    });
  });
  const path = join(directory, `${name}.hwrec`);
  writeFileSync(path, new Uint8Array(buffer));
  return path;
}

const SETTERS = {
  u8: (view: DataView, at: number, value: PlantedValue) => view.setUint8(at, Number(value)),
  u32: (view, at, value) => view.setUint32(at, Number(value), true),
  i32: (view, at, value) => view.setInt32(at, Number(value), true),
  u64: (view, at, value) => view.setBigUint64(at, BigInt(value), true),
  i64: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
  f64: (view, at, value) => view.setFloat64(at, Number(value), true),
} satisfies Record<string, (view: DataView, at: number, value: PlantedValue) => void>;

function store(view: DataView, at: number, { type }: FieldSchema, value: PlantedValue): void {
  const set = SETTERS[type as keyof typeof SETTERS];
  if (set) {
    set(view, at, value);
  } else if (type.startsWith('text[')) {
    const bytes = new TextEncoder().encode(String(value));
    new Uint8Array(view.buffer, at, bytes.length).set(bytes);
  } else {
    throw new Error(`no value of type ${type} can be planted`);
  }
}
