// mount(2) and umount2(2) inside a guest, which has no mount.nfs. The kernel's client takes the
// options of nfs(5) as text and asks the server's mount daemon itself, as long as it is given the
// server's address.

import { createRequire } from 'node:module';
import { getSystemErrorName } from 'node:util';
import { HOST_ADDRESS, type NfsMount } from './guest-messages.ts';

const MS_SYNCHRONOUS = 16;
/** Detached from the tree at once, and gone as soon as nothing uses it. */
const MNT_DETACH = 2;

/** @throws Error with the errno */
export function mountNfs({ at, source, isSync, options }: NfsMount): void {
  const { calls, koffi } = load();
  const flags = isSync ? MS_SYNCHRONOUS : 0;
  const failed = calls.mount(source, at, 'nfs', flags, `${options},addr=${HOST_ADDRESS}`) !== 0;
  if (failed) throw new Error(`mount ${source} on ${at}: ${errnoName(koffi.errno())}`);
}

/** @throws Error with the errno */
export function unmount(at: string): void {
  const { calls, koffi } = load();
  if (calls.unmount(at, 0) === 0) return;
  const busy = koffi.errno();
  if (calls.unmount(at, MNT_DETACH) !== 0) throw new Error(`umount ${at}: ${errnoName(busy)}`);
}

function errnoName(errno: number): string {
  return getSystemErrorName(-errno);
}

interface Loaded {
  readonly koffi: typeof import('koffi');
  readonly calls: ReturnType<typeof bind>;
}

let loaded: Loaded | null = null;

function load(): Loaded {
  if (loaded !== null) return loaded;
  const koffi: typeof import('koffi') = createRequire(import.meta.url)('koffi');
  loaded = { koffi, calls: bind(koffi) };
  return loaded;
}

function bind(koffi: typeof import('koffi')) {
  const libc = koffi.load(null);
  return {
    mount: libc.func('mount', 'int', ['str', 'str', 'str', 'ulong', 'str']),
    unmount: libc.func('umount2', 'int', ['str', 'int']),
  };
}
