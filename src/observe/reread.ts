// A second, third and fourth look at bytes that came out wrong, taken by the reader itself before
// anything is closed: through the same descriptor, after dropping the page cache, and past it with
// O_DIRECT. Which of them agree says in which layer the damage lives. All of it is synchronous: the
// shorter the time since the first read, the more a second one says about it.

import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  openSync,
  readSync,
  statSync,
} from 'node:fs';
import { monotonicNs } from '../base/clock.ts';
import { wrongSeen } from '../base/recorded-calls.ts';
import { errnoOf } from '../domain/errors.ts';
import type { Reread } from '../domain/observation.ts';
import { cachedPages, PAGE_BYTES, systemCalls } from './system-calls.ts';

/**
 * The little of WebAssembly that is used here; its types come with the DOM's, which Node has not.
 */
const wasm = (globalThis as unknown as { WebAssembly: WasmMemoryMaker }).WebAssembly;

interface WasmMemoryMaker {
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
}

export interface RereadRequest {
  /** Open for reading, or -1 where the first read could not open the file. */
  readonly fd: number;
  /** For a descriptor of our own, where /proc cannot give one for the same inode. */
  readonly path: string;
  /** The damaged window, bytes. */
  readonly offset: number;
  readonly length: number;
  /** Page-aligned scratch memory of at least `length` + 8 KiB, to save making one. */
  readonly buffer?: Uint8Array;
  /** Put into the scratch memory before each read, so that bytes never filled can be seen. */
  readonly poisonWord?: bigint;
}

interface Look {
  readonly bytes: Uint8Array;
  readonly fileBytes: number;
}

/**
 * Never throws; a look that was not possible says why. Order: same-descriptor, cache-dropped,
 * direct.
 */
export function reread(request: RereadRequest): Reread[] {
  const scratch = request.buffer ?? pageAlignedBuffer(request.length + 2 * PAGE_BYTES);
  const same = takeLook('same-descriptor', () => lookThroughSame(request, scratch));
  // After the first look, which cannot wait: the next ones may.
  wrongSeen();
  return [
    same,
    takeLook('cache-dropped', () => lookAfterDrop(request, scratch)),
    takeLook('direct', () => lookDirect(request, scratch)),
  ];
}

/** Zeroed memory whose first byte is on a page boundary, as O_DIRECT needs; size rounded up. */
export function pageAlignedBuffer(bytes: number): Uint8Array {
  const wasmPages = Math.max(1, Math.ceil(bytes / 65536));
  return new Uint8Array(new wasm.Memory({ initial: wasmPages }).buffer);
}

function takeLook(how: Reread['how'], look: () => Look & { note?: string }): Reread {
  const atNs = monotonicNs().toString();
  try {
    return { how, atNs, outcome: 'read', ...look() };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { how, atNs, outcome: 'not-possible', note: reasonOf(how, errnoOf(error), said) };
  }
}

function reasonOf(how: Reread['how'], errno: string | null, said: string): string {
  if (how === 'direct' && errno === 'EINVAL') return 'the file system refuses O_DIRECT (EINVAL)';
  return said;
}

function lookThroughSame(request: RereadRequest, scratch: Uint8Array): Look {
  if (request.fd < 0) throw new Error('the file was not open');
  try {
    return readWindow(request.fd, request, scratch, false);
  } catch (error) {
    // A descriptor opened with O_DIRECT refuses a window that is not aligned.
    if (errnoOf(error) !== 'EINVAL') throw error;
    return readWindow(request.fd, request, scratch, true);
  }
}

function lookAfterDrop(request: RereadRequest, scratch: Uint8Array): Look & { note?: string } {
  const notes: string[] = [];
  const own = openOwn(request, 0, notes);
  try {
    dropCache(own, request, notes);
    const look = readWindow(own, request, scratch, false);
    return notes.length === 0 ? look : { ...look, note: notes.join('; ') };
  } finally {
    closeSync(own);
  }
}

