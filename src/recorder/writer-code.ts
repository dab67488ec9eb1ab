// The function that writes one event, made from its schema: a store for each field into typed
// arrays over the mapping, with every place a constant. A loop over fields costs four times as much
// (npm run bench:recorder). 64-bit words go through BigUint64Array inside BigInt.asUintN, for which
// V8 keeps them in registers and makes no BigInt.

import type { EventSchema } from './event-schema.ts';
import { typeParts } from './event-schema.ts';
import { EVENT_SHIFT } from './layout.ts';

/** Of the ring's own numbers, the ones that every writer function of a recorder looks at. */
export const RING = { word: 0, eventsLeft: 1 } as const;

/** What the functions of one recorder have in common. */
export interface Ring {
  readonly buffer: ArrayBuffer;
  /** Indexes of 64-bit words: of the first slot, behind the last one; and words in a record. */
  readonly firstWord: number;
  readonly endWord: number;
  readonly recordWords: number;
  /** Word index of `next` in the header. */
  readonly nextWord: number;
  /** Int32: see RING. */
  readonly state: Int32Array;
  /** The present tick, ns. */
  readonly tick: BigUint64Array;
  readonly mode: 'each' | 'tick';
  readonly everyEvents: number;
  readonly readClockNs: () => bigint;
  /** Renews the tick and sets `eventsLeft`. */
  readonly renewTick: () => void;
  /** Called in place of a store when the ring is at its end: the word to go on at, or -1. */
  readonly atEnd: () => number;
}

/** Compiles the writer function of event number `event`. */
export function compileWriter(
  ring: Ring,
  event: number,
  schema: EventSchema,
): (...values: readonly unknown[]) => void {
  const names = schema.fields.map((_, index) => `v${index}`);
  const stores = schema.fields.map(({ type, offset }, index) =>
    storeCode(type, offset, names[index] as string),
  );
  const wide = schema.fields.some(({ type }) => typeParts(type)?.alignment !== 8);
  const code = `'use strict';
const u64 = new BigUint64Array(ring.buffer), i64 = new BigInt64Array(ring.buffer);
const u8 = new Uint8Array(ring.buffer), i8 = new Int8Array(ring.buffer);
const u16 = new Uint16Array(ring.buffer), i16 = new Int16Array(ring.buffer);
const u32 = new Uint32Array(ring.buffer), i32 = new Int32Array(ring.buffer);
const f32 = new Float32Array(ring.buffer), f64 = new Float64Array(ring.buffer);
const { state, tick, readClockNs, renewTick, atEnd } = ring;
return function record(${names.join(', ')}) {
  let word = state[${RING.word}];
  if (word === ${ring.endWord}) {
    word = atEnd();
    if (word < 0) return;
  }
  u64[word] = 0n;
  ${ring.mode === 'each' ? 'u64[word + 1] = readClockNs();' : tickCode(ring.everyEvents)}
  ${wide ? 'const byte = word * 8;' : ''}
  ${stores.join('\n  ')}
  const sequence = BigInt.asUintN(64, u64[${ring.nextWord}] + 1n);
  u64[word] = BigInt.asUintN(64, sequence + ${BigInt(event) << EVENT_SHIFT}n);
  u64[${ring.nextWord}] = sequence;
  state[${RING.word}] = word + ${ring.recordWords};
};`;
  return new Function('ring', 'storeText', 'storeBytes', code)(ring, storeText, storeBytes);
}

function tickCode(everyEvents: number): string {
  return `let left = state[${RING.eventsLeft}];
  if (left === 0) {
    renewTick();
    left = ${everyEvents};
  }
  state[${RING.eventsLeft}] = left - 1;
  u64[word + 1] = tick[0];`;
}

/** An index into the view of the field's type, from the index of the record's first word. */
function storeCode(type: string, offset: number, value: string): string {
  const parts = typeParts(type);
  if (parts === null) throw new TypeError(`no such type: ${type}`);
  const { kind, bytes } = parts;
  if (kind === 'text') return `storeText(u8, byte + ${offset}, ${bytes}, ${value});`;
  if (kind === 'bytes') return `storeBytes(u8, byte + ${offset}, ${bytes}, ${value});`;
  if (kind !== 'u64' && kind !== 'i64') {
    return `${kind}[word * ${8 / bytes} + ${offset / bytes}] = ${value};`;
  }
  // A number is stored in two halves, which is exact for every safe integer.
  return `if (typeof ${value} === 'bigint') ${kind}[word + ${offset / 8}] = ${value};
  else {
    u32[word * 2 + ${offset / 4}] = ${value};
    i32[word * 2 + ${offset / 4 + 1}] = Math.floor(${value} / 4294967296);
  }`;
}

const encoder = new TextEncoder();

/** Zero bytes fill the rest; what is too long is cut at a whole character. */
function storeText(u8: Uint8Array, at: number, bytes: number, text: string): void {
  const length = Math.min(text.length, bytes);
  let index = 0;
  while (index < length) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) break;
    u8[at + index++] = unit;
  }
  if (index < length) {
    index = encoder.encodeInto(text, u8.subarray(at, at + bytes)).written;
  }
  while (index < bytes) u8[at + index++] = 0;
}

function storeBytes(u8: Uint8Array, at: number, bytes: number, value: Uint8Array): void {
  for (let index = 0; index < bytes; index++) u8[at + index] = value[index] ?? 0;
}
