// The contract of media: connections. They are independent, they end, and what one of them has
// acknowledged another sees at once.

import { expect } from 'vitest';
import {
  anyManner,
  type ContractTest,
  expectStamped,
  readWhole,
  refusal,
  stamped,
  writeWhole,
} from './medium-setting.ts';

const KIB = 1024;

export function connectionTests(test: ContractTest): void {
  test('two connections, each closed for itself and twice', async ({ client, connect }) => {
    const second = (await connect()).client;
    await client.names('/');
    await second.close();
    await second.close();
    await client.names('/');
  });

  test('facts are text, and the free space is a number or not known', async ({ connect }) => {
    const { facts, freeBytes } = await connect();
    for (const fact of Object.values(facts)) expect(fact).toMatch(/\S/);
    const free = await freeBytes();
    if (free !== null) expect(free).toBeGreaterThan(0);
  });

  test('calls after close are refused', async ({ directory, connect }) => {
    const { client } = await connect();
    const path = `${directory}/file`;
    await writeWhole(client, path, stamped(1, 4 * KIB));
    const begun = await client.create(`${directory}/begun`, anyManner(4 * KIB));
    await client.close();
    await refusal(client.makeDirectory(`${directory}/late`));
    await refusal(client.names(directory));
    await refusal(client.length(path));
    await refusal(client.read(path, 0, new Uint8Array(512)));
    await refusal(client.create(`${directory}/late`, anyManner(1)));
    await refusal(client.removeTree(path));
    await refusal(begun.write(0, stamped(2, 4 * KIB)));
    await refusal(begun.close());
  });

  test('a second client sees a closed file at once', async (setting) => {
    const { client, capabilities, directory, connect } = setting;
    if (!capabilities.secondClient) return;
    const second = (await connect()).client;
    const path = `${directory}/seen`;
    expect(await second.length(path)).toBeNull();
    for (const [bytes, generation] of [
      [96 * KIB, 1],
      [96 * KIB, 2],
      [32 * KIB + 100, 3],
    ] as const) {
      await writeWhole(client, path, stamped(3, bytes, generation));
      expectStamped(await readWhole(second, path), 3, bytes, generation);
      expect(await second.names(directory)).toEqual(['seen']);
    }
    await client.removeTree(path);
    expect(await second.length(path)).toBeNull();
  });

  test('calls at the same time do not mix their bytes', async ({ client, directory }) => {
    const bytes = 128 * KIB;
    const files = Array.from({ length: 6 }, (_, index) => ({
      number: 10 + index,
      path: `${directory}/file-${index}`,
      content: stamped(10 + index, bytes),
    }));
    await Promise.all(
      files.map(({ path, content }) => writeWhole(client, path, content, 16 * KIB)),
    );
    const found = await Promise.all(files.map(({ path }) => readWhole(client, path)));
    found.forEach((content, index) => {
      expectStamped(content, 10 + index, bytes);
    });
    const parts = await Promise.all(
      Array.from({ length: 24 }, async (_, index) => {
        const { path, content } = files[index % files.length] as (typeof files)[number];
        const offset = 4 * KIB * index;
        const into = new Uint8Array(4 * KIB);
        const came = await client.read(path, offset, into);
        return { came, isRight: Buffer.compare(into, content.subarray(offset, offset + came)) };
      }),
    );
    expect(parts).toEqual(parts.map(() => ({ came: 4 * KIB, isRight: 0 })));
  });
}
