// The procedures of NFSv3 that a client of files needs (RFC 1813, section 3.3), each as one
// function from its arguments to what its reply says.

import type { Stability } from '../domain/medium.ts';
import type { Handle, NfsCalls } from './nfs-transport.ts';

/** stable_how; `any` is UNSTABLE, and whoever writes so commits. */
const STABLE: Readonly<Record<Stability, number>> = {
  any: 0,
  unstable: 0,
  'data-sync': 1,
  'file-sync': 2,
};

const TYPE_DIRECTORY = 2;
const UNCHECKED = 0;
const GUARDED = 1;
const READDIR_BYTES = 65_536;
/** ACCESS3_MODIFY and ACCESS3_EXTEND, which for a directory are its entries. */
const ACCESS_WRITE = 0x0004 | 0x0008;
const NO_TIME = { set: 0, time: { seconds: 0, nanoseconds: 0 } };
const NOTHING = { set: 0, value: 0 };

export interface Attributes {
  readonly isDirectory: boolean;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  readonly allocatedBytes: number;
  readonly permissions: number;
}

export interface WriteReply {
  readonly count: number;
  /** As stable_how: how far it has come. */
  readonly committed: number;
  /** 16 hex digits; another one means that the server may have forgotten unstable writes. */
  readonly verifier: string;
}

export interface Place {
  readonly directory: Handle;
  readonly name: string;
}

export function getattr(calls: NfsCalls, object: Handle): Promise<Attributes> {
  return calls.call('GETATTR', { object: opaque(object) }, (ok) => attributesOf(ok.attributes));
}

/** SETATTR of the size alone. */
export function truncate(calls: NfsCalls, object: Handle, size: number): Promise<void> {
  const guard = { check: 0, ctime: { seconds: 0, nanoseconds: 0 } };
  const args = { object: opaque(object), wanted: wanted({ size }), guard };
  return calls.call('SETATTR', args, () => undefined);
}

export function lookup(calls: NfsCalls, place: Place): Promise<Handle> {
  return calls.call('LOOKUP', onPlace(place), (ok) => calls.bytes(ok.object));
}

/** @param into at most what the server takes at a time. Returns the bytes that came. */
export function read(
  calls: NfsCalls,
  file: Handle,
  offset: number,
  into: Uint8Array,
): Promise<{ count: number; isEnd: boolean }> {
  const args = { file: opaque(file), offset, count: into.length };
  return calls.call('READ', args, (ok) => ({
    count: calls.copy(ok.data, into),
    isEnd: ok.end !== 0,
  }));
}

/** @param bytes at most what the server takes at a time */
export function write(
  calls: NfsCalls,
  file: Handle,
  offset: number,
  bytes: Uint8Array,
  stability: Stability,
): Promise<WriteReply> {
  const args = {
    file: opaque(file),
    offset,
    count: bytes.length,
    stable: STABLE[stability],
    data: opaque(bytes),
  };
  return calls.call('WRITE', args, (ok) => ({
    count: ok.count as number,
    committed: ok.committed as number,
    verifier: hex(ok.verifier),
  }));
}

/** Of the whole file. Returns the verifier. */
export function commit(calls: NfsCalls, file: Handle): Promise<string> {
  const args = { file: opaque(file), offset: 0, count: 0 };
  return calls.call('COMMIT', args, (ok) => hex(ok.verifier));
}

/** An empty file, whatever the name held. */
export function create(
  calls: NfsCalls,
  place: Place,
  isNew: boolean,
  mode = 0o600,
): Promise<Handle> {
  const how = { mode: isNew ? GUARDED : UNCHECKED, wanted: wanted({ mode, size: 0 }) };
  return made(calls, 'CREATE', { ...onPlace(place), how }, place);
}

export function mkdir(calls: NfsCalls, place: Place): Promise<Handle> {
  const args = { ...onPlace(place), wanted: wanted({ mode: 0o755 }) };
  return made(calls, 'MKDIR', args, place);
}

