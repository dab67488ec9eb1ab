// The bodies of blocks, in lines of 64 bytes: for each of the four kinds one loop that writes and
// one that compares. Comparing collects all differences in registers and looks at them once at the
// end: branches in the loop cost more than the rare damaged block that is read to its end.

import {
  AT_PERIOD,
  AT_TEXT,
  GOLDEN,
  PATTERN_ALTERNATING,
  PATTERN_ONES,
  PATTERN_ZEROS,
  PERIOD_BYTES,
} from './parameters';

// @ts-ignore: decorator
@inline
function pair(low: u64, high: u64): v128 {
  return i64x2.replace_lane(i64x2.splat(low), 1, high);
}

// @ts-ignore: decorator
@inline
function differs(ptr: usize, offset: usize, expected: v128): v128 {
  return v128.xor(v128.load(ptr + offset), expected);
}

/** Words first, first + step, ..., each xor key. */
export function encodeProgression(from: usize, end: usize, first: u64, step: u64, key: u64): void {
  const keys = i64x2.splat(key);
  const stride = i64x2.splat(step * 8);
  let a = pair(first, first + step);
  let b = i64x2.add(a, i64x2.splat(step * 2));
  let c = i64x2.add(a, i64x2.splat(step * 4));
  let d = i64x2.add(a, i64x2.splat(step * 6));
  let ptr = from;
  for (; ptr + 128 <= end; ptr += 128) {
    v128.store(ptr, v128.xor(a, keys), 0);
    v128.store(ptr, v128.xor(b, keys), 16);
    v128.store(ptr, v128.xor(c, keys), 32);
    v128.store(ptr, v128.xor(d, keys), 48);
    a = i64x2.add(a, stride);
    b = i64x2.add(b, stride);
    c = i64x2.add(c, stride);
    d = i64x2.add(d, stride);
    v128.store(ptr, v128.xor(a, keys), 64);
    v128.store(ptr, v128.xor(b, keys), 80);
    v128.store(ptr, v128.xor(c, keys), 96);
    v128.store(ptr, v128.xor(d, keys), 112);
    a = i64x2.add(a, stride);
    b = i64x2.add(b, stride);
    c = i64x2.add(c, stride);
    d = i64x2.add(d, stride);
  }
  if (ptr < end) {
    v128.store(ptr, v128.xor(a, keys), 0);
    v128.store(ptr, v128.xor(b, keys), 16);
    v128.store(ptr, v128.xor(c, keys), 32);
    v128.store(ptr, v128.xor(d, keys), 48);
  }
}

export function matchProgression(from: usize, end: usize, first: u64, step: u64, key: u64): bool {
  const keys = i64x2.splat(key);
  const stride = i64x2.splat(step * 8);
  let a = pair(first, first + step);
  let b = i64x2.add(a, i64x2.splat(step * 2));
  let c = i64x2.add(a, i64x2.splat(step * 4));
  let d = i64x2.add(a, i64x2.splat(step * 6));
  let wrong0 = i64x2.splat(0);
  let wrong1 = i64x2.splat(0);
  let ptr = from;
  for (; ptr + 128 <= end; ptr += 128) {
    wrong0 = v128.or(wrong0, v128.xor(v128.load(ptr, 0), v128.xor(a, keys)));
    wrong1 = v128.or(wrong1, v128.xor(v128.load(ptr, 16), v128.xor(b, keys)));
    wrong0 = v128.or(wrong0, v128.xor(v128.load(ptr, 32), v128.xor(c, keys)));
    wrong1 = v128.or(wrong1, v128.xor(v128.load(ptr, 48), v128.xor(d, keys)));
    a = i64x2.add(a, stride);
    b = i64x2.add(b, stride);
    c = i64x2.add(c, stride);
    d = i64x2.add(d, stride);
    wrong0 = v128.or(wrong0, v128.xor(v128.load(ptr, 64), v128.xor(a, keys)));
    wrong1 = v128.or(wrong1, v128.xor(v128.load(ptr, 80), v128.xor(b, keys)));
    wrong0 = v128.or(wrong0, v128.xor(v128.load(ptr, 96), v128.xor(c, keys)));
    wrong1 = v128.or(wrong1, v128.xor(v128.load(ptr, 112), v128.xor(d, keys)));
    a = i64x2.add(a, stride);
    b = i64x2.add(b, stride);
    c = i64x2.add(c, stride);
    d = i64x2.add(d, stride);
  }
  if (ptr < end) {
    wrong0 = v128.or(wrong0, v128.xor(v128.load(ptr, 0), v128.xor(a, keys)));
    wrong1 = v128.or(wrong1, v128.xor(v128.load(ptr, 16), v128.xor(b, keys)));
    wrong0 = v128.or(wrong0, v128.xor(v128.load(ptr, 32), v128.xor(c, keys)));
    wrong1 = v128.or(wrong1, v128.xor(v128.load(ptr, 48), v128.xor(d, keys)));
  }
  return !v128.any_true(v128.or(wrong0, wrong1));
}

