// Typed views over records that were copied, by the names of field types, and how text and bytes of
// fixed length are shown. Views are unaligned nowhere: every field lies at a multiple of its size.

/** By type of number. */
export const RECORD_VIEWS = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  u64: BigUint64Array,
  i8: Int8Array,
  i16: Int16Array,
  i32: Int32Array,
  i64: BigInt64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;

export type ViewName = keyof typeof RECORD_VIEWS;

export type RecordViews = { readonly [K in ViewName]: InstanceType<(typeof RECORD_VIEWS)[K]> };

/** All of them over one buffer. */
export function recordViews(buffer: ArrayBuffer): RecordViews {
  const views = Object.entries(RECORD_VIEWS).map(([name, View]) => [name, new View(buffer)]);
  return Object.fromEntries(views) as RecordViews;
}

const decoder = new TextDecoder();

/** UTF-8 up to the first zero byte; what is no UTF-8 becomes U+FFFD. */
export function textOf(u8: Uint8Array, at: number, bytes: number): string {
  let end = at;
  while (end < at + bytes && u8[end] !== 0) end++;
  return decoder.decode(u8.subarray(at, end));
}

/** Two hexadecimal digits for each byte. */
export function bytesText(u8: Uint8Array, at: number, bytes: number): string {
  return Buffer.from(u8.buffer, u8.byteOffset + at, bytes).toString('hex');
}