function lookDirect(request: RereadRequest, scratch: Uint8Array): Look & { note?: string } {
  const notes: string[] = [];
  const own = openOwn(request, constants.O_DIRECT, notes);
  try {
    const look = readWindow(own, request, scratch, true);
    return notes.length === 0 ? look : { ...look, note: notes.join('; ') };
  } finally {
    closeSync(own);
  }
}

/**
 * A new descriptor for the same inode, even when its name has been given to another file since:
 * through /proc/self/fd, else by name when the name still means that file.
 */
function openOwn(request: RereadRequest, flags: number, notes: string[]): number {
  const mode = constants.O_RDONLY | flags;
  if (request.fd < 0) return openSync(request.path, mode);
  try {
    return openSync(`/proc/self/fd/${request.fd}`, mode);
  } catch (error) {
    if (errnoOf(error) === 'EINVAL') throw error;
  }
  const open = fstatSync(request.fd, { bigint: true });
  const named = statSync(request.path, { bigint: true });
  if (open.ino !== named.ino || open.dev !== named.dev) {
    throw new Error('the name now means another file, and the first one cannot be opened again');
  }
  notes.push('opened again by name');
  return openSync(request.path, mode);
}

/** Drops the window's pages; what did not leave is said in `notes`. */
function dropCache(fd: number, { offset, length }: RereadRequest, notes: string[]): void {
  try {
    fdatasyncSync(fd);
  } catch (error) {
    notes.push(`fdatasync: ${errnoOf(error) ?? 'failed'}`);
  }
  const { calls, because } = systemCalls();
  if (calls === null) {
    notes.push(`the cache was not dropped: ${because}`);
    return;
  }
  const [start, end] = pageWindow(offset, length);
  let error = calls.dropPages(fd, start, end - start);
  let left = cachedPages(fd, start, end - start);
  if (left !== null && left > 0) {
    // A large folio that reaches beyond the range stays unless all of it is given up.
    error = calls.dropPages(fd, 0, 0);
    left = cachedPages(fd, start, end - start);
  }
  const pages = (end - start) / PAGE_BYTES;
  if (error !== 0) notes.push(`posix_fadvise returned error ${error}`);
  if (left === null) notes.push('whether the pages left the cache is not known');
  else if (left > 0) notes.push(`${left} of ${pages} pages stayed in the cache`);
}

function pageWindow(offset: number, length: number): [start: number, end: number] {
  const start = Math.floor(offset / PAGE_BYTES) * PAGE_BYTES;
  return [start, Math.ceil(Math.max(offset + length, start + 1) / PAGE_BYTES) * PAGE_BYTES];
}

/** `aligned` reads whole pages around the window and cuts it out of them. */
function readWindow(
  fd: number,
  request: RereadRequest,
  scratch: Uint8Array,
  aligned: boolean,
): Look {
  const wanted = request.offset + request.length;
  const [start, end] = aligned
    ? pageWindow(request.offset, request.length)
    : [request.offset, wanted];
  const into = scratch.subarray(0, end - start);
  poison(into, request.poisonWord);
  let got = 0;
  while (got < into.length) {
    const count = readSync(fd, into, got, into.length - got, start + got);
    got += count;
    // After a part of a page an O_DIRECT read could only go on unaligned; it was the end of
    // the file.
    if (count === 0 || (aligned && count % PAGE_BYTES !== 0)) break;
  }
  const from = request.offset - start;
  const bytes = into.slice(from, Math.max(from, Math.min(got, wanted - start)));
  return { bytes, fileBytes: fstatSync(fd).size };
}

function poison(into: Uint8Array, word: bigint | undefined): void {
  if (word === undefined) return;
  const pattern = new Uint8Array(BigUint64Array.of(word).buffer);
  for (let at = 0; at < into.length; at += 8) {
    into.set(into.length - at < 8 ? pattern.subarray(0, into.length - at) : pattern, at);
  }
}
