// What was there before the last write: page by page, by name, within a limit of memory.

import { expect, test } from 'vitest';
import { EarlierContent } from '../../../src/fault/earlier-content.ts';

const PAGE = 4096;

function filled(byte: number, bytes: number): Uint8Array {
  return new Uint8Array(bytes).fill(byte);
}

/** First byte of each page after earlier content was laid over zeros. */
function laid(content: EarlierContent, path: string, offset: number, bytes: number): number[] {
  const data = filled(0, bytes);
  content.lay(path, offset, data);
  return Array.from({ length: Math.floor(bytes / PAGE) }, (_, page) => data[page * PAGE] as number);
}

test('the content before the last write of each page, and of no other place', () => {
  const content = new EarlierContent(2 ** 20);
  content.wrote('/a', 0, filled(1, 3 * PAGE));
  expect(content.has('/a', 0, 3 * PAGE)).toBe(false);
  content.wrote('/a', PAGE, filled(2, PAGE));
  content.wrote('/a', PAGE, filled(3, PAGE));
  expect(laid(content, '/a', 0, 3 * PAGE)).toEqual([0, 2, 0]);
  expect(laid(content, '/b', 0, 3 * PAGE)).toEqual([0, 0, 0]);
  // Half of a page is not known to be all of it.
  content.wrote('/a', 2 * PAGE + 1, filled(9, PAGE));
  expect(content.has('/a', 2 * PAGE, 2 * PAGE)).toBe(false);
});

test('a rename makes what the name held the earlier content', () => {
  const content = new EarlierContent(2 ** 20);
  content.wrote('/a', 0, filled(1, PAGE));
  content.wrote('/temporary', 0, filled(2, PAGE));
  content.renamed('/temporary', '/a');
  expect(laid(content, '/a', 0, PAGE)).toEqual([1]);
  expect(content.has('/temporary', 0, PAGE)).toBe(false);
  content.wrote('/a', 0, filled(3, PAGE));
  expect(laid(content, '/a', 0, PAGE)).toEqual([2]);
});

test('beyond the limit the file that was not written for longest is forgotten', () => {
  const content = new EarlierContent(4 * PAGE);
  for (const path of ['/old', '/new']) {
    content.wrote(path, 0, filled(1, PAGE));
    content.wrote(path, 0, filled(2, PAGE));
  }
  expect(content.has('/old', 0, PAGE)).toBe(true);
  content.wrote('/new', PAGE, filled(1, PAGE));
  expect(content.has('/old', 0, PAGE)).toBe(false);
  expect(content.has('/new', 0, PAGE)).toBe(true);
  content.wrote('/huge', 0, filled(1, 9 * PAGE));
  expect(content.has('/new', 0, PAGE)).toBe(false);
});
