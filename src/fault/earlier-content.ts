// What files held before they were last written, as far as it passed here: what a stale read gives.
// Kept in whole pages, within a limit of memory; the files that were not written for longest are
// forgotten first. A page counts once one call covered all of it.

const PAGE_BYTES = 4096;

interface Page {
  now: Uint8Array;
  before: Uint8Array | null;
}

type Pages = Map<number, Page>;

export class EarlierContent {
  readonly #bytesMax: number;
  /** By path, the one that was written last at the end. */
  readonly #files = new Map<string, Pages>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes that were acknowledged as written; what was known of the same place is earlier now. */
  wrote(path: string, offset: number, data: Uint8Array): void {
    const pages = this.#files.get(path) ?? new Map<number, Page>();
    this.#files.delete(path);
    this.#files.set(path, pages);
    const first = Math.ceil(offset / PAGE_BYTES);
    const end = Math.floor((offset + data.length) / PAGE_BYTES);
    for (let index = first; index < end; index++) {
      const from = index * PAGE_BYTES - offset;
      const now = data.slice(from, from + PAGE_BYTES);
      const known = pages.get(index);
      if (!known?.before) this.#bytes += PAGE_BYTES;
      pages.set(index, { now, before: known?.now ?? null });
    }
    while (this.#bytes > this.#bytesMax && this.#files.size > 1) {
      this.forget(this.#files.keys().next().value as string);
    }
    if (this.#bytes > this.#bytesMax) this.forget(path);
  }

  /** The name holds the other file now, and what it held is what was there earlier. */
  renamed(from: string, to: string): void {
    const moved = this.#files.get(from) ?? new Map<number, Page>();
    const replaced = this.#files.get(to);
    for (const [index, { now }] of replaced ?? []) {
      const page = moved.get(index);
      if (page) page.before = now;
    }
    this.#files.delete(from);
    this.forget(to);
    this.#files.set(to, moved);
    this.#bytes = this.#count();
  }

  forget(path: string): void {
    for (const page of this.#files.get(path)?.values() ?? []) {
      this.#bytes -= page.before ? 2 * PAGE_BYTES : PAGE_BYTES;
    }
    this.#files.delete(path);
  }

  clear(): void {
    this.#files.clear();
    this.#bytes = 0;
  }

  has(path: string, offset: number, length: number): boolean {
    return this.#earlier(path, offset, length).length > 0;
  }

  /**
   * Puts what was there earlier over `data`, which was read at `offset`.
   * @returns how many bytes were replaced
   */
  lay(path: string, offset: number, data: Uint8Array): number {
    const pages = this.#earlier(path, offset, data.length);
    for (const [index, before] of pages) data.set(before, index * PAGE_BYTES - offset);
    return pages.length * PAGE_BYTES;
  }

  #earlier(path: string, offset: number, length: number): [number, Uint8Array][] {
    const pages = this.#files.get(path);
    const found: [number, Uint8Array][] = [];
    const end = Math.floor((offset + length) / PAGE_BYTES);
    for (let index = Math.ceil(offset / PAGE_BYTES); pages && index < end; index++) {
      const before = pages.get(index)?.before;
      if (before) found.push([index, before]);
    }
    return found;
  }

  #count(): number {
    const all = [...this.#files.values()].flatMap((pages) => [...pages.values()]);
    return all.reduce((sum, { before }) => sum + (before ? 2 : 1) * PAGE_BYTES, 0);
  }
}
