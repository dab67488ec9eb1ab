// What is said of a file that changed while it was read, where reading it ended with a refusal.

import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { HeisenwriteError } from '../../../src/domain/errors.ts';
import { unlessChanged } from '../../../src/stamp/steady-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'steady-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(change: (path: string) => void, error?: Error): Promise<string> {
  const path = join(folder, 'file');
  writeFileSync(path, 'zeros');
  const descriptor = openSync(path, 'r');
  try {
    const status = fstatSync(descriptor, { bigint: true });
    return await unlessChanged([{ path, descriptor, status }], async () => {
      change(path);
      if (error) throw error;
      return 'read';
    });
  } finally {
    closeSync(descriptor);
  }
}

const grown = (path: string) => writeFileSync(path, 'more', { flag: 'a' });
const notStamped = new HeisenwriteError('not-stamped', 'it has no stamps');
const failed = new HeisenwriteError('read-failed', 'EIO');

it('what is not stamped yet is not called unstamped', async () => {
  await expect(read(grown, notStamped)).rejects.toThrow('became 9 bytes long, from 5, while');
  await expect(read(() => {}, notStamped)).rejects.toBe(notStamped);
});

it('a call that failed keeps its own reason, and so does a fault of the program', async () => {
  await expect(read(grown, failed)).rejects.toBe(failed);
  const fault = new TypeError('no such thing');
  await expect(read(grown, fault)).rejects.toBe(fault);
});

it('a file that stands still is answered for', async () => {
  expect(await read(() => {})).toBe('read');
  await expect(read(grown)).rejects.toMatchObject({ code: 'read-failed' });
});