/** Makes the 64 words that a periodic pattern repeats in this generation. */
export function fillPeriod(pattern: u32, generation: u64): void {
  for (let word: u32 = 0; word < 64; word++) {
    let value: u64 = 0;
    if (pattern == PATTERN_ONES) value = ~(<u64>0);
    else if (pattern == PATTERN_ALTERNATING) value = ((<u64>word + generation) & 1) - 1;
    else if (pattern != PATTERN_ZEROS) value = <u64>1 << ((<u64>word + generation) & 63);
    store<u64>(AT_PERIOD + (word << 3), value);
  }
}

/** @param phase index of the first word in the period, a multiple of 8. */
export function encodePeriod(from: usize, end: usize, phase: u32): void {
  let at = phase << 3;
  for (let ptr = from; ptr < end; ptr += 64) {
    const source = AT_PERIOD + at;
    v128.store(ptr, v128.load(source, 0), 0);
    v128.store(ptr, v128.load(source, 16), 16);
    v128.store(ptr, v128.load(source, 32), 32);
    v128.store(ptr, v128.load(source, 48), 48);
    at = (at + 64) & (PERIOD_BYTES - 1);
  }
}

export function matchPeriod(from: usize, end: usize, phase: u32): bool {
  let at = phase << 3;
  let wrong0 = i64x2.splat(0);
  let wrong1 = i64x2.splat(0);
  for (let ptr = from; ptr < end; ptr += 64) {
    const source = AT_PERIOD + at;
    wrong0 = v128.or(wrong0, differs(ptr, 0, v128.load(source, 0)));
    wrong1 = v128.or(wrong1, differs(ptr, 16, v128.load(source, 16)));
    wrong0 = v128.or(wrong0, differs(ptr, 32, v128.load(source, 32)));
    wrong1 = v128.or(wrong1, differs(ptr, 48, v128.load(source, 48)));
    at = (at + 64) & (PERIOD_BYTES - 1);
  }
  return !v128.any_true(v128.or(wrong0, wrong1));
}

// @ts-ignore: decorator
@inline
function hexDigits(value: u64): v128 {
  const bytes = i64x2.splat(bswap<u64>(value));
  const low = v128.and(bytes, i8x16.splat(15));
  const high = v128.and(i16x8.shr_u(bytes, 4), i8x16.splat(15));
  const nibbles = v128.shuffle<u8>(
    high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
  );
  const letters = v128.and(i8x16.gt_s(nibbles, i8x16.splat(9)), i8x16.splat(39));
  return i8x16.add(i8x16.add(nibbles, i8x16.splat(48)), letters);
}

