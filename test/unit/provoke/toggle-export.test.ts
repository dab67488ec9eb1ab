// The toggle fires by its times, leaves receipts, and leaves the export as it was, whenever it is
// ended.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { toggleExport } from '../../../src/provoke/toggle-export.ts';

function server() {
  const set: string[] = [];
  return { set, setAccess: async (access: 'read-write' | 'read-only') => void set.push(access) };
}

test('goes to and fro, and each moment has its receipt', async () => {
  const exported = server();
  const toggling = toggleExport(exported, { everyMs: 30, forMs: 10 });
  while (exported.set.length < 4) await sleep(5);
  const receipts = await toggling.stop();
  expect(exported.set.slice(0, 4)).toEqual(['read-only', 'read-write', 'read-only', 'read-write']);
  expect(exported.set.at(-1)).toBe('read-write');
  expect(receipts.length).toBe(exported.set.length / 2);
  expect(new Set(receipts.map(({ what }) => what))).toEqual(new Set(['read-only']));
  const times = receipts.flatMap(({ atNs, untilNs }) => [BigInt(atNs), BigInt(untilNs ?? '0')]);
  expect(times.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(times);
  const length = exported.set.length;
  await sleep(60);
  expect(exported.set).toHaveLength(length);
});

test('ended in the middle of a read-only moment it still writes the end of it', async () => {
  const exported = server();
  const toggling = toggleExport(exported, { everyMs: 60, forMs: 50 });
  while (exported.set.length < 1) await sleep(2);
  await toggling.stop();
  expect(exported.set).toEqual(['read-only', 'read-write']);
});

test('ended before its first time it does nothing', async () => {
  const exported = server();
  const receipts = await toggleExport(exported, { everyMs: 10_000, forMs: 50 }).stop();
  expect(receipts).toEqual([]);
  expect(exported.set).toEqual([]);
});
