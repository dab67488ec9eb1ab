// What a report says of deliveries: counts, times, parts, and what it keeps silent about.

import { expect, it } from 'vitest';
import type { DeliveryAccount, Pickup } from '../../../src/domain/delivery.ts';
import { DeliverySums, deliveryWords } from '../../../src/report/delivery-words.ts';

const WHOLE: Pickup = {
  hop: 0,
  rule: 'size-stable',
  earlyMs: -20,
  copyMs: 3,
  seenBytes: 1024,
  copiedBytes: 1024,
  wrongParts: [],
  wrongPartsInAll: 0,
  zeroParts: 0,
};
const EARLY: Pickup = { ...WHOLE, earlyMs: 250, wrongParts: [2], wrongPartsInAll: 1, zeroParts: 1 };

function summed(...pickups: readonly Pickup[]) {
  const sums = new DeliverySums();
  pickups.forEach((pickup, index) => {
    const delivery: DeliveryAccount = {
      ...{ sizeBytes: 1024, partBytes: 256, writeMs: 400, pickups: [pickup] },
      parts: [{ part: 0, atMs: 1 }],
    };
    const rest = { tallies: [], observations: [], failures: [] };
    const opportunities = { reads: 0, writes: 0, bytesRead: 0, bytesWritten: 0 };
    sums.add({ delivery, opportunities, ...rest }, index + 1);
  });
  return sums.report();
}

it('says nothing where nothing was delivered', () => {
  expect(summed()).toBeNull();
  expect(deliveryWords(null)).toEqual([]);
});

it('counts what was whole, and says of what was not how early and which parts', () => {
  const report = summed(WHOLE, EARLY, { ...EARLY, earlyMs: 1500 });
  expect(report).toMatchObject({
    ...{ pickups: 3, whole: 1 },
    early: [{ rule: 'size-stable', count: 2, earlyMs: { min: 250, max: 1500 }, sameLength: 2 }],
  });
  expect(deliveryWords(report)).toEqual([
    '1 of 3 pickups took the whole file',
    '2 pickups by size-stable came 250ms to 1.5s before the writer was done; ' +
      '2 of the copies have the length of the whole file',
    'for example trial 2: part 2 of 256B (from 0) is zeros',
  ]);
});

it('a copy that was wrong although its writer was done is no matter of time', () => {
  const report = summed({ ...EARLY, earlyMs: -5 });
  expect(report).toEqual({ pickups: 1, whole: 0, early: [] });
});

it('a copy that its medium spoiled was made of the whole file', () => {
  const report = summed({ ...EARLY, tookWhole: true });
  expect(report).toEqual({ pickups: 1, whole: 1, early: [] });
  expect(deliveryWords(report)).toEqual(['1 of 1 pickup took the whole file']);
});

it('the example is one of full length where there is one, and many parts are counted', () => {
  const short = {
    ...EARLY,
    copiedBytes: 512,
    wrongPartsInAll: 2,
    wrongParts: [2, 3],
    zeroParts: 0,
  };
  const many = Array.from({ length: 20 }, (_, part) => part);
  const full = { ...EARLY, wrongParts: many, wrongPartsInAll: 20, zeroParts: 20 };
  expect(deliveryWords(summed(short)).at(-1)).toBe(
    'for example trial 1: parts 2, 3 of 256B (from 0) are missing or wrong, 0 of them zeros',
  );
  expect(deliveryWords(summed(short, full)).at(-1)).toBe(
    'for example trial 2: parts 0, 1, 2, 3, 4, 5, 6, 7 and 12 more of 256B (from 0) are zeros',
  );
});

it('the picture of a later relay has no parts: its writer is the relay before', () => {
  expect(summed({ ...EARLY, hop: 1 })?.early[0]?.example.parts).toEqual([]);
  expect(summed(EARLY)?.early[0]?.example.parts).toEqual([{ part: 0, atMs: 1 }]);
});
