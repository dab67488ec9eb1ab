// The format of layout.ts in plain TypeScript: clear, not fast. It makes the expected bytes for a
// diagnosis, and tests hold the kernel equal to it, byte for byte. Written apart from the kernel (a
// word at a time from its definition), so that one mistake is not in both.

import { createHash } from 'node:crypto';
import type { GenerationRun, StampStream } from '../domain/observation.ts';
import { wrap64, xxh64 } from './checksum.ts';
import { headerBytes } from './header.ts';
import {
  FILE_BITS,
  GENERATION_BITS,
  HEADER_BYTES,
  INDEX_BITS,
  OFFSET_CHECKSUM,
  OFFSET_TIME,
  TEXT_LINE_BYTES,
  WORD_INVERSE,
  WORD_MULTIPLIER,
} from './layout.ts';

export { type Header, readHeader, readHeaderLeniently } from './header.ts';

const ALL_ONES = 2n ** 64n - 1n;

/** The next number of splitmix64 from `state` (Steele, Lea, Flood 2014). */
function splitmix64(state: bigint): bigint {
  let z = wrap64(state + WORD_MULTIPLIER);
  z = wrap64((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = wrap64((z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

/** The last key made: every word of a file asks for the same one. */
let lastKey: { readonly huntHex: string; readonly key: bigint } | null = null;

/** key(hunt) of layout.ts. */
export function keyOf(huntHex: string): bigint {
  if (lastKey?.huntHex !== huntHex) {
    lastKey = { huntHex, key: splitmix64(BigInt(`0x${huntHex}`)) };
  }
  return lastKey.key;
}

/** The hunt number of files stamped with this seed, 16 hex digits: the same seed, the same file. */
export function huntNumberOf(seed: string): string {
  return createHash('sha256').update(`heisenwrite stamp ${seed}`).digest('hex').slice(0, 16);
}

/** The word at file offset 8 * index, as if it belonged to a body. @param generation >= 0 */
export function wordAt(stream: StampStream, generation: number, index: number): bigint {
  const i = BigInt(index);
  const g = BigInt(generation);
  switch (stream.pattern) {
    case 'stamp': {
      const file = BigInt.asUintN(Number(FILE_BITS), BigInt(stream.file));
      const low = BigInt.asUintN(Number(GENERATION_BITS), g);
      const packed = (file << (GENERATION_BITS + INDEX_BITS)) | (low << INDEX_BITS) | i;
      return wrap64(packed * WORD_MULTIPLIER) ^ keyOf(stream.hunt);
    }
    case 'alternating':
      return (i + g) % 2n === 0n ? ALL_ONES : 0n;
    case 'ones':
      return ALL_ONES;
    case 'zeros':
      return 0n;
    case 'walking':
      return 1n << ((i + g) % 64n);
    case 'counter':
      return wrap64((g << INDEX_BITS) + i);
    case 'text': {
      const line = textLine(stream, generation, Math.floor((index * 8) / TEXT_LINE_BYTES));
      return line.readBigUInt64LE((index * 8) % TEXT_LINE_BYTES);
    }
    case 'random': {
      const ofFile = splitmix64(keyOf(stream.hunt) + BigInt(stream.file));
      return splitmix64(splitmix64(ofFile + g) + i * WORD_MULTIPLIER);
    }
  }
}

function hex(value: bigint, digits: number): string {
  return BigInt.asUintN(digits * 4, value)
    .toString(16)
    .padStart(digits, '0');
}

function textLine(stream: StampStream, generation: number, line: number): Buffer {
  const offset = hex(BigInt(line) * BigInt(TEXT_LINE_BYTES), 16);
  const file = hex(BigInt(stream.file), 8);
  const version = hex(BigInt(generation), 8);
  const text = `${offset} file ${file} generation ${version} ${stream.hunt.slice(0, 12)}\n`;
  return Buffer.from(text, 'latin1');
}

/** What a word of pattern `stamp` says: file modulo 2^10, generation modulo 2^14, word index. */
export function decodeWord(
  word: bigint,
  huntHex: string,
): { file: number; generation: number; index: number } {
  const packed = wrap64((word ^ keyOf(huntHex)) * WORD_INVERSE);
  return {
    file: Number(packed >> (GENERATION_BITS + INDEX_BITS)),
    generation: Number(BigInt.asUintN(Number(GENERATION_BITS), packed >> INDEX_BITS)),
    index: Number(BigInt.asUintN(Number(INDEX_BITS), packed)),
  };
}

/** @param part what of the block is made; the rest stays zeros */
function blockBytesOf(
  stream: StampStream,
  block: number,
  generation: number,
  timeNs: bigint,
  writer: number = stream.writer,
  part = { from: 0, to: stream.blockBytes },
): Uint8Array {
  const bytes = new Uint8Array(stream.blockBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(headerBytes(stream, block, generation, timeNs, writer));
  const firstWord = (block * stream.blockBytes) / 8;
  for (let at = Math.max(HEADER_BYTES, part.from - (part.from % 8)); at < part.to; at += 8) {
    view.setBigUint64(at, wordAt(stream, generation, firstWord + at / 8), true);
  }
  return bytes;
}

/** Blocks [firstBlock, firstBlock + blocks) of one generation. */
export function encodeBlocks(
  stream: StampStream,
  firstBlock: number,
  blocks: number,
  generation: number,
  timeNs: bigint,
): Uint8Array {
  const bytes = new Uint8Array(blocks * stream.blockBytes);
  for (let block = 0; block < blocks; block++) {
    const encoded = blockBytesOf(stream, firstBlock + block, generation, timeNs);
    bytes.set(encoded, block * stream.blockBytes);
  }
  return bytes;
}

/**
 * The bytes that ought to be at [offset, offset + length) of a file: its runs, the later of two
 * that overlap, and zeros where there is none. The time in the headers is 0, or with `observed`
 * (what was found in the same window) the one found there, since any time is right whose checksum
 * agrees.
 */
export function expectedBytes(
  stream: StampStream,
  runs: readonly GenerationRun[],
  offset: number,
  length: number,
  observed?: Uint8Array,
): Uint8Array {
  const out = new Uint8Array(length);
  const size = stream.blockBytes;
  for (let block = Math.floor(offset / size); block * size < offset + length; block++) {
    const run = runs.findLast(
      (one) => block >= one.firstBlock && block < one.firstBlock + one.blocks,
    );
    if (!run) continue;
    const start = block * size - offset;
    const from = Math.max(0, -start);
    const to = Math.min(size, length - start);
    const encoded = blockBytesOf(stream, block, run.generation, 0n, run.writer, { from, to });
    if (observed) adoptTime(encoded.subarray(0, HEADER_BYTES), observed, start);
    out.set(encoded.subarray(from, to), start + from);
  }
  return out;
}

/**
 * Puts the time of the observed header at `start` into the expected one. When a single bit of that
 * time is wrong its checksum still gives the right one, so that the damage is seen where it is. A
 * window that begins after the time cannot contradict the checksum, which is then taken as it is.
 */
function adoptTime(header: Uint8Array, observed: Uint8Array, start: number): void {
  const view = new DataView(header.buffer, header.byteOffset, HEADER_BYTES);
  const bytesAt = (at: number) => observed.subarray(Math.max(0, at), Math.max(0, at + 8));
  if (start + OFFSET_TIME < 0) {
    for (let at = OFFSET_TIME; at < HEADER_BYTES; at++) {
      header[at] = observed[start + at] ?? (header[at] as number);
    }
    return;
  }
  header.set(bytesAt(start + OFFSET_TIME), OFFSET_TIME);
  const seal = () => xxh64(header.subarray(0, OFFSET_CHECKSUM));
  const sealed = seal();
  view.setBigUint64(OFFSET_CHECKSUM, sealed, true);
  const found = bytesAt(start + OFFSET_CHECKSUM);
  if (found.length < 8) return;
  const wanted = new DataView(found.buffer, found.byteOffset, 8).getBigUint64(0, true);
  if (wanted === sealed) return;
  const time = view.getBigUint64(OFFSET_TIME, true);
  for (let bit = 0n; bit < 64n; bit++) {
    view.setBigUint64(OFFSET_TIME, time ^ (1n << bit), true);
    if (seal() !== wanted) continue;
    view.setBigUint64(OFFSET_CHECKSUM, wanted, true);
    return;
  }
  view.setBigUint64(OFFSET_TIME, time, true);
}
