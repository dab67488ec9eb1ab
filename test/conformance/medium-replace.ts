// The contract of media: a name is given to another content, by rename, by one put, and by a put
// under a condition. A put that was refused has changed nothing.

import { expect } from 'vitest';
import type { PutCondition } from '../../src/domain/medium.ts';
import {
  type ContractTest,
  expectStamped,
  expectUnsupported,
  readWhole,
  refusal,
  stamped,
  writeWhole,
} from './medium-setting.ts';

const KIB = 1024;
const IF_ABSENT: PutCondition = { when: 'absent' };

export function replaceTests(test: ContractTest): void {
  test('rename over an existing name', async ({ client, capabilities, directory }) => {
    const [from, to] = [`${directory}/from #1`, `${directory}/to 100%`];
    await writeWhole(client, from, stamped(1, 20 * KIB));
    await writeWhole(client, to, stamped(2, 90 * KIB));
    if (!capabilities.rename) {
      await expectUnsupported(client.rename(from, to));
      expectStamped(await readWhole(client, to), 2, 90 * KIB);
      return;
    }
    await client.rename(from, to);
    expect(await client.length(from)).toBeNull();
    expect(await client.names(directory)).toEqual(['to 100%']);
    expectStamped(await readWhole(client, to), 1, 20 * KIB);
    const refused = await refusal(client.rename(`${directory}/absent`, to));
    expect(refused.errno).not.toBe('UNSUPPORTED');
    expectStamped(await readWhole(client, to), 1, 20 * KIB);
  });

  test('a name that is never taken from another file', async (setting) => {
    const { client, capabilities, directory } = setting;
    const [from, to] = [`${directory}/from #1`, `${directory}/to 100%`];
    await writeWhole(client, from, stamped(1, 20 * KIB));
    if (!client.renameNew) {
      // Whoever has none can have no rename that one must be afraid of, but in a library's hands.
      expect(capabilities.rename && capabilities.randomWrites).toBe(false);
      return;
    }
    await writeWhole(client, to, stamped(2, 90 * KIB));
    expect((await refusal(client.renameNew(from, to))).errno).toBe('EEXIST');
    expectStamped(await readWhole(client, to), 2, 90 * KIB);
    expectStamped(await readWhole(client, from), 1, 20 * KIB);
    await client.removeTree(to);
    await client.renameNew(from, to);
    expect(await client.names(directory)).toEqual(['to 100%']);
    expectStamped(await readWhole(client, to), 1, 20 * KIB);
    const refused = await refusal(client.renameNew(from, `${directory}/other`));
    expect(['ENOENT', 'NFS3ERR_NOENT', 'SSH_FX_NO_SUCH_FILE']).toContain(refused.errno);
    await client.syncDirectory?.(directory);
  });

  test('one file is removed, and none that begins like it', async ({ client, directory }) => {
    if (!client.removeFile) return expect(client.rename).toBeTypeOf('function');
    await writeWhole(client, `${directory}/a`, stamped(1, KIB));
    await writeWhole(client, `${directory}/a/b`, stamped(2, KIB));
    await client.removeFile(`${directory}/a`);
    expect(await client.length(`${directory}/a`)).toBeNull();
    expect(await client.length(`${directory}/a/b`)).toBe(KIB);
  });

  test('the whole content in one put', async ({ client, capabilities, directory }) => {
    const path = `${directory}/put?`;
    if (!capabilities.atomicReplace) {
      await writeWhole(client, path, stamped(3, 512));
      await expectUnsupported(client.put(path, stamped(3, 1 * KIB, 2)));
      expectStamped(await readWhole(client, path), 3, 512);
      return;
    }
    for (const [generation, bytes] of [64 * KIB + 7, 300, 0, 2 ** 20].entries()) {
      await client.put(path, stamped(3, bytes, generation + 1));
      expect(await client.names(directory)).toEqual(['put?']);
      expectStamped(await readWhole(client, path), 3, bytes, generation + 1);
    }
  });

  test('a put if the name is absent', async ({ client, capabilities, directory }) => {
    const path = `${directory}/once`;
    if (!capabilities.conditionalPut) {
      await expectUnsupported(client.put(path, stamped(4, 512), IF_ABSENT));
      expect(await client.length(path)).toBeNull();
      return;
    }
    await client.put(path, stamped(4, 8 * KIB, 1), IF_ABSENT);
    const refused = await refusal(client.put(path, stamped(4, 4 * KIB, 2), IF_ABSENT));
    expect(refused.errno).toBe('PRECONDITION');
    expectStamped(await readWhole(client, path), 4, 8 * KIB, 1);
    expect(await client.names(directory)).toEqual(['once']);
  });

  test('a put over the version that is named', async ({ client, capabilities, directory }) => {
    const path = `${directory}/versions`;
    const over = (version: string): PutCondition => ({ when: 'matches', version });
    if (!capabilities.conditionalPut) {
      await writeWhole(client, path, stamped(5, 512, 1));
      await expectUnsupported(client.put(path, stamped(5, 512, 2), over('1')));
      expectStamped(await readWhole(client, path), 5, 512, 1);
      return;
    }
    const first = (await client.put(path, stamped(5, 8 * KIB, 1))) as string;
    expect(first).toMatch(/\S/);
    const second = (await client.put(path, stamped(5, 8 * KIB, 2), over(first))) as string;
    expect(second).not.toBe(first);
    const refused = await refusal(client.put(path, stamped(5, 4 * KIB, 3), over(first)));
    expect(refused.errno).toBe('PRECONDITION');
    expectStamped(await readWhole(client, path), 5, 8 * KIB, 2);
    await client.put(path, stamped(5, 4 * KIB, 4), over(second));
    expectStamped(await readWhole(client, path), 5, 4 * KIB, 4);
  });
}
