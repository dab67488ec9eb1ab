// Encodes and checks stamped blocks; src/stamp/layout.ts has the format, src/stamp/reference.ts
// says the same in plain TypeScript, and tests hold the two equal. There is no allocator: page 0 of
// the imported memory holds the parameters (src/stamp/kernel.ts has the same offsets), data begins
// at page 1. 64-bit parameters come through page 0, since a BigInt argument allocates.
//
// Bodies are made and checked in lines of 64 bytes; a body is a whole number of them. Four kinds of
// bodies cover all patterns: an arithmetic progression xor a key (stamp, counter), a period of 512
// bytes (alternating, ones, zeros, walking), text lines, and random words.

import {
  encodePeriod,
  encodeProgression,
  encodeRandom,
  encodeText,
  fillPeriod,
  fillTextTemplate,
  finish,
  matchPeriod,
  matchProgression,
  matchRandom,
  matchText,
  randomKey,
} from './body';
import { headerChecksum, lanesPrepare, selectGeneration } from './header-checksum';
import {
  AT_BASE,
  AT_BLOCK_BYTES,
  AT_FILE_BYTES,
  AT_GENERATION_MASK,
  AT_GENERATION_UNIT,
  AT_HUNT,
  AT_KEY,
  AT_KIND,
  AT_MAGIC,
  AT_SCRATCH,
  AT_SETTINGS,
  AT_STEP,
  AT_TIME,
  AT_WRITER,
  GOLDEN,
  HEADER_BYTES,
  KIND_PERIOD,
  KIND_PROGRESSION,
  KIND_TEXT,
  LINE_BYTES,
  POISON_WORD,
} from './parameters';

let blockBytes: u32 = 0;
let kind: u32 = 0;
let magic: u64 = 0;
let settings: u64 = 0;
let hunt: u64 = 0;
let writer: u64 = 0;
let fileBytes: u64 = 0;
let key: u64 = 0;
let step: u64 = 0;
let base: u64 = 0;
let generationUnit: u64 = 0;
let generationMask: u64 = 0;

// What depends on the generation, made anew only when it changes.
let generationNow: u64 = 0;
let generationKnown: bool = false;
/** Progression: value at word 0. Random: the key. */
let start: u64 = 0;

/** Takes the parameters of a stream from page 0. */
export function prepare(): void {
  blockBytes = load<u32>(AT_BLOCK_BYTES);
  kind = load<u32>(AT_KIND);
  magic = load<u64>(AT_MAGIC);
  settings = load<u64>(AT_SETTINGS);
  hunt = load<u64>(AT_HUNT);
  writer = load<u64>(AT_WRITER);
  fileBytes = load<u64>(AT_FILE_BYTES);
  key = load<u64>(AT_KEY);
  step = load<u64>(AT_STEP);
  base = load<u64>(AT_BASE);
  generationUnit = load<u64>(AT_GENERATION_UNIT);
  generationMask = load<u64>(AT_GENERATION_MASK);
  lanesPrepare(magic, settings, hunt, fileBytes);
  generationKnown = false;
}

function select(generation: u64): void {
  if (generationKnown && generation == generationNow) return;
  generationNow = generation;
  generationKnown = true;
  selectGeneration(generation);
  if (kind == KIND_PROGRESSION) start = base + (generation & generationMask) * generationUnit;
  else if (kind == KIND_PERIOD) fillPeriod(<u32>((settings >> 16) & 0xff), generation);
  else if (kind == KIND_TEXT) fillTextTemplate(<u32>(settings >> 32), <u32>generation, hunt);
  else start = randomKey(key, <u32>(settings >> 32), generation);
}

/** Writes [ptr, end), whole lines, the first word of which has the index `word` in the file. */
function encodeLines(ptr: usize, end: usize, word: u64): void {
  if (kind == KIND_PROGRESSION) encodeProgression(ptr, end, start + word * step, step, key);
  else if (kind == KIND_PERIOD) encodePeriod(ptr, end, <u32>word & 63);
  else if (kind == KIND_TEXT) encodeText(ptr, end, word << 3);
  else encodeRandom(ptr, end, start, word);
}