/** "<16 digits> file ffffffff generation gggggggg hhhhhhhhhhhh\n", all numbers hexadecimal. */
export function fillTextTemplate(file: u32, generation: u32, hunt: u64): void {
  const numbers = AT_TEXT + 64;
  v128.store(numbers, hexDigits((<u64>file << 32) | <u64>generation));
  v128.store(numbers + 16, hexDigits(hunt));
  store<u64>(AT_TEXT, 0x2065_6c69_6620, 16); // " file "
  store<u64>(AT_TEXT, load<u64>(numbers), 22);
  store<u64>(AT_TEXT, 0x7461_7265_6e65_6720, 30); // " generat"
  store<u32>(AT_TEXT, 0x206e_6f69, 38); // "ion "
  store<u64>(AT_TEXT, load<u64>(numbers, 8), 42);
  store<u8>(AT_TEXT, 0x20, 50);
  store<u64>(AT_TEXT, load<u64>(numbers, 16), 51);
  store<u32>(AT_TEXT, load<u32>(numbers, 24), 59);
  store<u8>(AT_TEXT, 0x0a, 63);
}

/** @param offset of the first line in the file, bytes. */
export function encodeText(from: usize, end: usize, offset: u64): void {
  const second = v128.load(AT_TEXT, 16);
  const third = v128.load(AT_TEXT, 32);
  const fourth = v128.load(AT_TEXT, 48);
  let place = offset;
  for (let ptr = from; ptr < end; ptr += 64) {
    v128.store(ptr, hexDigits(place), 0);
    v128.store(ptr, second, 16);
    v128.store(ptr, third, 32);
    v128.store(ptr, fourth, 48);
    place += 64;
  }
}

export function matchText(from: usize, end: usize, offset: u64): bool {
  const second = v128.load(AT_TEXT, 16);
  const third = v128.load(AT_TEXT, 32);
  const fourth = v128.load(AT_TEXT, 48);
  let place = offset;
  let wrong0 = i64x2.splat(0);
  let wrong1 = i64x2.splat(0);
  for (let ptr = from; ptr < end; ptr += 64) {
    wrong0 = v128.or(wrong0, differs(ptr, 0, hexDigits(place)));
    wrong1 = v128.or(wrong1, differs(ptr, 16, second));
    wrong0 = v128.or(wrong0, differs(ptr, 32, third));
    wrong1 = v128.or(wrong1, differs(ptr, 48, fourth));
    place += 64;
  }
  return !v128.any_true(v128.or(wrong0, wrong1));
}

/** The finalizer of splitmix64 (Steele, Lea, Flood 2014), a bijection. */
// @ts-ignore: decorator
@inline
export function finish(state: u64): u64 {
  let z = (state ^ (state >> 30)) * 0xbf58_476d_1ce4_e5b9;
  z = (z ^ (z >> 27)) * 0x94d0_49bb_1331_11eb;
  return z ^ (z >> 31);
}

export function randomKey(huntKey: u64, file: u32, generation: u64): u64 {
  return finish(finish(huntKey + <u64>file + GOLDEN) + generation + GOLDEN);
}

/** Word i is the i-th number of splitmix64 from `key`; no two words wait for each other. */
export function encodeRandom(from: usize, end: usize, key: u64, word: u64): void {
  let state = key + (word + 1) * GOLDEN;
  for (let ptr = from; ptr < end; ptr += 32) {
    store<u64>(ptr, finish(state), 0);
    store<u64>(ptr, finish(state + GOLDEN), 8);
    store<u64>(ptr, finish(state + 2 * GOLDEN), 16);
    store<u64>(ptr, finish(state + 3 * GOLDEN), 24);
    state += 4 * GOLDEN;
  }
}

export function matchRandom(from: usize, end: usize, key: u64, word: u64): bool {
  let state = key + (word + 1) * GOLDEN;
  let wrong: u64 = 0;
  for (let ptr = from; ptr < end; ptr += 32) {
    wrong |= load<u64>(ptr, 0) ^ finish(state);
    wrong |= load<u64>(ptr, 8) ^ finish(state + GOLDEN);
    wrong |= load<u64>(ptr, 16) ^ finish(state + 2 * GOLDEN);
    wrong |= load<u64>(ptr, 24) ^ finish(state + 3 * GOLDEN);
    state += 4 * GOLDEN;
  }
  return wrong == 0;
}
