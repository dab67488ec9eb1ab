// Files that are claimed and not delivered: nothing that is published meanwhile takes them away.

import { writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { pickUp, publish } from '../../src/index.ts';
import {
  contentsOf,
  DELIVERY_MEDIA,
  deliveryTest,
  digestThere,
  refusal,
  sha256Of,
} from './delivery-setting.ts';

const NAME = 'r.bin';
const RENAMING = DELIVERY_MEDIA.filter(({ name }) => !name.startsWith('s3'));

describe.each(DELIVERY_MEDIA)('$name', (medium) => {
  const test = deliveryTest(medium);

  test('a name that a dead picker had claimed is taken, until it is picked up', async (setting) => {
    const older = setting.file(NAME);
    await publish(older, setting.url);
    const order = { file: null, into: setting.into, diesAt: 'claimed' };
    expect((await setting.child(order)).wasKilled).toBe(true);
    const newer = setting.file('newer', 1000);
    const said = await refusal(publish(newer, setting.url, { name: NAME }));
    expect(said.code).toBe('file-exists');
    expect((await pickUp(setting.url, { into: setting.into })).picked).toHaveLength(1);
    expect(contentsOf(setting.into)).toEqual({ [NAME]: sha256Of(older) });
    await publish(newer, setting.url, { name: NAME });
  });
});

describe.each(RENAMING)('$name, by renaming', (medium) => {
  const test = deliveryTest(medium);

  test('what a picker has taken, dead or alive, is taken', async (setting) => {
    const older = setting.file(NAME, 100_000);
    await publish(older, setting.url);
    const newer = setting.file('newer', 1000);
    await setting.child({ file: null, into: setting.into, diesAt: 'taken' });
    const dead = await refusal(publish(newer, setting.url, { name: NAME }));
    expect(dead.code).toBe('file-exists');
    expect(dead.message).toMatch(/r\.bin is taken: .* claimed by a picker that died with it/);
    let alive = '';
    const hand = async () => {
      alive = (await refusal(publish(newer, setting.url, { name: NAME }))).message;
    };
    expect((await pickUp(setting.url, { hand })).picked).toHaveLength(1);
    expect(alive).toMatch(/r\.bin is taken: .* claimed by a picker that is at work on it/);
    expect(await setting.names()).toEqual([]);
  });

  for (const diesAt of ['claimed', 'taken']) {
    test(`the claim of one who died at ${diesAt} stays when it was replaced`, async (setting) => {
      const older = setting.file(NAME, 100_000);
      await publish(older, setting.url);
      await setting.child({ file: null, into: setting.into, diesAt });
      const newer = setting.file('newer', 1000);
      await publish(newer, setting.url, { name: NAME, exists: 'replace' });
      const { picked, waiting } = await pickUp(setting.url, { into: setting.into });
      expect(picked.map(({ sha256 }) => sha256)).toEqual([sha256Of(newer)]);
      // The marker alone was claimed: the file was under its name, where it was to be replaced.
      if (diesAt === 'claimed') return;
      expect(waiting).toEqual([{ name: NAME, why: expect.stringMatching(/^an older/) as string }]);
      const [kept = ''] = await setting.names();
      expect(waiting[0]?.why).toMatch(kept);
      expect(await digestThere(setting.connection, kept)).toBe(sha256Of(older));
      // Nor by the next one, that of old, and what it brought is not overwritten by it.
      const replacing = { into: setting.into, publish: { exists: 'replace' } } as const;
      expect((await pickUp(setting.url, replacing)).waiting).toEqual(waiting);
      expect(contentsOf(setting.into)).toEqual({ [NAME]: sha256Of(newer) });
      expect(await digestThere(setting.connection, kept)).toBe(sha256Of(older));
    });
  }

  test('one that fails keeps what it cannot give back', async (setting) => {
    const older = setting.file(NAME, 100_000);
    await publish(older, setting.url);
    const newer = setting.file('newer', 1000);
    const hand = async () => {
      await publish(newer, setting.url, { name: NAME, exists: 'replace' });
      throw new Error('the disk is full');
    };
    const said = await refusal(pickUp(setting.url, { hand }));
    expect(said.message).toMatch(/the disk is full.* kept as \.heisenwrite-claim-\S+\.kept/);
    const [kept = ''] = await setting.names();
    expect(await digestThere(setting.connection, kept)).toBe(sha256Of(older));
    expect(await digestThere(setting.connection, NAME)).toBe(sha256Of(newer));
  });

  test('a claim of a trusted name that was renamed half-way is one file', async (setting) => {
    const file = setting.file(NAME, 1000);
    await publish(file, setting.url, { marker: false });
    await publish(file, setting.url, {
      marker: false,
      name: '.heisenwrite-claim',
    });
    const { client } = setting.connection;
    const claim = '/.heisenwrite-claim-0123456789ab-1-1-1000-0000000000000000';
    await client.renameNew?.('/.heisenwrite-claim', `${claim}.data`);
    const text = setting.file('claim');
    writeFileSync(text, JSON.stringify({ name: NAME, bytes: null, sha256: null }));
    await publish(text, setting.url, { marker: false, name: '.claim' });
    await client.renameNew?.('/.claim', claim);
    const options = { into: setting.into, trust: 'name', staleMs: 0 } as const;
    const { picked, waiting } = await pickUp(setting.url, options);
    expect([picked.length, waiting]).toEqual([1, []]);
    expect(await setting.names()).toEqual([]);
  });
});
