// The rows of the picture of an early pickup.

import { expect, it } from 'vitest';
import type { EarlyPickups } from '../../../src/domain/delivery.ts';
import { pickupRows } from '../../../web/pickup-rows.ts';

const PICKUP: EarlyPickups = {
  rule: 'size-stable',
  count: 1,
  earlyMs: { min: 400, max: 400 },
  sameLength: 1,
  example: {
    ...{ trial: 3, partBytes: 65_536, isSameLength: true, writeMs: 1000, earlyMs: 400, copyMs: 20 },
    ...{ wrongParts: [1], wrongPartsInAll: 1, zeroParts: 1 },
    parts: [
      { part: 2, atMs: 10 },
      { part: 0, atMs: 500 },
      { part: 1, atMs: 1000 },
    ],
  },
};

it('puts parts, the belief, the copy and the end on one time line', () => {
  const { dots, readyMs, copyEndMs, doneMs, lastMs, readyWords } = pickupRows(PICKUP);
  expect({ readyMs, copyEndMs, doneMs, lastMs }).toEqual({
    ...{ readyMs: 600, copyEndMs: 620, doneMs: 1000, lastMs: 1000 },
  });
  expect(dots.map(({ part, kind }) => [part, kind])).toEqual([
    [2, 'in the copy'],
    [0, 'in the copy'],
    [1, 'not in the copy'],
  ]);
  expect(dots[2]?.words).toBe('part 1 (64KiB), written at 1.0s: not in the copy');
  expect(readyWords).toBe('size-stable says ready');
});

it('where not all wrong parts are named, the time says which are missing', () => {
  const example = { ...PICKUP.example, wrongParts: [], wrongPartsInAll: 1 };
  expect(pickupRows({ ...PICKUP, example }).dots.map(({ kind }) => kind)).toEqual([
    'in the copy',
    'in the copy',
    'not in the copy',
  ]);
});
