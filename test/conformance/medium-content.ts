// The contract of media: what is read is what was written, of every length, and a read says how
// many bytes came and leaves the rest of its buffer alone.

import { expect } from 'vitest';
import { wallMs } from '../../src/base/clock.ts';
import {
  anyManner,
  type ContractTest,
  expectStamped,
  expectUnsupported,
  POISON,
  readWhole,
  stamped,
  writeWhole,
} from './medium-setting.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

export function contentTests(test: ContractTest): void {
  test('an empty file is there and has no bytes', async ({ client, directory }) => {
    const path = `${directory}/empty`;
    const file = await client.create(path, anyManner(0));
    await file.close();
    expect(await client.length(path)).toBe(0);
    expect(await client.names(directory)).toEqual(['empty']);
    const into = new Uint8Array(64).fill(POISON);
    expect(await client.read(path, 0, into)).toBe(0);
    expect(into).toEqual(new Uint8Array(64).fill(POISON));
  });

  for (const bytes of [1, 511, 4096, 4097, 64 * KIB, 200 * KIB + 3]) {
    test(`a file of ${bytes} bytes is read back`, async ({ client, directory }) => {
      const path = `${directory}/file`;
      await writeWhole(client, path, stamped(bytes, bytes));
      expect(await client.length(path)).toBe(bytes);
      expectStamped(await readWhole(client, path), bytes, bytes);
    });
  }

  test('the status of a file says what is known of it', async ({ client, directory }) => {
    const path = `${directory}/told`;
    expect(await client.status(path)).toBeNull();
    await writeWhole(client, path, stamped(5, 8192));
    const status = await client.status(path);
    const { bytes, modifiedMs, allocatedBytes, permissions } = status ?? {};
    expect(bytes).toBe(8192);
    // By the clock of the medium, which is that of this machine.
    if (modifiedMs) expect(Math.abs(wallMs() - modifiedMs)).toBeLessThan(600_000);
    // Nobody else may read what was made without a word about that.
    if (permissions !== null) expect(permissions).toBe(0o600);
    if (allocatedBytes) expect(allocatedBytes).toBeLessThanOrEqual(4 * MIB);
  });

  test('a file of several MiB, in writes of 1 MiB', async ({ client, directory }) => {
    const bytes = 7 * MIB + 512;
    const path = `${directory}/large`;
    await writeWhole(client, path, stamped(5, bytes), MIB);
    expect(await client.length(path)).toBe(bytes);
    expectStamped(await readWhole(client, path), 5, bytes);
  });

  test('one read takes a whole MiB where it is there', async ({ client, directory }) => {
    const path = `${directory}/file`;
    const content = stamped(5, 2 * MIB);
    await writeWhole(client, path, content);
    const into = new Uint8Array(MIB);
    expect(await client.read(path, 4096, into)).toBe(MIB);
    expect(Buffer.compare(into, content.subarray(4096, 4096 + MIB))).toBe(0);
  });

  test('reads at any offset, across the end and beyond it', async ({ client, directory }) => {
    const bytes = 10_000;
    const path = `${directory}/file`;
    const content = stamped(6, bytes);
    await writeWhole(client, path, content);
    for (const [offset, asked] of [
      [0, 1],
      [1, 7],
      [4095, 2],
      [5000, 4000],
      [9000, 4096],
      [9999, 512],
      [10_000, 512],
      [10_001, 512],
      [1_000_000, 512],
    ] as const) {
      const into = new Uint8Array(asked + 8).fill(POISON);
      const came = await client.read(path, offset, into.subarray(4, 4 + asked));
      const expected = new Uint8Array(asked + 8).fill(POISON);
      expected.set(content.subarray(offset, offset + asked), 4);
      expect({ offset, came }).toEqual({
        offset,
        came: Math.min(asked, Math.max(0, bytes - offset)),
      });
      expect(Buffer.compare(into, expected)).toBe(0);
    }
  });

  test('create again replaces the content, and nothing of it stays', async (setting) => {
    const { client, directory } = setting;
    const path = `${directory}/file`;
    await writeWhole(client, path, stamped(7, 100 * KIB, 1));
    await writeWhole(client, path, stamped(7, 300, 2));
    expectStamped(await readWhole(client, path), 7, 300, 2);
    await writeWhole(client, path, new Uint8Array(0));
    expect(await client.length(path)).toBe(0);
    await writeWhole(client, path, stamped(7, 40 * KIB, 3));
    expectStamped(await readWhole(client, path), 7, 40 * KIB, 3);
  });

  test('a buffer may be used again after its write', async ({ client, directory }) => {
    const path = `${directory}/file`;
    const content = stamped(8, 64 * KIB);
    const lent = new Uint8Array(16 * KIB);
    const file = await client.create(path, anyManner(content.length));
    for (let at = 0; at < content.length; at += lent.length) {
      lent.set(content.subarray(at, at + lent.length));
      await file.write(at, lent);
      lent.fill(POISON);
    }
    await file.sync();
    await file.close();
    expectStamped(await readWhole(client, path), 8, content.length);
  });

  test('manners that the medium has not are refused', async (setting) => {
    const { client, capabilities, directory } = setting;
    const path = `${directory}/file`;
    if (!capabilities.stability) {
      const manner = { ...anyManner(512), stability: 'file-sync' } as const;
      await expectUnsupported(client.create(path, manner));
    }
    if (!capabilities.multipart) {
      const manner = { ...anyManner(512), upload: 'multipart' } as const;
      await expectUnsupported(client.create(path, manner));
    }
    expect(await client.length(path)).toBeNull();
  });
}
