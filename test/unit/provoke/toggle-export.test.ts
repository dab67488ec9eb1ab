// The toggle fires by its times, from a moment on that the trial's seed fixes, leaves receipts, and
// leaves the export as it was, whenever it is ended.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import { toggleExport } from '../../../src/provoke/toggle-export.ts';

const RNG = createRng('toggle-export');

function server() {
  const set: string[] = [];
  return { set, setAccess: async (access: 'read-write' | 'read-only') => void set.push(access) };
}

test('goes to and fro, and each moment has its receipt', async () => {
  const exported = server();
  const toggling = toggleExport(exported, { everyMs: 30, forMs: 10, rng: RNG });
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
  const toggling = toggleExport(exported, { everyMs: 60, forMs: 50, rng: RNG });
  while (exported.set.length < 1) await sleep(2);
  await toggling.stop();
  expect(exported.set).toEqual(['read-only', 'read-write']);
});

test('ended before its first time it does nothing', async () => {
  const exported = server();
  const rng = createRng('late');
  const receipts = await toggleExport(exported, { everyMs: 10_000, forMs: 50, rng }).stop();
  expect(receipts).toEqual([]);
  expect(exported.set).toEqual([]);
});

test('begins at any moment of its period, so that short trials meet it as often', async () => {
  const exported = server();
  for (let trial = 0; trial < 40; trial++) {
    const rng = createRng(`trial ${trial}`);
    const toggling = toggleExport(exported, { everyMs: 200, forMs: 5, rng });
    await sleep(100);
    await toggling.stop();
  }
  // A half of them; 40 fair coins show fewer than 8 or more than 32 in one of 20,000 runs.
  const met = exported.set.filter((access) => access === 'read-only').length;
  expect(met).toBeGreaterThanOrEqual(8);
  expect(met).toBeLessThanOrEqual(32);
});

test('a server that refuses is trouble, and not silence', async () => {
  const refusing = {
    setAccess: () => Promise.reject(new Error('the server is gone')),
  };
  const toggling = toggleExport(refusing, { everyMs: 20, forMs: 10, rng: RNG });
  await sleep(60);
  await toggling.stop();
  expect(toggling.trouble?.()).toMatch(/toggle-export: the server is gone/);
});
