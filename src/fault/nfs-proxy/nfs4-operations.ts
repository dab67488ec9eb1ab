// The operations of NFSv4.0 and 4.1 (RFC 7530, RFC 8881) as far as a COMPOUND is walked: how long
// the arguments and the results of each are. The walk ends at the first that is not listed here.

import type { FaultOperation } from '../../domain/fault.ts';
import { XdrError, type XdrReader } from './xdr.ts';

export const NFS4 = {
  CLOSE: 4,
  COMMIT: 5,
  CREATE: 6,
  GETATTR: 9,
  GETFH: 10,
  LINK: 11,
  LOOKUP: 15,
  LOOKUPP: 16,
  OPEN: 18,
  PUTFH: 22,
  PUTPUBFH: 23,
  PUTROOTFH: 24,
  READ: 25,
  REMOVE: 28,
  RENAME: 29,
  RESTOREFH: 31,
  SAVEFH: 32,
  SETATTR: 34,
  WRITE: 38,
  SEQUENCE: 53,
} as const;

const STATEID_BYTES = 16;
const CHANGE_BYTES = 20;
const SIZE_BIT = 1 << 4;
const OPEN_CREATES = 1;

type Skip = (reader: XdrReader) => void;

interface Layout {
  readonly operation: FaultOperation | null;
  readonly args: Skip;
  /** Of a success; what fails is the last and has what is left. */
  readonly results: Skip;
}

const nothing: Skip = () => undefined;
const opaque: Skip = (reader) => void reader.opaque();
const bytes =
  (count: number): Skip =>
  (reader) =>
    void reader.skip(count);
const stateid = bytes(STATEID_BYTES);
const change = bytes(CHANGE_BYTES);
const inTurn =
  (...skips: readonly Skip[]): Skip =>
  (reader) => {
    for (const skip of skips) skip(reader);
  };
const bitmap: Skip = (reader) => {
  const words = reader.number();
  if (words > 64) throw new XdrError(`a bitmap of ${words} words`);
  reader.skip(words * 4);
};
const attributes = inTurn(bitmap, opaque);

function layout(operation: FaultOperation | null, args: Skip, results: Skip): Layout {
  return { operation, args, results };
}

/** By number. */
const LAYOUTS: Readonly<Record<number, Layout>> = {
  3: layout(null, bytes(4), bytes(8)),
  [NFS4.CLOSE]: layout('close', bytes(4 + STATEID_BYTES), stateid),
  [NFS4.COMMIT]: layout('fsync', bytes(12), bytes(8)),
  [NFS4.CREATE]: layout('mkdir', createArguments, inTurn(change, bitmap)),
  [NFS4.GETATTR]: layout('getattr', bitmap, attributes),
  [NFS4.GETFH]: layout(null, nothing, opaque),
  [NFS4.LINK]: layout('link', opaque, change),
  [NFS4.LOOKUP]: layout('lookup', opaque, nothing),
  [NFS4.LOOKUPP]: layout('lookup', nothing, nothing),
  17: layout(null, attributes, nothing),
  [NFS4.OPEN]: layout('open', openArguments, openResults),
  20: layout(null, inTurn(stateid, bytes(4)), stateid),
  [NFS4.PUTFH]: layout(null, opaque, nothing),
  [NFS4.PUTPUBFH]: layout(null, nothing, nothing),
  [NFS4.PUTROOTFH]: layout(null, nothing, nothing),
  [NFS4.READ]: layout('read', bytes(STATEID_BYTES + 12), inTurn(bytes(4), opaque)),
  26: layout('readdir', inTurn(bytes(24), bitmap), directoryEntries),
  27: layout(null, nothing, opaque),
  [NFS4.REMOVE]: layout('unlink', opaque, change),
  [NFS4.RENAME]: layout('rename', inTurn(opaque, opaque), bytes(2 * CHANGE_BYTES)),
  30: layout(null, bytes(8), nothing),
  [NFS4.RESTOREFH]: layout(null, nothing, nothing),
  [NFS4.SAVEFH]: layout(null, nothing, nothing),
  [NFS4.SETATTR]: layout('setattr', inTurn(stateid, attributes), bitmap),
  37: layout(null, attributes, nothing),
  [NFS4.WRITE]: layout('write', inTurn(bytes(STATEID_BYTES + 12), opaque), bytes(16)),
  45: layout(null, stateid, nothing),
  [NFS4.SEQUENCE]: layout(null, bytes(32), bytes(36)),
  58: layout(null, bytes(4), nothing),
};

