// What pages held before: before their last write, for stale reads; at the last fsync, for crashes.

import { describe, expect, it } from 'vitest';
import { PAGE_BYTES, PageHistory } from '../../../src/fault/page-history.ts';

const page = (byte: number, bytes = PAGE_BYTES) => Buffer.alloc(bytes, byte);
const PLENTY = 100 * PAGE_BYTES;

/** A read of so many pages that gave `now`, as a stale one gives it. */
function stale(history: PageHistory, offset: number, length: number, now: Buffer): Buffer {
  const memory = Buffer.alloc(length);
  now.copy(memory);
  return memory.subarray(0, history.layBefore(offset, memory, now.length));
}

describe('the history of pages', () => {
  it('gives a page as it was before its last write, and others as they are', () => {
    const history = new PageHistory(PLENTY);
    history.keep(1, 1, page(1), 3 * PAGE_BYTES, false);
    history.keep(1, 1, page(2), 3 * PAGE_BYTES, false);
    expect(history.hasBefore(0, PAGE_BYTES)).toBe(false);
    expect(history.hasBefore(PAGE_BYTES - 1, 2)).toBe(true);
    const read = stale(history, 0, 3 * PAGE_BYTES, page(3, 3 * PAGE_BYTES));
    expect(read.equals(Buffer.concat([page(3), page(2), page(3)]))).toBe(true);
  });

  it('gives parts of pages to reads that begin and end within them', () => {
    const history = new PageHistory(PLENTY);
    const before = Buffer.from(Array.from({ length: PAGE_BYTES }, (_, at) => at % 251));
    history.keep(0, 1, before, PAGE_BYTES, false);
    const read = stale(history, 100, 50, page(9, 50));
    expect(read.equals(before.subarray(100, 150))).toBe(true);
  });

  it('ends where the file ended before, and where it was longer reaches so far', () => {
    const grown = new PageHistory(PLENTY);
    grown.keep(0, 1, page(1, 100), 100, false);
    expect(stale(grown, 0, PAGE_BYTES, page(2)).equals(page(1, 100))).toBe(true);
    const cut = new PageHistory(PLENTY);
    cut.keep(0, 1, page(1), PAGE_BYTES, true);
    expect(stale(cut, 0, PAGE_BYTES, Buffer.alloc(0)).equals(page(1))).toBe(true);
  });

  it('counts a truncation and the write after it as one change', () => {
    const history = new PageHistory(PLENTY);
    history.keep(0, 1, page(1), PAGE_BYTES, true);
    history.keep(0, 1, Buffer.alloc(0), 0, false);
    expect(stale(history, 0, PAGE_BYTES, page(2)).equals(page(1))).toBe(true);
    history.keep(0, 1, page(2), PAGE_BYTES, false);
    expect(stale(history, 0, PAGE_BYTES, page(3)).equals(page(2))).toBe(true);
  });

  it('loses in a crash what came after the fsync, however often it was written', () => {
    const history = new PageHistory(PLENTY);
    expect(history.lost()).toBe(null);
    history.keep(0, 1, page(1), PAGE_BYTES, false);
    history.keep(0, 2, Buffer.concat([page(2)]), PAGE_BYTES, false);
    const lost = history.lost();
    expect(lost?.size).toBe(PAGE_BYTES);
    expect([...(lost?.pages ?? [])].map(([number, data]) => [number, data.length])).toEqual([
      [0, PAGE_BYTES],
      [1, 0],
    ]);
    expect(lost?.pages.get(0)).toEqual(new Uint8Array(page(1)));
    history.synced();
    expect(history.lost()).toBe(null);
  });

  it('lets the oldest pages go beyond its limit', () => {
    const history = new PageHistory(2 * PAGE_BYTES);
    for (const number of [0, 1, 2]) history.keep(number, 1, page(number), PLENTY, false);
    const known = [0, 1, 2].map((number) => history.hasBefore(number * PAGE_BYTES, 1));
    expect(known).toEqual([false, true, true]);
    expect([...(history.lost()?.pages.keys() ?? [])]).toEqual([1, 2]);
  });
});