export function remove(
  calls: NfsCalls,
  procedure: 'REMOVE' | 'RMDIR',
  place: Place,
): Promise<void> {
  return calls.call(procedure, onPlace(place), () => undefined);
}

export function rename(calls: NfsCalls, from: Place, to: Place): Promise<void> {
  const args = { from: onPlace(from).place, to: onPlace(to).place };
  return calls.call('RENAME', args, () => undefined);
}

/** A second name for a file; refused where the name is taken (NFS3ERR_EXIST). */
export function link(calls: NfsCalls, file: Handle, to: Place): Promise<void> {
  return calls.call('LINK', { file: opaque(file), link: onPlace(to).place }, () => undefined);
}

/** All names but . and .., in the order of the server. */
export async function readdir(calls: NfsCalls, directory: Handle): Promise<string[]> {
  const names: string[] = [];
  let cookie = 0n;
  let verifier: unknown = new Uint8Array(8);
  for (;;) {
    const args = { dir: opaque(directory), cookie, verifier, count: READDIR_BYTES };
    const page = await calls.call('READDIR', args, (ok) => ({
      entries: calls.entries(ok.entries),
      verifier: Uint8Array.from(ok.verifier as ArrayLike<number>),
      isEnd: ok.end !== 0,
    }));
    for (const { name } of page.entries) if (name !== '.' && name !== '..') names.push(name);
    const last = page.entries.at(-1);
    if (page.isEnd || last === undefined) return names;
    ({ verifier } = page);
    cookie = last.cookie;
  }
}

/** Whether this user may add to a directory and change what is in it, as far as is known now. */
export function mayWrite(calls: NfsCalls, directory: Handle): Promise<boolean> {
  const args = { object: opaque(directory), access: ACCESS_WRITE };
  return calls.call('ACCESS', args, (ok) => ok.access === ACCESS_WRITE);
}

/** Bytes that are free to this user. */
export function fsstat(calls: NfsCalls, root: Handle): Promise<number> {
  return calls.call('FSSTAT', { object: opaque(root) }, (ok) => Number(ok.available));
}

export function fsinfo(
  calls: NfsCalls,
  root: Handle,
): Promise<{ readMax: number; writeMax: number }> {
  return calls.call('FSINFO', { object: opaque(root) }, (ok) => ({
    readMax: ok.readMax as number,
    writeMax: ok.writeMax as number,
  }));
}

/** A server need not say the handle of what it made. */
async function made(
  calls: NfsCalls,
  procedure: 'CREATE' | 'MKDIR',
  args: object,
  place: Place,
): Promise<Handle> {
  const handle = await calls.call(procedure, args, ({ object }) => {
    const { follows, handle } = object as { follows: number; handle: unknown };
    return follows === 0 ? null : calls.bytes(handle);
  });
  return handle ?? lookup(calls, place);
}

function opaque(bytes: Uint8Array) {
  return { length: bytes.length, value: bytes };
}

function onPlace({ directory, name }: Place) {
  return { place: { dir: opaque(directory), name } };
}

function wanted({ mode, size }: { mode?: number; size?: number }) {
  return {
    mode: mode === undefined ? NOTHING : { set: 1, value: mode },
    uid: NOTHING,
    gid: NOTHING,
    size: size === undefined ? NOTHING : { set: 1, value: size },
    atime: NO_TIME,
    mtime: NO_TIME,
  };
}

function attributesOf(attributes: unknown): Attributes {
  const { type, mode, size, used, mtime } = attributes as {
    readonly type: number;
    readonly mode: number;
    readonly size: number | bigint;
    readonly used: number | bigint;
    readonly mtime: { readonly seconds: number; readonly nanoseconds: number };
  };
  return {
    isDirectory: type === TYPE_DIRECTORY,
    size: Number(size),
    modifiedMs: mtime.seconds * 1000 + mtime.nanoseconds / 1e6,
    allocatedBytes: Number(used),
    permissions: mode & 0o777,
  };
}

function hex(verifier: unknown): string {
  return Buffer.from(verifier as ArrayLike<number>).toString('hex');
}