export function layoutOf(code: number): Layout | null {
  return LAYOUTS[code] ?? null;
}

/** What a fault may be about in an operation. @param reader of its arguments */
export function operationOf(code: number, reader: XdrReader): FaultOperation | null {
  const operation = LAYOUTS[code]?.operation ?? null;
  if (code === NFS4.SETATTR) return setsSize(reader) ? 'truncate' : 'setattr';
  if (code === NFS4.OPEN) return createsFile(reader) ? 'create' : 'open';
  return operation;
}

/** The name that an OPEN asks for in the current directory, or null where it names none. */
export function openedName(reader: XdrReader): string | null {
  skipToHow(reader);
  openHow(reader);
  return reader.number() === 0 ? reader.opaque().toString('utf8') : null;
}

function setsSize(reader: XdrReader): boolean {
  stateid(reader);
  return reader.number() > 0 && (reader.number() & SIZE_BIT) !== 0;
}

function createsFile(reader: XdrReader): boolean {
  skipToHow(reader);
  return reader.number() === OPEN_CREATES;
}

/** Sequence number, access, deny, and the owner. */
function skipToHow(reader: XdrReader): void {
  reader.skip(12 + 8).opaque();
}

function createArguments(reader: XdrReader): void {
  const type = reader.number();
  const [block, character, link] = [3, 4, 5];
  if (type === link) reader.opaque();
  else if (type === block || type === character) reader.skip(8);
  reader.opaque();
  attributes(reader);
}

function openArguments(reader: XdrReader): void {
  skipToHow(reader);
  openHow(reader);
  openClaim(reader);
}

/** UNCHECKED and GUARDED have attributes, EXCLUSIVE a verifier, EXCLUSIVE4_1 both. */
function openHow(reader: XdrReader): void {
  if (reader.number() !== OPEN_CREATES) return;
  const mode = reader.number();
  if (mode > 3) throw new XdrError(`there is no createmode ${mode}`);
  if (mode >= 2) reader.skip(8);
  if (mode !== 2) attributes(reader);
}

/** CLAIM_NULL and those after it, by number. */
const CLAIMS: readonly Skip[] = [
  opaque,
  bytes(4),
  inTurn(stateid, opaque),
  opaque,
  nothing,
  stateid,
  nothing,
];

function openClaim(reader: XdrReader): void {
  const claim = reader.number();
  const skip = CLAIMS[claim];
  if (!skip) throw new XdrError(`there is no claim ${claim}`);
  skip(reader);
}

function openResults(reader: XdrReader): void {
  inTurn(stateid, change, bytes(4), bitmap)(reader);
  const [none, read, write, noneBecause] = [0, 1, 2, 3];
  const delegation = reader.number();
  if (delegation === none) return;
  if (delegation === noneBecause) {
    const [contention, resource] = [1, 2];
    const why = reader.number();
    if (why === contention || why === resource) reader.skip(4);
    return;
  }
  if (delegation !== read && delegation !== write) {
    throw new XdrError(`there is no delegation ${delegation}`);
  }
  reader.skip(STATEID_BYTES + 4);
  // Of a write delegation how much may be written: a size, or blocks and their size.
  if (delegation === write) reader.skip(4 + 8);
  reader.skip(12).opaque();
}

function directoryEntries(reader: XdrReader): void {
  reader.skip(8);
  while (reader.boolean()) {
    reader.skip(8).opaque();
    attributes(reader);
  }
  reader.skip(4);
}
