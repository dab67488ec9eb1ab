// A plain directory keeps the contract of media, on tmpfs and on the file system of the checkout,
// and its URL is refused with words where it cannot be read or names nothing.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { HeisenwriteError } from '../../src/domain/errors.ts';
import { fileAdapter } from '../../src/medium/file-client.ts';
import { mediumContract } from './medium-contract.ts';
import { anyManner, refusal, stamped, writeWhole } from './medium-setting.ts';

const CHECKOUT = resolve(import.meta.dirname, '../../node_modules');

function temporary(below: string): string {
  return mkdtempSync(join(below, '.heisenwrite-medium '));
}

for (const [name, place] of [
  ['file: on tmpfs', '/dev/shm'],
  ['file: on the file system of the checkout', CHECKOUT],
] as const) {
  mediumContract(name, async () => {
    const root = temporary(place);
    return {
      url: pathToFileURL(root).href,
      adapter: fileAdapter,
      async stop() {
        const left = readdirSync(root);
        rmSync(root, { recursive: true });
        expect(left).toEqual([]);
      },
    };
  });
}

async function inDirectory(act: (root: string) => Promise<void>): Promise<void> {
  const root = temporary('/dev/shm');
  try {
    await act(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

async function refused(url: string): Promise<string> {
  const error = await fileAdapter.connect(url).catch((reason: unknown) => reason);
  if (!(error instanceof HeisenwriteError)) throw error;
  return error.code;
}

describe('the URL of a directory', () => {
  test('one that cannot be read, or is not there, is refused', () =>
    inDirectory(async (root) => {
      const { href } = pathToFileURL(root);
      writeFileSync(join(root, 'plain'), '');
      expect(await refused(`${href}/absent`)).toBe('no-such-place');
      expect(await refused(`${href}/plain`)).toBe('no-such-place');
      expect(await refused(`${href}?a=b`)).toBe('invalid-place');
      expect(await refused(`${href}#a`)).toBe('invalid-place');
      expect(await refused('file://user:word@host/x')).toBe('invalid-place');
      expect(await refused('file://host/x')).toBe('invalid-place');
    }));
});

describe('a directory as a medium', () => {
  test('a put that fails leaves no temporary behind', () =>
    inDirectory(async (root) => {
      const { client } = await fileAdapter.connect(pathToFileURL(root).href);
      mkdirSync(join(root, 'in the way'));
      const error = await refusal(client.put('/in the way', stamped(1, 512)));
      expect(error).toMatchObject({ operation: 'put', errno: 'EISDIR', path: '/in the way' });
      expect(readdirSync(root)).toEqual(['in the way']);
      await client.close();
    }));

  test('a path cannot leave the root', () =>
    inDirectory(async (root) => {
      const { client } = await fileAdapter.connect(pathToFileURL(root).href);
      await expect(client.removeTree('/../x')).rejects.toThrow('an absolute path');
      await expect(client.names('x')).rejects.toThrow('an absolute path');
      await client.close();
    }));

  test('files that are open are closed with the client', () =>
    inDirectory(async (root) => {
      const { client } = await fileAdapter.connect(pathToFileURL(root).href);
      await writeWhole(client, '/whole', stamped(1, 512));
      const begun = await client.create('/begun', anyManner(512));
      await client.close();
      await refusal(begun.sync());
      expect(existsSync(join(root, 'begun'))).toBe(true);
      const open = readdirSync('/proc/self/fd').length;
      await client.close();
      expect(readdirSync('/proc/self/fd').length).toBe(open);
    }));
});
