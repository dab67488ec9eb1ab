// `heisenwrite publish` and `heisenwrite pickup` as they are typed.

import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inDirectory } from '../fixtures/actors/trial-setting.ts';
import { expectRefusal, heisenwrite } from './command-line.ts';
import { contentsOf, sha256Of } from './delivery-setting.ts';

function inFolders(act: (root: string) => Promise<void>): Promise<void> {
  return inDirectory(async (root) => {
    for (const each of ['drop', 'in']) mkdirSync(join(root, each));
    writeFileSync(join(root, 'a.bin'), 'what is delivered');
    await act(root);
  });
}

test('a file is published and picked up', () =>
  inFolders(async (root) => {
    const sha256 = sha256Of(join(root, 'a.bin'));
    const published = await heisenwrite(['publish', 'a.bin', 'drop', '--verify'], root);
    expect(published.exitCode, published.stderr).toBe(0);
    expect(published.stdout).toMatch(`a.bin is there, whole: 17B, SHA-256 ${sha256}`);
    expect(published.stdout).toMatch('used: all was read back through a second client');
    const again = await heisenwrite(['publish', 'a.bin', 'drop', '--json'], root);
    const document = { schema: 'heisenwrite.publish/1', name: 'a.bin', wasThere: true, sha256 };
    expect(JSON.parse(again.stdout)).toMatchObject(document);
    writeFileSync(join(root, 'drop', 'b.ready'), '{');
    const picked = await heisenwrite(['pickup', 'drop', 'in', '--json'], root);
    expect(JSON.parse(picked.stdout)).toMatchObject({
      schema: 'heisenwrite.pickup/1',
      picked: [{ name: 'a.bin', bytes: 17, sha256 }],
      waiting: [{ name: 'b' }],
    });
    expect(contentsOf(join(root, 'in'))).toEqual({ 'a.bin': sha256 });
    const nothing = await heisenwrite(['pickup', 'drop', 'in'], root);
    expect(nothing.exitCode).toBe(0);
    expect(nothing.stdout).toMatch(/^b waits: its marker cannot be read/);
  }));

test('who may read it stays so, unless it is asked for otherwise', () =>
  inFolders(async (root) => {
    const modesIn = (folder: string) =>
      readdirSync(join(root, folder)).map((name) => [
        name,
        (statSync(join(root, folder, name)).mode & 0o777).toString(8),
      ]);
    chmodSync(join(root, 'a.bin'), 0o600);
    await heisenwrite(['publish', 'a.bin', 'drop'], root);
    expect(modesIn('drop')).toEqual([
      ['a.bin', '600'],
      ['a.bin.ready', '600'],
    ]);
    await heisenwrite(['pickup', 'drop', 'in'], root);
    expect(modesIn('in')).toEqual([['a.bin', '600']]);
    await heisenwrite(['publish', 'a.bin', 'drop', '--mode', '0640', '--no-marker'], root);
    expect(modesIn('drop')).toEqual([['a.bin', '640']]);
    const wrong = await heisenwrite(['publish', 'a.bin', 'drop', '--mode', '888'], root);
    expectRefusal(wrong, 2, /--mode 888 is no permission bits\n.*--mode 0640/);
  }));

test('what cannot be done is refused in words', () =>
  inFolders(async (root) => {
    writeFileSync(join(root, 'drop', 'a.bin'), 'other');
    const said = await heisenwrite(['publish', 'a.bin', 'drop'], root);
    expectRefusal(said, 2, /a\.bin is there already, with 5 bytes/);
    expectRefusal(await heisenwrite(['publish', 'a.bin', 'none'], root), 2, /no directory/);
    expectRefusal(await heisenwrite(['publish', 'c', 'drop'], root), 2, /c/);
    const stale = await heisenwrite(['pickup', 'drop', 'in', '--stale', 'long'], root);
    expectRefusal(stale, 2, /--stale long is no duration/);
    expect(readdirSync(join(root, 'drop'))).toEqual(['a.bin']);
    const replaced = await heisenwrite(
      ['publish', 'a.bin', 'drop', '--replace', '--no-marker'],
      root,
    );
    expect(replaced.exitCode).toBe(0);
    const byName = await heisenwrite(['pickup', 'drop', 'in', '--trust', 'name'], root);
    expect(byName.stdout).toMatch(/^a\.bin: 17B/);
  }));
