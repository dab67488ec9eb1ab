// What a block device holds, in blocks of 4096 bytes:
//
//   0          header of copy A        header:  0  8  magic "HWBLOCK\0"
//   1          header of copy B                 8  4  version, 1
//   2 .. 65    entries of copy A               12  4  bytes of the entries
//   66 .. 129  entries of copy B               16  8  sequence number
//   130 ..     content of files                24  4  CRC-32 of the entries
//                                              28  4  CRC-32 of bytes 0 to 27
//
// Numbers are little-endian, entries are JSON (`dd` and `jq` can read them). A change is written to
// the copy that is not in force, with the next sequence number, and the copies take turns: after a
// crash at any moment one of them is whole. Both headers come with one read, so that a reader asks
// before each look at a file whether the table has changed. The table lies at the very beginning
// because there it takes the place of what a file system had its signature in.

import { crc32 } from 'node:zlib';

export const BLOCK_BYTES = 4096;
export const HEADERS_BYTES = 2 * BLOCK_BYTES;
const ENTRY_BLOCKS = 64;
export const ENTRIES_BYTES_MAX = ENTRY_BLOCKS * BLOCK_BYTES;
export const FIRST_DATA_BLOCK = 2 + 2 * ENTRY_BLOCKS;

const MAGIC = Buffer.from('HWBLOCK\0', 'latin1');
const VERSION = 1;
const CHECKED_BYTES = 28;

/** First block and number of blocks. */
export type Extent = readonly [first: number, blocks: number];

export interface BlockEntry {
  /** Another one each time that the name is created. */
  readonly id: number;
  /** Length of the content; bytes. */
  readonly bytes: number;
  readonly extents: readonly Extent[];
}

/** Immutable: a change makes another one. */
export interface BlockTable {
  readonly sequence: number;
  /** Where the search for free space goes on, so that what was freed is used again last. */
  readonly nextBlock: number;
  readonly files: ReadonlyMap<string, BlockEntry>;
}

export interface BlockHeader {
  readonly sequence: number;
  readonly entriesBytes: number;
  readonly entriesCrc: number;
}

/** 0 or 1: the copy that a sequence number is written to. */
export function copyOf(sequence: number): number {
  return sequence % 2;
}

/** Byte offset of the entries of a copy. */
export function entriesAt(copy: number): number {
  return (2 + copy * ENTRY_BLOCKS) * BLOCK_BYTES;
}

/** The header block and the entries, each padded to whole blocks; null where they do not fit. */
export function encodeTable(table: BlockTable): { header: Buffer; entries: Buffer } | null {
  const { nextBlock } = table;
  const text = JSON.stringify({ nextBlock, files: Object.fromEntries(table.files) });
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length > ENTRIES_BYTES_MAX) return null;
  const entries = Buffer.alloc(Math.ceil(bytes.length / BLOCK_BYTES) * BLOCK_BYTES);
  entries.set(bytes);
  const header = Buffer.alloc(BLOCK_BYTES);
  header.set(MAGIC);
  header.writeUInt32LE(VERSION, 8);
  header.writeUInt32LE(bytes.length, 12);
  header.writeBigUInt64LE(BigInt(table.sequence), 16);
  header.writeUInt32LE(crc32(bytes), 24);
  header.writeUInt32LE(crc32(header.subarray(0, CHECKED_BYTES)), CHECKED_BYTES);
  return { header, entries };
}

/** Null where there is none, or one that is not whole. */
export function decodeHeader(block: Uint8Array): BlockHeader | null {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  if (bytes.length < BLOCK_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return null;
  if (bytes.readUInt32LE(CHECKED_BYTES) !== crc32(bytes.subarray(0, CHECKED_BYTES))) return null;
  const entriesBytes = bytes.readUInt32LE(12);
  if (bytes.readUInt32LE(8) !== VERSION || entriesBytes > ENTRIES_BYTES_MAX) return null;
  return {
    sequence: Number(bytes.readBigUInt64LE(16)),
    entriesBytes,
    entriesCrc: bytes.readUInt32LE(24),
  };
}

/** Null where the entries are not those of the header. */
export function decodeTable(header: BlockHeader, entries: Uint8Array): BlockTable | null {
  const bytes = entries.subarray(0, header.entriesBytes);
  if (bytes.length !== header.entriesBytes || crc32(bytes) !== header.entriesCrc) return null;
  const { nextBlock, files } = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
    nextBlock: number;
    files: Record<string, BlockEntry>;
  };
  return { sequence: header.sequence, nextBlock, files: new Map(Object.entries(files)) };
}
