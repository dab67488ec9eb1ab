// The header of a stamped block, read and written field by field. Reading is strict (magic, version
// and checksum must be right) for those who conclude from it, and lenient for a diagnosis that says
// what a damaged header still tells.

import { PATTERNS, type Pattern, type StampStream } from '../domain/observation.ts';
import { xxh64 } from './checksum.ts';
import {
  BLOCK_BYTES_MAX,
  BLOCK_BYTES_MIN,
  FORMAT_VERSION,
  HEADER_BYTES,
  MAGIC_BYTES,
  OFFSET_BLOCK_INDEX,
  OFFSET_CHECKSUM,
  OFFSET_FILE,
  OFFSET_FILE_BYTES,
  OFFSET_GENERATION,
  OFFSET_HUNT,
  OFFSET_PATTERN,
  OFFSET_SHIFT,
  OFFSET_TIME,
  OFFSET_VERSION,
  OFFSET_WRITER,
  PATTERN_NUMBERS,
} from './layout.ts';

export interface Header {
  /** 16 hex digits. */
  readonly hunt: string;
  readonly file: number;
  readonly writer: number;
  readonly blockIndex: number;
  readonly blockBytes: number;
  readonly pattern: Pattern;
  readonly fileBytes: number;
  readonly generation: number;
  /** Nanoseconds since 1970, 0 where a seed makes the file repeatable. */
  readonly timeNs: bigint;
}

export interface LenientHeader {
  readonly magicRight: boolean;
  readonly checksumRight: boolean;
  /** Fields as far as they can be; null when block size, pattern or numbers cannot be so. */
  readonly header: Header | null;
}

function patternOf(number: number): Pattern | undefined {
  return PATTERNS.find((pattern) => PATTERN_NUMBERS[pattern] === number);
}

/** What the bytes at `offset` say as a header; null when fewer than 64 are there. */
export function readHeaderLeniently(bytes: Uint8Array, offset: number): LenientHeader | null {
  if (offset < 0 || offset + HEADER_BYTES > bytes.length) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, HEADER_BYTES);
  const covered = bytes.subarray(offset, offset + OFFSET_CHECKSUM);
  const magicRight = MAGIC_BYTES.every((byte, index) => bytes[offset + index] === byte);
  const checksumRight = view.getBigUint64(OFFSET_CHECKSUM, true) === xxh64(covered);
  const pattern = patternOf(view.getUint8(OFFSET_PATTERN));
  const blockBytes = 2 ** view.getUint8(OFFSET_SHIFT);
  const fileBytes = Number(view.getBigUint64(OFFSET_FILE_BYTES, true));
  const generation = Number(view.getBigUint64(OFFSET_GENERATION, true));
  const possible =
    view.getUint8(OFFSET_VERSION) === FORMAT_VERSION &&
    blockBytes >= BLOCK_BYTES_MIN &&
    blockBytes <= BLOCK_BYTES_MAX &&
    Number.isSafeInteger(fileBytes) &&
    Number.isSafeInteger(generation);
  if (!possible || pattern === undefined) return { magicRight, checksumRight, header: null };
  const header: Header = {
    hunt: view.getBigUint64(OFFSET_HUNT, true).toString(16).padStart(16, '0'),
    file: view.getUint32(OFFSET_FILE, true),
    writer: view.getUint16(OFFSET_WRITER, true),
    blockIndex: view.getUint32(OFFSET_BLOCK_INDEX, true),
    blockBytes,
    pattern,
    fileBytes,
    generation,
    timeNs: view.getBigUint64(OFFSET_TIME, true),
  };
  return { magicRight, checksumRight, header };
}

/** The header at `offset`, or null unless magic, version and checksum are right. */
export function readHeader(bytes: Uint8Array, offset: number): Header | null {
  if (bytes[offset] !== MAGIC_BYTES[0]) return null;
  const found = readHeaderLeniently(bytes, offset);
  return found?.magicRight && found.checksumRight ? found.header : null;
}

/** The 64 bytes of a header. @param writer 0 to 65535 */
export function headerBytes(
  stream: StampStream,
  blockIndex: number,
  generation: number,
  timeNs: bigint,
  writer: number = stream.writer,
): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC_BYTES);
  view.setUint8(OFFSET_VERSION, FORMAT_VERSION);
  view.setUint8(OFFSET_SHIFT, Math.log2(stream.blockBytes));
  view.setUint8(OFFSET_PATTERN, PATTERN_NUMBERS[stream.pattern]);
  view.setUint32(OFFSET_FILE, stream.file, true);
  view.setBigUint64(OFFSET_HUNT, BigInt(`0x${stream.hunt}`), true);
  view.setUint16(OFFSET_WRITER, writer, true);
  view.setUint32(OFFSET_BLOCK_INDEX, blockIndex, true);
  view.setBigUint64(OFFSET_FILE_BYTES, BigInt(stream.fileBytes), true);
  view.setBigUint64(OFFSET_GENERATION, BigInt(generation), true);
  view.setBigUint64(OFFSET_TIME, timeNs, true);
  view.setBigUint64(OFFSET_CHECKSUM, xxh64(bytes.subarray(0, OFFSET_CHECKSUM)), true);
  return bytes;
}
