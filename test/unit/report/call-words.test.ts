// The late error beside the damage, and the ranges of a whole file, in words.

import { expect, test } from 'vitest';
import { callWords, wholeFileWords } from '../../../src/report/call-words.ts';

test('says that only a later call told of it, where that is so', () => {
  const late = { writes: 1234, failed: [{ operation: 'close', errno: 'EROFS' }] };
  expect(callWords({ calls: late })).toEqual([
    'every write() reported success (1,234 of them); only close() said EROFS',
  ]);
  const told = { writes: 3, failed: [{ operation: 'write', errno: 'EIO' }, ...late.failed] };
  expect(callWords({ calls: told })).toEqual(['write() said EIO, close() said EROFS']);
  expect(callWords({})).toEqual([]);
});

test('names the first ranges with their lengths, and says how many more there are', () => {
  const range = (offset: number, zeros: boolean) => ({ offset, length: 2 ** 20, zeros });
  expect(wholeFileWords({ wholeFile: [range(2 ** 21, true), range(2 ** 23, false)] })).toEqual([
    'in the whole file 2MiB are wrong: 1MiB zeros at 2,097,152, 1MiB wrong at 8,388,608',
  ]);
  const many = Array.from({ length: 6 }, (_, index) => range(index * 2 ** 22, true));
  expect(wholeFileWords({ wholeFile: many })[0]).toMatch(/, and 2 more ranges$/);
  expect(wholeFileWords({})).toEqual([]);
});
