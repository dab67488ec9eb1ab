// What an event looks like: its fields with types and units, and where each lies in a record. The
// places follow C: declaration order, each field at a multiple of its own size, so that a C program
// can lay a struct over the record. Names are restricted because code is made from a schema.

import { RecordingError } from './recording-error.ts';

export const RECORD_HEADER_BYTES = 16;
export const RECORD_BYTES_MIN = 32;
export const RECORD_BYTES_MAX = 4096;
const EVENTS_MAX = 0xffff;

/** Bytes of each type of number. `u64` and `i64` are written from and read as 64 bits. */
export const NUMBER_BYTES = {
  ...{ u8: 1, u16: 2, u32: 4, u64: 8 },
  ...{ i8: 1, i16: 2, i32: 4, i64: 8 },
  ...{ f32: 4, f64: 8 },
} as const;

export type NumberType = keyof typeof NUMBER_BYTES;
/** `text[16]`: at most 16 bytes of UTF-8, up to the first zero. `bytes[16]`: as they are. */
export type FieldType = NumberType | `text[${number}]` | `bytes[${number}]`;

/** Name, type, and the unit where it has one. */
export type FieldDeclaration = readonly [name: string, type: FieldType, unit?: string];
export type EventDeclarations = Readonly<Record<string, readonly FieldDeclaration[]>>;

export interface FieldSchema {
  readonly name: string;
  readonly type: FieldType;
  /** Empty where the field has none. */
  readonly unit: string;
  /** From the start of the record. */
  readonly offset: number;
}

export interface EventSchema {
  readonly name: string;
  readonly fields: readonly FieldSchema[];
}

type ValueOf<T> = T extends 'u64' | 'i64'
  ? number | bigint
  : T extends `text[${string}]`
    ? string
    : T extends `bytes[${string}]`
      ? Uint8Array
      : number;

/** The parameters of the writer of an event, in the order in which its fields are declared. */
export type FieldValues<F extends readonly FieldDeclaration[]> = {
  -readonly [K in keyof F]: ValueOf<F[K][1]>;
};

const NAME = /^[A-Za-z][\w.:-]{0,63}$/;
const SIZED = /^(text|bytes)\[([1-9]\d{0,3})\]$/;

/** The parts of a type: what it is, how long, and of what its place must be a multiple. */
export function typeParts(type: string): { kind: string; bytes: number; alignment: number } | null {
  if (Object.hasOwn(NUMBER_BYTES, type)) {
    const bytes = NUMBER_BYTES[type as NumberType];
    return { kind: type, bytes, alignment: bytes };
  }
  const sized = SIZED.exec(type);
  return sized ? { kind: sized[1] as string, bytes: Number(sized[2]), alignment: 1 } : null;
}

/** Gives every field its place. @throws RecordingError `invalid-schema` */
export function placeEvents(declarations: EventDeclarations): EventSchema[] {
  const schemas = Object.entries(declarations).map(([name, fields]) => {
    let end = RECORD_HEADER_BYTES;
    const placed = fields.map(([field, type, unit = '']) => {
      const parts = typeParts(type);
      if (parts === null) throw invalid(`${name}.${field} has the unknown type "${type}"`);
      const offset = Math.ceil(end / parts.alignment) * parts.alignment;
      end = offset + parts.bytes;
      return { name: field, type, unit, offset };
    });
    return { name, fields: placed };
  });
  const wrong = schemaFault(schemas, RECORD_BYTES_MAX);
  if (wrong !== null) throw invalid(wrong);
  return schemas;
}

/** The smallest record, a power of two, that holds every one of the events. */
export function recordBytesFor(schemas: readonly EventSchema[]): number {
  const ends = schemas.flatMap(({ fields }) =>
    fields.map(({ type, offset }) => offset + (typeParts(type)?.bytes ?? 0)),
  );
  return 2 ** Math.ceil(Math.log2(Math.max(RECORD_BYTES_MIN, ...ends)));
}

/** What is wrong with schemas, whoever wrote them, or null: a reader makes code from them. */
export function schemaFault(schemas: readonly EventSchema[], recordBytes: number): string | null {
  if (schemas.length === 0) return 'no event is declared';
  if (schemas.length > EVENTS_MAX) return `more than ${EVENTS_MAX} events are declared`;
  const names = new Set<string>();
  for (const { name, fields } of schemas) {
    if (!NAME.test(name)) return `"${name}" is no name for an event (letters, digits, _ . : -)`;
    if (names.has(name)) return `the event "${name}" is declared twice`;
    names.add(name);
    const wrong = fieldFault(fields, recordBytes);
    if (wrong !== null) return `${name}: ${wrong}`;
  }
  return null;
}

function fieldFault(fields: readonly FieldSchema[], recordBytes: number): string | null {
  const names = new Set<string>();
  for (const { name, type, offset } of fields) {
    if (!NAME.test(name)) return `"${name}" is no name for a field (letters, digits, _ . : -)`;
    if (names.has(name)) return `the field "${name}" is declared twice`;
    names.add(name);
    const parts = typeParts(type);
    if (parts === null) return `"${name}" has the unknown type "${type}"`;
    const fits = offset >= RECORD_HEADER_BYTES && offset + parts.bytes <= recordBytes;
    if (!Number.isInteger(offset) || offset % parts.alignment !== 0 || !fits) {
      return `"${name}" does not fit: ${parts.bytes} bytes at ${offset} of ${recordBytes}`;
    }
  }
  return null;
}

function invalid(happened: string): RecordingError {
  return new RecordingError('invalid-schema', null, happened);
}
