// The contract of media: writes in any order, several at once, at any offset where the medium takes
// them, and a file that is opened again, overwritten in part, cut and lengthened.

import { expect } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import {
  anyManner,
  type ContractTest,
  expectStamped,
  expectUnsupported,
  type MediumSetting,
  readWhole,
  refusal,
  stamped,
  writeWhole,
} from './medium-setting.ts';

const KIB = 1024;
const MANNERS = { stability: ['unstable', 'data-sync', 'file-sync'] } as const;

export function writeTests(test: ContractTest): void {
  test('writes out of order and several in flight', async ({ client, directory }) => {
    const chunk = 64 * KIB;
    const content = stamped(1, 24 * chunk);
    const path = `${directory}/file`;
    const file = await client.create(path, anyManner(content.length));
    const offsets = Array.from({ length: 24 }, (_, index) => index * chunk);
    const order = createRng('order').shuffle(offsets);
    for (let first = 0; first < order.length; first += 8) {
      const together = order.slice(first, first + 8);
      await Promise.all(together.map((at) => file.write(at, content.subarray(at, at + chunk))));
    }
    await file.sync();
    await file.close();
    expectStamped(await readWhole(client, path), 1, content.length);
  });

  test('writes from the last to the first', async ({ client, directory }) => {
    const chunk = 32 * KIB;
    const content = stamped(2, 9 * chunk - 100);
    const path = `${directory}/file`;
    const file = await client.create(path, anyManner(content.length));
    for (let at = 8 * chunk; at >= 0; at -= chunk) {
      await file.write(at, content.subarray(at, at + chunk));
    }
    await file.close();
    expectStamped(await readWhole(client, path), 2, content.length);
  });

  test('each stability that may be stated', async ({ client, capabilities, directory }) => {
    if (!capabilities.stability) return;
    for (const [index, stability] of MANNERS.stability.entries()) {
      const path = `${directory}/${stability}`;
      const content = stamped(index, 100 * KIB);
      const file = await client.create(path, { ...anyManner(content.length), stability });
      await file.write(0, content.subarray(0, 50_000));
      await file.write(50_000, content.subarray(50_000));
      await file.sync();
      await file.close();
      expectStamped(await readWhole(client, path), index, content.length);
    }
  });

  test('one request, or parts in any order', async ({ client, capabilities, directory }) => {
    if (!capabilities.multipart) return;
    for (const [index, upload] of (['single', 'multipart'] as const).entries()) {
      const path = `${directory}/${upload}`;
      const part = 5 * 2 ** 20;
      const content = stamped(index, part + 100 * KIB);
      const file = await client.create(path, { ...anyManner(content.length), upload });
      await file.write(part, content.subarray(part));
      await file.write(0, content.subarray(0, part));
      await file.close();
      expectStamped(await readWhole(client, path), index, content.length);
    }
  });

  randomWriteTests((name, body) =>
    test(name, async (setting) => {
      if (setting.capabilities.randomWrites) return body(setting);
      await expectNoRandomWrites(setting);
    }),
  );
}

async function expectNoRandomWrites({ client, directory }: MediumSetting): Promise<void> {
  const path = `${directory}/file`;
  await writeWhole(client, path, stamped(3, 4 * KIB));
  await expectUnsupported(client.open(path, anyManner(4 * KIB)));
  const file = await client.create(path, anyManner(1024));
  await file.write(0, stamped(3, 1024, 2));
  await expectUnsupported(file.truncate(512));
  await file.close();
  expectStamped(await readWhole(client, path), 3, 1024, 2);
}

/** Each for itself says that nothing was done where there are no random writes. */
function randomWriteTests(test: ContractTest): void {
  test('writes of any offset and length, several in flight', async ({ client, directory }) => {
    const content = stamped(4, 90_001);
    const path = `${directory}/file`;
    const file = await client.create(path, anyManner(content.length));
    const cuts = [0, 1, 511, 1000, 4095, 4097, 20_000, 20_001, 65_537, 90_000, 90_001];
    const pieces = cuts.slice(1).map((end, index) => [cuts[index] as number, end] as const);
    await Promise.all(
      createRng('pieces')
        .shuffle(pieces)
        .map(([from, to]) => file.write(from, content.subarray(from, to))),
    );
    await file.close();
    expectStamped(await readWhole(client, path), 4, content.length);
  });

  test('a part of a file is overwritten, the rest stays', async ({ client, directory }) => {
    const path = `${directory}/file`;
    const content = stamped(5, 64 * KIB);
    await writeWhole(client, path, content);
    const file = await client.open(path, anyManner(content.length));
    const patch = stamped(6, 10_000);
    for (const at of [30_001, 60_000]) {
      await file.write(at, patch);
    }
    await file.sync();
    await file.close();
    const expected = new Uint8Array(70_000);
    expected.set(content);
    expected.set(patch, 30_001);
    expected.set(patch, 60_000);
    const found = await readWhole(client, path);
    expect(found.length).toBe(70_000);
    expect(Buffer.compare(found, expected)).toBe(0);
  });

  test('a file is cut and lengthened, a hole reads as zeros', async ({ client, directory }) => {
    const path = `${directory}/file`;
    await writeWhole(client, path, stamped(7, 50_000));
    const cut = await client.open(path, anyManner(50_000));
    await cut.truncate(10_001);
    await cut.close();
    expectStamped(await readWhole(client, path), 7, 10_001);
    const long = await client.open(path, anyManner(40_000));
    await long.truncate(40_000);
    await long.write(45_000, stamped(8, 512));
    await long.close();
    const found = await readWhole(client, path);
    expect(found.length).toBe(45_512);
    expectStamped(found.slice(0, 10_001), 7, 10_001);
    expect(found.subarray(10_001, 45_000).every((byte) => byte === 0)).toBe(true);
    expectStamped(found.slice(45_000), 8, 512);
  });

  test('a gap that is never written reads as zeros', async ({ client, directory }) => {
    const path = `${directory}/file`;
    // Stale bytes of a removed file must not come back in the gap.
    await writeWhole(client, path, stamped(1, 128 * KIB));
    await client.removeTree(path);
    const file = await client.create(path, anyManner(128 * KIB));
    await file.write(100_000, stamped(9, 1000));
    await file.close();
    const found = await readWhole(client, path);
    expect(found.length).toBe(101_000);
    expect(found.subarray(0, 100_000).every((byte) => byte === 0)).toBe(true);
    expectStamped(found.slice(100_000), 9, 1000);
  });

  test('a file that is not there cannot be opened', async ({ client, directory }) => {
    const refused = await refusal(client.open(`${directory}/absent`, anyManner(0)));
    expect(refused.errno).not.toBe('UNSUPPORTED');
    expect(await client.length(`${directory}/absent`)).toBeNull();
  });
}
