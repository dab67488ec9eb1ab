// `exchange` over a plain directory, with real actors in their threads: what one operation replaces
// is never seen in part, what is created anew under its name is.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { diagnose } from '../../src/diagnose/diagnose.ts';
import { ActorPool } from '../../src/trial/actor-pool.ts';
import { exchange } from '../../src/workload/exchange.ts';
import { inDirectory, settingFor, TMPFS } from '../fixtures/actors/trial-setting.ts';

const pool = new ActorPool();
// Actors that have to start first would spend the time of a trial on that.
beforeAll(() => exchanged('put'));
afterAll(() => pool.close());

function exchanged(way: string) {
  return inDirectory((directory) => {
    const levels = { way, size: 65_536, time: 1500 };
    return exchange.run(settingFor(exchange, levels, { directory, actors: pool }));
  }, TMPFS);
}

test.each(['put', 'rename'])('%s: whole and never stale', async (way) => {
  const outcome = await exchanged(way);
  expect(outcome.failures).toEqual([]);
  expect(outcome.observations).toEqual([]);
  expect(outcome.tallies.map(({ promise }) => promise)).toEqual(['replace-atomic', 'fresh-read']);
  expect(outcome.tallies.every(({ tries, broken }) => tries > 20 && broken === 0)).toBe(true);
});

test('create: a poller sees it empty or in part, and the first look is taken again', async () => {
  const outcome = await exchanged('create');
  const [atomic] = outcome.tallies;
  expect(atomic?.broken).toBeGreaterThan(0);
  const kinds = new Set(
    outcome.observations.flatMap((each) => diagnose(each).damage.map(({ kind }) => kind)),
  );
  expect([...kinds].every((kind) => kind === 'missing' || kind === 'torn')).toBe(true);
  const hows = outcome.observations[0]?.rereads.map(({ how }) => how);
  expect(hows).toEqual(['same-descriptor', 'second-client']);
  expect(outcome.observations.slice(1).every(({ rereads }) => rereads.length === 0)).toBe(true);
});