function matchLines(ptr: usize, end: usize, word: u64): bool {
  if (kind == KIND_PROGRESSION) return matchProgression(ptr, end, start + word * step, step, key);
  if (kind == KIND_PERIOD) return matchPeriod(ptr, end, <u32>word & 63);
  if (kind == KIND_TEXT) return matchText(ptr, end, word << 3);
  return matchRandom(ptr, end, start, word);
}

function checksumOf(block: u64, time: u64): u64 {
  return headerChecksum(writer | (block << 32), time);
}

function encodeHeader(ptr: usize, block: u64, time: u64, checksum: u64): void {
  const place = writer | (block << 32);
  store<u64>(ptr, magic, 0);
  store<u64>(ptr, settings, 8);
  store<u64>(ptr, hunt, 16);
  store<u64>(ptr, place, 24);
  store<u64>(ptr, fileBytes, 32);
  store<u64>(ptr, generationNow, 40);
  store<u64>(ptr, time, 48);
  store<u64>(ptr, checksum, 56);
}

function matchHeader(ptr: usize, block: u64): bool {
  const place = writer | (block << 32);
  let wrong = load<u64>(ptr, 0) ^ magic;
  wrong |= load<u64>(ptr, 8) ^ settings;
  wrong |= load<u64>(ptr, 16) ^ hunt;
  wrong |= load<u64>(ptr, 24) ^ place;
  wrong |= load<u64>(ptr, 32) ^ fileBytes;
  wrong |= load<u64>(ptr, 40) ^ generationNow;
  wrong |= load<u64>(ptr, 56) ^ headerChecksum(place, load<u64>(ptr, 48));
  return wrong == 0;
}

export function encode(at: usize, firstBlock: f64, blocks: u32, generation: f64): void {
  select(<u64>generation);
  const time = load<u64>(AT_TIME);
  let block = <u64>firstBlock;
  let ptr = at;
  // One block ahead: stores leave the processor in order, and would all wait for this long chain.
  let checksum = checksumOf(block, time);
  for (let left = blocks; left > 0; left--) {
    encodeHeader(ptr, block, time, checksum);
    checksum = checksumOf(block + 1, time);
    const word = (block * <u64>blockBytes + HEADER_BYTES) >> 3;
    encodeLines(ptr + HEADER_BYTES, ptr + blockBytes, word);
    ptr += blockBytes;
    block++;
  }
}

export function check(at: usize, firstBlock: f64, bytes: u32, generation: f64): i32 {
  select(<u64>generation);
  let block = <u64>firstBlock;
  let ptr = at;
  const end = at + bytes;
  while (end - ptr >= blockBytes) {
    const word = (block * <u64>blockBytes + HEADER_BYTES) >> 3;
    if (!matchHeader(ptr, block) || !matchLines(ptr + HEADER_BYTES, ptr + blockBytes, word)) {
      return <i32>(ptr - at) + locate(ptr, block, blockBytes);
    }
    ptr += blockBytes;
    block++;
  }
  if (ptr == end) return -1;
  const inside = locate(ptr, block, <u32>(end - ptr));
  return inside < 0 ? -1 : <i32>(ptr - at) + inside;
}

/** First wrong byte of a block of which `bytes` are there, or -1. */
function locate(ptr: usize, block: u64, bytes: u32): i32 {
  const inHeader = locateInHeader(ptr, block, bytes < HEADER_BYTES ? bytes : HEADER_BYTES);
  if (inHeader >= 0) return inHeader;
  let word = (block * <u64>blockBytes + HEADER_BYTES) >> 3;
  for (let at: u32 = HEADER_BYTES; at < bytes; at += LINE_BYTES) {
    encodeLines(AT_SCRATCH, AT_SCRATCH + LINE_BYTES, word);
    const there = bytes - at < LINE_BYTES ? bytes - at : LINE_BYTES;
    for (let byte: u32 = 0; byte < there; byte++) {
      if (load<u8>(ptr + at + byte) != load<u8>(AT_SCRATCH + byte)) return at + byte;
    }
    word += 8;
  }
  return -1;
}

/**
 * Any time is right when the checksum is. Where they disagree, a checksum that is a few bits away
 * is itself at fault; a time that one bit would put right is; otherwise it cannot be told, and the
 * first of the sixteen bytes that disagree is given.
 */
