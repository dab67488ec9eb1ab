// What is laid over files while faults want it: writes that wait, and what was there before. By the
// file itself (device and inode), since names and descriptors come and go; each has a descriptor of
// its own, so that it lasts until its writes are carried out. Nothing is kept without such a fault.

import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { PAGE_BYTES, PageHistory } from '../page-history.ts';
import { free } from './call-memory.ts';
import { DelayedWrites } from './delayed-writes.ts';
import type { OpenFile } from './open-files.ts';

/** Of history, for each file; of writes that wait, beyond which the oldest are carried out. */
const BYTES_MAX = 256 * 2 ** 20;
/** Files that nobody has open and whose history is kept: each costs a descriptor. */
const IDLE_FILES_MAX = 200;

export class FileLayers {
  /** As it was when it was last known, from the root of the mount. */
  path: string;
  readonly handle: FileHandle;
  readonly delayed = new DelayedWrites();
  readonly history = new PageHistory(BYTES_MAX);
  /** Of the file before its last write. */
  statsBefore: Stats | null = null;
  /** Descriptors of programs. */
  readonly users = new Set<number>();
  /** One at a time, in the order of the calls. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.handle = handle;
  }

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  /** Keeps what a write of this range, or a truncation to `offset`, is about to change. */
  async keep(offset: number, length: number | 'rest'): Promise<void> {
    const stats = await this.handle.stat();
    const isCut = length === 'rest';
    const end = isCut ? Math.max(stats.size, offset) : offset + length;
    const first = Math.floor(offset / PAGE_BYTES);
    const pages = Math.ceil(end / PAGE_BYTES) - first;
    const bytes = Buffer.alloc(Math.max(0, Math.min(pages, BYTES_MAX / PAGE_BYTES)) * PAGE_BYTES);
    const { bytesRead } = await this.handle.read(bytes, 0, bytes.length, first * PAGE_BYTES);
    const read = bytes.subarray(0, bytesRead);
    this.history.keep(first, bytes.length / PAGE_BYTES, read, stats.size, isCut);
    free(bytes);
    this.statsBefore = stats;
  }

  /** Carries out what is due. @throws Error of the system: the first one, the others go on */
  async carryOut(at: 'close' | 'fsync'): Promise<void> {
    let failure: unknown = null;
    for (const { data, offset } of this.delayed.take(at)) {
      await writeAll(this.handle, data, offset).catch((error) => {
        failure ??= error;
      });
    }
    if (failure !== null) throw failure;
  }

  get isFull(): boolean {
    return this.delayed.bytes > BYTES_MAX;
  }

  /** What was written since the last fsync is gone. Returns the bytes put back; null for none. */
  async crash(): Promise<number | null> {
    this.delayed.take('close');
    const lost = this.history.lost();
    if (lost === null) return null;
    let bytes = 0;
    for (const [page, data] of lost.pages) {
      await writeAll(this.handle, data, page * PAGE_BYTES);
      bytes += data.length;
    }
    await this.handle.truncate(lost.size);
    this.history.synced();
    return bytes;
  }
}

async function writeAll(handle: FileHandle, data: Uint8Array, offset: number): Promise<void> {
  for (let at = 0; at < data.length; ) {
    at += (await handle.write(data, at, data.length - at, offset + at)).bytesWritten;
  }
}

export class LayeredFiles {
  readonly #files = new Map<string, FileLayers>();
  readonly #opening = new Map<string, Promise<FileLayers | null>>();

  get isEmpty(): boolean {
    return this.#files.size === 0;
  }

  all(): readonly FileLayers[] {
    return [...this.#files.values()];
  }

  /** Those of the file with these attributes, where there are any. */
  find(stats: { readonly dev: number | bigint; readonly ino: number | bigint }): FileLayers | null {
    return this.#files.get(`${stats.dev}:${stats.ino}`) ?? null;
  }

  /** Those of an open file; made where there are none. Null where this user may not write to it. */
  async of({ fd, path }: Pick<OpenFile, 'fd' | 'path'>, stats: Stats): Promise<FileLayers | null> {
    const key = `${stats.dev}:${stats.ino}`;
    const known = this.#files.get(key);
    if (known) {
      known.users.add(fd);
      return known;
    }
    const opening = this.#opening.get(key) ?? this.#open(key, fd, path);
    this.#opening.set(key, opening);
    const layers = await opening;
    this.#opening.delete(key);
    layers?.users.add(fd);
    return layers;
  }

  async #open(key: string, fd: number, path: string): Promise<FileLayers | null> {
    try {
      // By its descriptor: it may have no name any more.
      const handle = await open(`/proc/self/fd/${fd}`, constants.O_RDWR);
      const layers = new FileLayers(path, handle);
      this.#files.set(key, layers);
      return layers;
    } catch {
      return null;
    }
  }

  /** A program closed its descriptor; what nobody needs any more is let go. */
  async released(fd: number, wantsHistory: boolean): Promise<void> {
    for (const layers of this.#files.values()) {
      if (!layers.users.delete(fd) || layers.users.size > 0) continue;
      await layers.inTurn(() => layers.carryOut('close')).catch(() => undefined);
    }
    let spare = wantsHistory ? IDLE_FILES_MAX : 0;
    for (const [key, layers] of [...this.#files].reverse()) {
      if (layers.users.size > 0 || spare-- > 0) continue;
      this.#files.delete(key);
      await layers.handle.close();
    }
  }

  async close(): Promise<void> {
    for (const layers of this.all()) {
      await layers.inTurn(() => layers.carryOut('close')).catch(() => undefined);
      await layers.handle.close();
    }
    this.#files.clear();
  }
}
