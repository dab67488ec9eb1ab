// The contract of media: directories and names. A removal that takes a neighbour with it, or a name
// that is changed on its way, would lose what is not ours or accuse the medium of losing it.

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

const BYTES = 4096;
/** Each has broken some client: URL and glob characters, spaces, dots, unicode. */
const ODD_NAMES = [
  'two  spaces',
  '100% %41%2F',
  '#fragment',
  'what?x=1&y=2',
  'plus+plus',
  "it's [a-z]*;$HOME",
  '.hidden',
  'a..b',
  'naïve-ß-Ж',
  '日本語',
];

export function nameTests(test: ContractTest): void {
  test('a directory is made with its parents, again without harm', async (setting) => {
    const { client, directory } = setting;
    const deep = `${directory}/a/b/c`;
    await client.makeDirectory(deep);
    await writeWhole(client, `${deep}/file`, stamped(1, BYTES));
    await client.makeDirectory(deep);
    await client.makeDirectory(`${directory}/a`);
    expect(await client.names(deep)).toEqual(['file']);
    expect(await client.names(directory)).toEqual(['a']);
    expectStamped(await readWhole(client, `${deep}/file`), 1, BYTES);
  });

  test('names are sorted, and those directly below only', async ({ client, directory }) => {
    expect(await client.names(directory)).toEqual([]);
    expect(await client.names(`${directory}/nothing`)).toEqual([]);
    await client.makeDirectory(`${directory}/m`);
    for (const name of ['z', 'b', 'm/inside', 'a-10', 'a-9', 'B']) {
      await writeWhole(client, `${directory}/${name}`, stamped(1, 512));
    }
    expect(await client.names(directory)).toEqual(['B', 'a-10', 'a-9', 'b', 'm', 'z']);
    expect(await client.names(`${directory}/m`)).toEqual(['inside']);
  });

  test('more names than one page of a listing', async ({ client, directory }) => {
    const names = Array.from({ length: 120 }, (_, index) => `n-${String(index).padStart(4, '0')}`);
    for (const name of names) {
      await writeWhole(client, `${directory}/${name}`, new Uint8Array(0));
    }
    expect(await client.names(directory)).toEqual(names);
  });

  test('odd names come back as they were given', async ({ client, directory }) => {
    for (const [index, name] of ODD_NAMES.entries()) {
      await writeWhole(client, `${directory}/${name}`, stamped(index, BYTES));
    }
    expect(await client.names(directory)).toEqual(ODD_NAMES.toSorted());
    for (const [index, name] of ODD_NAMES.entries()) {
      expectStamped(await readWhole(client, `${directory}/${name}`), index, BYTES);
    }
    await client.removeTree(`${directory}/100% %41%2F`);
    const left = ODD_NAMES.filter((name) => name !== '100% %41%2F');
    expect(await client.names(directory)).toEqual(left.toSorted());
  });

  test('spaces at the ends of a name are kept, or it is refused', async (setting) => {
    const { client, directory } = setting;
    for (const name of ['ends ', ' ends']) {
      const writing = writeWhole(client, `${directory}/${name}`, stamped(1, BYTES));
      const isKept = await writing.then(
        () => true,
        (error: { errno?: unknown }) => error.errno !== 'EINVAL',
      );
      expect(await client.names(directory)).toEqual(isKept ? [name] : []);
      if (!isKept) continue;
      expectStamped(await readWhole(client, `${directory}/${name}`), 1, BYTES);
      await client.removeTree(`${directory}/${name}`);
    }
  });

  test('an odd name of a directory', async ({ client, directory }) => {
    const odd = `${directory}/50% #1 ?ü`;
    await client.makeDirectory(odd);
    await writeWhole(client, `${odd}/in it`, stamped(4, BYTES));
    expect(await client.names(odd)).toEqual(['in it']);
    expectStamped(await readWhole(client, `${odd}/in it`), 4, BYTES);
  });

  test('a tree is removed, and nothing beside it', async ({ client, directory }) => {
    await client.makeDirectory(`${directory}/tree/deep/deeper`);
    await client.makeDirectory(`${directory}/tree-2`);
    for (const path of ['tree/one', 'tree/deep/two', 'tree/deep/deeper/three']) {
      await writeWhole(client, `${directory}/${path}`, stamped(1, BYTES));
    }
    for (const path of ['tree-2/one', 'tree.txt', 'tre', 'treee']) {
      await writeWhole(client, `${directory}/${path}`, stamped(2, BYTES));
    }
    await client.removeTree(`${directory}/tree`);
    expect(await client.length(`${directory}/tree/deep/deeper/three`)).toBeNull();
    expect(await client.names(directory)).toEqual(['tre', 'tree-2', 'tree.txt', 'treee']);
    expectStamped(await readWhole(client, `${directory}/tree-2/one`), 2, BYTES);
    await client.removeTree(`${directory}/tre`);
    expect(await client.names(directory)).toEqual(['tree-2', 'tree.txt', 'treee']);
  });

  test('removing what is not there does nothing', async ({ client, directory }) => {
    await writeWhole(client, `${directory}/kept`, stamped(1, BYTES));
    await client.removeTree(`${directory}/not-there`);
    await client.removeTree(`${directory}/not/there`);
    expect(await client.names(directory)).toEqual(['kept']);
  });

  test('what is absent is refused by name', async ({ client, directory }) => {
    const absent = `${directory}/absent`;
    expect(await client.length(absent)).toBeNull();
    expect(await client.length(`${absent}/file`)).toBeNull();
    const refused = await refusal(client.read(absent, 0, new Uint8Array(512)));
    expect(refused.path).toMatch(/absent$/);
    expect(refused.errno).not.toBe('UNSUPPORTED');
  });

  test('an absent parent is refused, or not needed here', async ({ client, directory }) => {
    const path = `${directory}/absent/file`;
    const content = stamped(1, BYTES);
    const write = async () => {
      const file = await client.create(path, anyManner(BYTES));
      await file.write(0, content);
      await file.close();
    };
    const isDone = await write().then(
      () => true,
      () => false,
    );
    if (isDone) expectStamped(await readWhole(client, path), 1, BYTES);
    else {
      await refusal(write());
      expect(await client.length(path)).toBeNull();
    }
  });
}
