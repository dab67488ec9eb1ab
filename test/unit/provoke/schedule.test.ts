// When provocations fire: the seed fixes the phase and changes it, a receipt covers its window,
// nothing stays in force, and starvation never takes more than a fifth of the time.

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import { starvingPace } from '../../../src/provoke/cpu.ts';
import { regularPace, repeatedly } from '../../../src/provoke/schedule.ts';

test('the phase is fixed by the seed, lies within the period, and differs between seeds', () => {
  const phase = (seed: string) => regularPace(100, 10, createRng(seed)).firstMs();
  const phases = Array.from({ length: 50 }, (_, at) => phase(`seed-${at}`));
  expect(phases.every((ms) => ms >= 0 && ms < 100)).toBe(true);
  expect(new Set(phases).size).toBeGreaterThan(45);
  expect(phase('seed-7')).toBe(phases[7]);
});

test('each firing is ended, and its receipt spans it', async () => {
  let [begun, ended] = [0, 0];
  const pace = { firstMs: () => 0, nextMs: () => 20, lengthMs: () => 5 };
  const provocation = repeatedly('squeeze', pace, async () => {
    begun++;
    return { what: 'squeezed', end: () => (ended++ === 0 ? 'squeezed first' : undefined) };
  });
  while (ended < 3) await sleep(5);
  const receipts = await provocation.stop();
  expect(ended).toBe(begun);
  expect(receipts).toHaveLength(ended);
  expect(receipts.map(({ what }) => what).slice(0, 2)).toEqual(['squeezed first', 'squeezed']);
  for (const { atNs, untilNs } of receipts.slice(0, 2)) {
    expect(BigInt(untilNs ?? '0') - BigInt(atNs)).toBeGreaterThanOrEqual(4_000_000n);
  }
  expect(provocation.trouble?.()).toBeNull();
});

test('what is in force when the trial ends is ended at once', async () => {
  let isInForce = false;
  const pace = { firstMs: () => 0, nextMs: () => 100_000, lengthMs: () => 60_000 };
  const provocation = repeatedly('squeeze', pace, async () => {
    isInForce = true;
    const end = () => {
      isInForce = false;
      return undefined;
    };
    return { what: 'squeezed', end };
  });
  while (!isInForce) await sleep(1);
  expect(await provocation.stop()).toHaveLength(1);
  expect(isInForce).toBe(false);
});

test('with nobody there it leaves no receipt; an error is trouble and ends it', async () => {
  const pace = { firstMs: () => 0, nextMs: () => 1, lengthMs: () => 0 };
  let fired = 0;
  const idle = repeatedly('squeeze', pace, async () => {
    fired++;
    return null;
  });
  while (fired < 3) await sleep(1);
  expect(await idle.stop()).toEqual([]);
  const broken = repeatedly('squeeze', pace, () => Promise.reject(new Error('no such daemon\nx')));
  await sleep(20);
  expect(await broken.stop()).toEqual([]);
  expect(broken.trouble?.()).toBe('squeeze: no such daemon');
});

test('starvation: 1 ms to the most, at most a fifth of the time at any moment', () => {
  for (const mostMs of [20, 2000]) {
    const pace = starvingPace(createRng(`starve-${mostMs}`), mostMs);
    let [atMs, starvedMs] = [pace.firstMs(), 0];
    const lengths: number[] = [];
    for (let turn = 0; turn < 2000; turn++) {
      const lengthMs = pace.lengthMs();
      lengths.push(lengthMs);
      starvedMs += lengthMs;
      expect(starvedMs).toBeLessThanOrEqual((atMs + lengthMs) / 5 + 1e-6);
      atMs += pace.nextMs();
    }
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(mostMs);
    expect(Math.max(...lengths)).toBeGreaterThan(mostMs * 0.8);
  }
});
