// What identifies a message: the values of some fields, each as two words of 32 bits, so that a
// hash and a comparison are integer work whatever the fields' types are. Equal values are equal
// words across types: a `u32` that was sent as 7 is the `u64` 7 that was received.

import type { FieldSchema } from './event-schema.ts';
import type { ByteColumn, Columns, NumberColumn } from './record-scan.ts';

/** A high word that no integer of 53 bits has, as that of a fraction: none is taken for another. */
const TEXT = 0x7fff_0001;

/** Words for every text that was met; texts are compared by the number given here. */
export type TextNumbers = Map<string, number>;

/**
 * Fills `words` with the keys of a batch, `2 * fields.length` words for each record.
 * @param fields names of fields that `columns` has
 */
export function keyWords(
  columns: Columns,
  fields: readonly string[],
  texts: TextNumbers,
  words: Int32Array,
): void {
  const stride = 2 * fields.length;
  fields.forEach((field, index) => {
    const column = columns.fields[field] as NumberColumn | ByteColumn;
    if ('width' in column) textWords(column, columns.length, texts, words, stride, 2 * index);
    else if (column instanceof BigInt64Array || column instanceof BigUint64Array) {
      wideWords(column, columns.length, words, stride, 2 * index);
    } else if (column instanceof Float32Array || column instanceof Float64Array) {
      numberWords(column, columns.length, words, stride, 2 * index);
    } else integerWords(column, columns.length, words, stride, 2 * index);
  });
}

function textWords(
  column: ByteColumn,
  length: number,
  texts: TextNumbers,
  words: Int32Array,
  stride: number,
  start: number,
): void {
  for (let index = 0, at = start; index < length; index++, at += stride) {
    const text = column.at(index);
    let number = texts.get(text);
    if (number === undefined) {
      number = texts.size;
      texts.set(text, number);
    }
    words[at] = number;
    words[at + 1] = TEXT;
  }
}

/** The buffer is read as words: a BigInt for each would cost more than all the rest. */
function wideWords(
  column: BigInt64Array | BigUint64Array,
  length: number,
  words: Int32Array,
  stride: number,
  start: number,
): void {
  const halves = new Int32Array(column.buffer, column.byteOffset, 2 * length);
  for (let index = 0, at = start; index < length; index++, at += stride) {
    words[at] = halves[2 * index] as number;
    words[at + 1] = halves[2 * index + 1] as number;
  }
}

const FRACTION_BITS = new DataView(new ArrayBuffer(8));

function integerWords(
  column: Exclude<NumberColumn, BigInt64Array | BigUint64Array | Float32Array | Float64Array>,
  length: number,
  words: Int32Array,
  stride: number,
  start: number,
): void {
  for (let index = 0, at = start; index < length; index++, at += stride) {
    const value = column[index] as number;
    words[at] = value;
    words[at + 1] = value < 0 ? -1 : 0;
  }
}

function numberWords(
  column: Float32Array | Float64Array,
  length: number,
  words: Int32Array,
  stride: number,
  start: number,
): void {
  for (let index = 0, at = start; index < length; index++, at += stride) {
    const value = column[index] as number;
    if (Number.isSafeInteger(value)) {
      words[at] = value;
      words[at + 1] = Math.floor(value / 2 ** 32);
    } else {
      FRACTION_BITS.setFloat64(0, value);
      words[at] = FRACTION_BITS.getInt32(4);
      words[at + 1] = FRACTION_BITS.getInt32(0);
    }
  }
}

/** A key as it is shown: `from=2 id=17`. @param words from `at` on, the words of the key */
export function keyText(
  fields: readonly FieldSchema[],
  texts: TextNumbers,
  words: Int32Array,
  at: number,
): string {
  return fields
    .map(({ name, type }, index) => {
      const low = words[at + 2 * index] as number;
      const high = words[at + 2 * index + 1] as number;
      return `${name}=${valueText(type, texts, low, high)}`;
    })
    .join(' ');
}

function valueText(type: string, texts: TextNumbers, low: number, high: number): string {
  if (type.endsWith(']')) {
    for (const [text, number] of texts) if (number === low) return text;
  }
  const bits = (BigInt(high) << 32n) | BigInt(low >>> 0);
  if (!type.startsWith('f')) return String(type === 'u64' ? BigInt.asUintN(64, bits) : bits);
  const value = Number(bits);
  if (Number.isSafeInteger(value)) return String(value);
  FRACTION_BITS.setInt32(0, high);
  FRACTION_BITS.setInt32(4, low);
  return String(FRACTION_BITS.getFloat64(0));
}
