// What the pages of one file held before: before their last write (what a stale read gives), and
// when the file was last synced (what a crash leaves). Kept while a fault wants it, up to a limit:
// then the oldest page is let go, as a kernel writes back by itself what has waited for long.

export const PAGE_BYTES = 4096;

interface Earlier {
  readonly data: Uint8Array;
  /** Removed by a truncation: the write that follows does not count as another one. */
  isCut: boolean;
}

export class PageHistory {
  readonly #bytesMax: number;
  readonly #before = new Map<number, Earlier>();
  readonly #synced = new Map<number, Uint8Array>();
  #syncedSize: number | null = null;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /**
   * Keeps the pages that a write or a truncation is about to change.
   * @param data what they hold now, from the first page on; shorter where the file ends
   */
  keep(firstPage: number, pages: number, data: Uint8Array, size: number, isCut: boolean): void {
    this.#syncedSize ??= size;
    for (let index = 0; index < pages; index++) {
      const page = firstPage + index;
      // A copy: a view would keep all of `data` for as long as its last page is kept.
      const now = new Uint8Array(data.subarray(index * PAGE_BYTES, (index + 1) * PAGE_BYTES));
      const before = this.#before.get(page);
      if (before?.isCut && !isCut) before.isCut = false;
      else this.#before.set(page, { data: now, isCut });
      if (!this.#synced.has(page)) this.#synced.set(page, now);
    }
    for (const map of [this.#before, this.#synced]) {
      while (map.size * PAGE_BYTES > this.#bytesMax) map.delete(map.keys().next().value as number);
    }
  }

  /** The file is on its medium as it is now. */
  synced(): void {
    this.#synced.clear();
    this.#syncedSize = null;
  }

  /** What a crash puts back; null where nothing is lost. */
  lost(): { readonly size: number; readonly pages: ReadonlyMap<number, Uint8Array> } | null {
    return this.#syncedSize === null ? null : { size: this.#syncedSize, pages: this.#synced };
  }

  /** The range that `lost` puts back; null where nothing is lost. */
  lostRange(): { readonly offset: number; readonly length: number } | null {
    if (this.#syncedSize === null) return null;
    let first = Number.POSITIVE_INFINITY;
    let end = 0;
    for (const page of this.#synced.keys()) {
      first = Math.min(first, page * PAGE_BYTES);
      end = Math.max(end, (page + 1) * PAGE_BYTES);
    }
    const offset = Math.min(first, end);
    return { offset, length: end - offset };
  }

  /** Whether a read of this range has something older to give. */
  hasBefore(offset: number, length: number): boolean {
    for (const page of pagesOf(offset, length)) if (this.#before.has(page)) return true;
    return false;
  }

  /**
   * Lays what was there before over what was read.
   * @param into as long as the read; what was read is at its start
   * @returns how many bytes the stale read gives
   */
  layBefore(offset: number, into: Uint8Array, read: number): number {
    let end = read;
    for (const page of pagesOf(offset, into.length)) {
      const before = this.#before.get(page)?.data;
      if (!before) continue;
      const at = page * PAGE_BYTES - offset;
      const from = Math.max(0, at);
      const to = Math.min(into.length, at + PAGE_BYTES);
      into.fill(0, from, to);
      into.set(before.subarray(from - at, to - at), from);
      const isLast = end <= to;
      if (isLast) end = Math.max(from, Math.min(to, at + before.length));
    }
    return end;
  }
}

function* pagesOf(offset: number, length: number): Generator<number> {
  const last = Math.ceil((offset + length) / PAGE_BYTES);
  for (let page = Math.floor(offset / PAGE_BYTES); page < last; page++) yield page;
}
