// Requests of SFTP version 3 as calls with the names of POSIX: draft-ietf-secsh-filexfer-02, and
// the extensions of OpenSSH (its file PROTOCOL, section 4). What is not known has no operation and
// passes untouched.

import type { FaultOperation } from '../../domain/fault.ts';

export const TYPE = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  opendir: 11,
  realpath: 16,
  extended: 200,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attrs: 105,
} as const;

/** SSH_FXF_ flags that have the meaning of a flag of open(2). */
const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [0x04, 'O_APPEND'],
  [0x10, 'O_TRUNC'],
];
const FXF_CREAT = 0x08;
/** SSH_FILEXFER_ATTR_SIZE */
export const ATTR_SIZE = 0x01;
const FXF_READ = 0x01;

/** What names the file: a path, two of them, or a handle. */
type Naming = 'path' | 'handle' | 'none';

const REQUESTS: Readonly<Record<number, readonly [FaultOperation, Naming]>> = {
  1: ['connect', 'none'],
  3: ['open', 'path'],
  4: ['close', 'handle'],
  5: ['read', 'handle'],
  6: ['write', 'handle'],
  7: ['getattr', 'path'],
  8: ['getattr', 'handle'],
  9: ['setattr', 'path'],
  10: ['setattr', 'handle'],
  11: ['readdir', 'path'],
  12: ['readdir', 'handle'],
  13: ['unlink', 'path'],
  14: ['mkdir', 'path'],
  15: ['rmdir', 'path'],
  16: ['lookup', 'path'],
  17: ['getattr', 'path'],
  18: ['rename', 'path'],
  19: ['lookup', 'path'],
  20: ['link', 'path'],
};

const EXTENDED: Readonly<Record<string, readonly [FaultOperation, Naming]>> = {
  'posix-rename@openssh.com': ['rename', 'path'],
  'hardlink@openssh.com': ['link', 'path'],
  'fsync@openssh.com': ['fsync', 'handle'],
  'statvfs@openssh.com': ['getattr', 'path'],
  'fstatvfs@openssh.com': ['getattr', 'handle'],
  'lsetstat@openssh.com': ['setattr', 'path'],
  'expand-path@openssh.com': ['lookup', 'path'],
};

export interface SftpRequest {
  readonly type: number;
  readonly id: number;
  /** Null for what passes untouched. */
  readonly operation: FaultOperation | null;
  /** As the client wrote it; null where a handle stands for it. */
  readonly path: string | null;
  /** Of a rename or link: the other name. */
  readonly otherPath: string | null;
  /** Its bytes as text (latin1), to look up. */
  readonly handle: string | null;
  readonly offset: number;
  readonly length: number;
  /** Of OPEN; absent elsewhere. */
  readonly flags: readonly string[] | null;
  /** Of WRITE, inside the packet. */
  readonly data: Buffer | null;
}

/** Null for a packet that ends before it should: it is the server's to refuse. */
export function readRequest(packet: Buffer): SftpRequest | null {
  try {
    return decode(packet);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** @throws RangeError where the packet is too short */
function decode(packet: Buffer): SftpRequest {
  const type = packet.readUInt8(4);
  const id = type === TYPE.init ? -1 : packet.readUInt32BE(5);
  const fields = new Fields(packet, 9);
  const name = type === TYPE.extended ? fields.string().toString('latin1') : '';
  const [operation, naming] = (type === TYPE.extended ? EXTENDED[name] : REQUESTS[type]) ?? NONE;
  const named = naming === 'none' ? null : fields.string();
  const request = {
    type,
    id,
    operation,
    path: naming === 'path' ? String(named) : null,
    otherPath: operation === 'rename' || operation === 'link' ? String(fields.string()) : null,
    handle: naming === 'handle' ? (named as Buffer).toString('latin1') : null,
    offset: 0,
    length: 0,
    flags: null,
    data: null,
  };
  if (type === TYPE.open) return { ...request, ...openFields(fields.uint32()) };
  if (operation === 'read') return { ...request, offset: fields.uint64(), length: fields.uint32() };
  if (operation === 'write') {
    const offset = fields.uint64();
    const data = fields.string();
    return { ...request, offset, length: data.length, data };
  }
  if (operation === 'setattr' && (fields.uint32() & ATTR_SIZE) !== 0) {
    return { ...request, operation: 'truncate', offset: fields.uint64() };
  }
  return request;
}

const NONE = [null, 'none'] as const;

/** A whole FSTAT. @param handle as text (latin1) */
export function fstatPacket(handle: string): Buffer {
  return requestPacket(TYPE.fstat, [text(Buffer.from(handle, 'latin1'))]);
}

/** A whole OPEN to read, of a file that is there. */
export function openToRead(name: string): Buffer {
  return requestPacket(TYPE.open, [text(Buffer.from(name)), numbers(FXF_READ, 0)]);
}

/** A whole READ. */
export function readPacket(handle: Buffer, offset: number, length: number): Buffer {
  const place = Buffer.alloc(8);
  place.writeBigUInt64BE(BigInt(offset));
  return requestPacket(TYPE.read, [text(handle), place, numbers(length)]);
}

/** Its number is 0, to be replaced. */
function requestPacket(type: number, fields: readonly Buffer[]): Buffer {
  const packet = Buffer.concat([numbers(0), Buffer.from([type]), numbers(0), ...fields]);
  packet.writeUInt32BE(packet.length - 4);
  return packet;
}

function numbers(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}

function text(bytes: Buffer): Buffer {
  return Buffer.concat([numbers(bytes.length), bytes]);
}

function openFields(bits: number): { operation: FaultOperation; flags: readonly string[] } {
  return {
    operation: (bits & FXF_CREAT) === 0 ? 'open' : 'create',
    flags: FLAGS.filter(([bit]) => (bits & bit) !== 0).map(([, flag]) => flag),
  };
}

/** Fields of a packet, one after the other. */
export class Fields {
  readonly #packet: Buffer;
  #at: number;

  constructor(packet: Buffer, at: number) {
    this.#packet = packet;
    this.#at = at;
  }

  uint32(): number {
    this.#at += 4;
    return this.#packet.readUInt32BE(this.#at - 4);
  }

  /** Beyond 2^53 it is not exact, and no file is so long. */
  uint64(): number {
    return this.uint32() * 2 ** 32 + this.uint32();
  }

  /** A view of the packet. */
  string(): Buffer {
    const length = this.uint32();
    if (this.#at + length > this.#packet.length) throw new RangeError('the packet ends before');
    this.#at += length;
    return this.#packet.subarray(this.#at - length, this.#at);
  }
}
