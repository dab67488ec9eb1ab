// Publishers and pickers that die at each of their steps, as by kill -9, on every medium: nobody
// ever sees a half file, the next one finishes, and nothing is left behind.

import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { PUBLISH_STEPS, type PublishStep } from '../../src/delivery/delivery.ts';
import { PICK_STEPS } from '../../src/delivery/picking.ts';
import { pickUp, publish } from '../../src/index.ts';
import {
  contentsOf,
  DELIVERY_MEDIA,
  type DeliverySetting,
  deliveryTest,
  digestThere,
  sha256Of,
} from './delivery-setting.ts';

const NAME = 'delivery #1.bin';
/** Steps that only some have, and where. */
const LACKING: Readonly<Record<string, readonly PublishStep[]>> = {
  's3, one request': ['begun', 'half', 'written', 'synced', 'name-synced', 'marker-written'],
  's3, in parts': ['synced', 'name-synced', 'marker-written'],
};
const BY_RENAME: readonly PublishStep[] = ['claimed'];

/** Where the old and the new file could be mixed up. */
const REPLACING_STEPS: readonly PublishStep[] = ['half', 'claimed', 'named', 'marked'];

/** What was published is there, and nothing else. */
async function expectFinished(setting: DeliverySetting, sha256: string): Promise<void> {
  expect(await setting.names()).toEqual([NAME, `${NAME}.ready`]);
  expect(await digestThere(setting.connection, NAME)).toBe(sha256);
  expect(await setting.uploads(NAME)).toBe(0);
  const { picked, waiting } = await pickUp(setting.url, { into: setting.into });
  expect(waiting).toEqual([]);
  expect(picked.map((each) => each.sha256)).toEqual([sha256]);
  expect(contentsOf(setting.into)).toEqual({ [NAME]: sha256 });
  expect(await setting.names()).toEqual([]);
}

describe.each(DELIVERY_MEDIA)('$name', (medium) => {
  const test = deliveryTest(medium);
  const lacking = LACKING[medium.name] ?? BY_RENAME;

  for (const step of PUBLISH_STEPS) {
    test(`a publisher that dies after ${step}`, async (setting) => {
      const file = setting.file(NAME);
      const sha256 = sha256Of(file);
      const order = { file, diesAt: step, options: { verify: true } };
      expect((await setting.child(order)).wasKilled).toBe(!lacking.includes(step));
      const shown = await digestThere(setting.connection, NAME);
      expect([null, sha256]).toContain(shown);
      const again = await publish(file, setting.url, { verify: true });
      expect(again.wasThere).toBe(shown !== null);
      await expectFinished(setting, sha256);
    });

    if (!REPLACING_STEPS.includes(step)) continue;
    test(`what a picker sees when one died after ${step} who replaced a file`, async (setting) => {
      const before = sha256Of(setting.file(NAME));
      await publish(setting.file(NAME), setting.url);
      const old = (await digestThere(setting.connection, NAME)) as string;
      expect(old).not.toBe(before);
      const file = setting.file(NAME);
      const sha256 = sha256Of(file);
      await setting.child({ file, diesAt: step, options: { exists: 'replace' } });
      const first = await pickUp(setting.url, { into: setting.into });
      for (const each of first.picked) expect([old, sha256]).toContain(each.sha256);
      const seen = Object.values(contentsOf(setting.into));
      for (const each of seen) expect([old, sha256]).toContain(each);
      await publish(file, setting.url, { exists: 'replace' });
      const options = { into: setting.into, publish: { exists: 'replace' } } as const;
      expect((await pickUp(setting.url, options)).waiting).toEqual([]);
      expect(contentsOf(setting.into)).toEqual({ [NAME]: sha256 });
      expect(await setting.names()).toEqual([]);
      expect(await setting.uploads(NAME)).toBe(0);
    });
  }

  for (const step of PICK_STEPS) {
    test(`a picker that dies after ${step}`, async (setting) => {
      const file = setting.file(NAME);
      const sha256 = sha256Of(file);
      await publish(file, setting.url);
      const end = await setting.child({ file: null, into: setting.into, diesAt: step });
      const isObject = setting.connection.client.renameNew === undefined;
      expect(end.wasKilled).toBe(!(isObject && step === 'taken'));
      const early = contentsOf(setting.into)[NAME];
      if (early !== undefined) expect(early).toBe(sha256);
      const { waiting } = await pickUp(setting.url, { into: setting.into });
      expect(waiting).toEqual([]);
      expect(contentsOf(setting.into)).toEqual({ [NAME]: sha256 });
      expect(await setting.names()).toEqual([]);
    });
  }

  test('two pickers and a publisher at once: each file once', async (setting) => {
    const files = Array.from({ length: 12 }, (_, each) => setting.file(`file-${each}`, 100_000));
    const wanted = Object.fromEntries(
      files.map((path, each) => [`file-${each}`, sha256Of(path)] as const),
    );
    let isDone = false;
    const publishing = (async () => {
      for (const path of files) await publish(path, setting.url);
      isDone = true;
    })();
    const taken: string[] = [];
    const picker = async () => {
      const into = join(setting.into);
      for (let last = false; !last; ) {
        last = isDone;
        const { picked } = await pickUp(setting.url, { into });
        taken.push(...picked.map(({ name }) => name));
      }
    };
    await Promise.all([publishing, picker(), picker(), picker()]);
    expect(taken.toSorted()).toEqual(Object.keys(wanted).toSorted());
    expect(contentsOf(setting.into)).toEqual(wanted);
    expect(await setting.names()).toEqual([]);
  });
});
