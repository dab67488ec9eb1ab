// Tells a tar archive from a stamped file: in an archive of stamped files all stamps are found, 512
// bytes and more after their place, and nothing of it is damaged. Only the headers are read; the
// content of a member is given by another reader.

import { MAGIC_BYTES } from './layout.ts';

/** Bytes [offset, offset + length), or fewer where there are no more. */
export type ReadBytes = (offset: number, length: number) => Buffer;

const RECORD_BYTES = 512;
const NAMES_MAX = 8;
const HEADERS_MAX = 64;
/** A longer path is none, and not kept in memory. */
const PATH_BYTES_MAX = 65_536;
const CHECKSUM_AT = 148;
const CHECKSUM_BYTES = 8;
/** Members with content of their own; directories, links and the like are not named. */
const FILE_TYPES = ['0', '\0', '7'];

/** @returns up to 8 names of files of it, in order; null where it is no archive */
export function tarMembersOf(read: ReadBytes): string[] | null {
  const names: string[] = [];
  let longName: string | null = null;
  let at = 0;
  for (let headers = 0; headers < HEADERS_MAX && names.length < NAMES_MAX; headers++) {
    const header = read(at, RECORD_BYTES);
    if (!isTarHeader(header)) return headers === 0 ? null : names;
    const type = String.fromCharCode(header[156] as number);
    const size = sizeIn(header);
    const content = () => read(at + RECORD_BYTES, Math.min(size, PATH_BYTES_MAX)).toString();
    if (type === 'L') longName = content().replace(/\0.*$/s, '');
    else if (type === 'x') longName = /\d+ path=([^\n]*)\n/.exec(content())?.[1] ?? null;
    else {
      if (FILE_TYPES.includes(type)) names.push(longName ?? nameIn(header));
      longName = null;
    }
    if (!Number.isSafeInteger(size)) return names;
    at += RECORD_BYTES + Math.ceil(size / RECORD_BYTES) * RECORD_BYTES;
  }
  return names;
}

/** By its magic and its checksum, of which a stamped file has neither at its beginning. */
function isTarHeader(header: Buffer): boolean {
  if (header.length < RECORD_BYTES || header.toString('latin1', 257, 262) !== 'ustar') return false;
  if (header.subarray(0, MAGIC_BYTES.length).equals(MAGIC_BYTES)) return false;
  let sum = CHECKSUM_BYTES * 0x20;
  for (const [at, byte] of header.entries()) {
    if (at < CHECKSUM_AT || at >= CHECKSUM_AT + CHECKSUM_BYTES) sum += byte;
  }
  return octalIn(header, CHECKSUM_AT, CHECKSUM_BYTES) === sum;
}

/** Bytes of content; of 8 GiB and more not octal digits, but a number with its top bit set. */
function sizeIn(header: Buffer): number {
  if (((header[124] as number) & 0x80) === 0) return octalIn(header, 124, 12);
  return header.readUIntBE(130, 6);
}

function octalIn(header: Buffer, at: number, length: number): number {
  return Number.parseInt(textIn(header, at, length).trim() || '0', 8);
}

function nameIn(header: Buffer): string {
  // Behind the magic of GNU stand times, and no prefix.
  const prefix = header[262] === 0 ? textIn(header, 345, 155) : '';
  const name = textIn(header, 0, 100);
  return prefix === '' ? name : `${prefix}/${name}`;
}

function textIn(header: Buffer, at: number, length: number): string {
  const bytes = header.subarray(at, at + length);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? length : end);
}