function locateInHeader(ptr: usize, block: u64, bytes: u32): i32 {
  const time: u64 = bytes >= 56 ? load<u64>(ptr, 48) : 0;
  encodeHeader(AT_SCRATCH, block, time, checksumOf(block, time));
  for (let byte: u32 = 0; byte < bytes; byte++) {
    if (byte == 48) byte = 56;
    if (byte >= bytes) break;
    if (load<u8>(ptr + byte) == load<u8>(AT_SCRATCH + byte)) continue;
    if (byte < 56 || bytes < HEADER_BYTES) return byte;
    const observed = load<u64>(ptr, 56);
    if (popcnt(observed ^ load<u64>(AT_SCRATCH, 56)) <= 8) return byte;
    const place = writer | (block << 32);
    for (let bit: u64 = 0; bit < 64; bit++) {
      if (headerChecksum(place, time ^ (1 << bit)) == observed) return 48 + <i32>(bit >> 3);
    }
    return 48;
  }
  return -1;
}

/** The writer may be any: several may rewrite one unit, and the checksum covers its number. */
export function checkUnit(at: usize, block: f64): f64 {
  const place = load<u64>(at, 24);
  const generation = load<u64>(at, 40);
  let wrong = load<u64>(at, 0) ^ magic;
  wrong |= load<u64>(at, 8) ^ settings;
  wrong |= load<u64>(at, 16) ^ hunt;
  wrong |= (place & 0xffff_ffff_ffff_0000) ^ (<u64>block << 32);
  wrong |= load<u64>(at, 32) ^ fileBytes;
  wrong |= generation >> 53;
  if (wrong != 0) return -1;
  select(generation);
  if (load<u64>(at, 56) != headerChecksum(place, load<u64>(at, 48))) return -1;
  const word = (<u64>block * <u64>blockBytes + HEADER_BYTES) >> 3;
  return matchLines(at + HEADER_BYTES, at + blockBytes, word) ? <f64>generation : -1;
}

/** The last word of each stride, and of the whole range, so that a short range has one too. */
export function poison(at: usize, bytes: u32, strideBytes: u32): void {
  const end = at + bytes;
  if (strideBytes == 8) {
    const both = i64x2.splat(POISON_WORD);
    let ptr = at;
    for (; ptr + 16 <= end; ptr += 16) v128.store(ptr, both);
  } else {
    for (let ptr = at + strideBytes - 8; ptr + 8 <= end; ptr += strideBytes) {
      store<u64>(ptr, POISON_WORD);
    }
  }
  if (bytes >= 8) store<u64>(at + ((bytes - 8) & ~7), POISON_WORD);
}

/** Sums and sums of sums, so that both a changed bit and changed places are noticed. */
export function checksum(at: usize, bytes: u32): f64 {
  let sum0 = i64x2.splat(0);
  let sum1 = i64x2.splat(0);
  let sums0 = i64x2.splat(0);
  let sums1 = i64x2.splat(0);
  let ptr = at;
  const end = at + bytes;
  for (; ptr + 32 <= end; ptr += 32) {
    sum0 = i64x2.add(sum0, v128.load(ptr, 0));
    sum1 = i64x2.add(sum1, v128.load(ptr, 16));
    sums0 = i64x2.add(sums0, sum0);
    sums1 = i64x2.add(sums1, sum1);
  }
  let fold: u64 = bytes;
  for (; ptr < end; ptr++) fold = mix(fold ^ load<u8>(ptr));
  fold = mix(fold ^ i64x2.extract_lane(sum0, 0));
  fold = mix(fold ^ i64x2.extract_lane(sum0, 1));
  fold = mix(fold ^ i64x2.extract_lane(sum1, 0));
  fold = mix(fold ^ i64x2.extract_lane(sum1, 1));
  fold = mix(fold ^ i64x2.extract_lane(sums0, 0));
  fold = mix(fold ^ i64x2.extract_lane(sums0, 1));
  fold = mix(fold ^ i64x2.extract_lane(sums1, 0));
  fold = mix(fold ^ i64x2.extract_lane(sums1, 1));
  return <f64>(fold >> 11);
}

/** The next number of splitmix64. */
function mix(state: u64): u64 {
  return finish(state + GOLDEN);
}
