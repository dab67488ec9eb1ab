// A crash puts a file back to what it was at its last fsync, at the moment that its fault says,
// file by file, and leaves alone what was synced or is of another path.

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseFault } from '../../../../src/domain/fault-grammar.ts';
import { Crashes } from '../../../../src/fault/mount/crashes.ts';
import { type FileLayers, LayeredFiles } from '../../../../src/fault/mount/file-layers.ts';
import { changes, planningOf } from './plans.ts';

const SYNCED = Buffer.alloc(10_000, 'a');

let folder: string;
let files: LayeredFiles;
const descriptors: number[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heisenwrite-crashes-'));
  files = new LayeredFiles();
});
afterEach(async () => {
  await files.close();
  for (const descriptor of descriptors.splice(0)) closeSync(descriptor);
  rmSync(folder, { recursive: true });
});

async function opened(name: string): Promise<FileLayers> {
  const path = join(folder, name);
  writeFileSync(path, SYNCED);
  const fd = openSync(path, 'r+');
  descriptors.push(fd);
  return (await files.of({ fd, path: `/${name}` }, await stat(path))) as FileLayers;
}

async function write(layers: FileLayers, offset: number, text: string): Promise<void> {
  await layers.inTurn(async () => {
    await layers.keep(offset, text.length);
    await layers.handle.write(Buffer.from(text), 0, text.length, offset);
  });
}

const content = ({ path }: FileLayers) => readFileSync(join(folder, basename(path)));

async function crashed(texts: readonly string[], until: () => boolean): Promise<readonly string[]> {
  const planning = planningOf(...texts);
  const crashes = new Crashes(planning.faults, files);
  try {
    const seen: string[] = [];
    await expect
      .poll(() => {
        seen.push(...changes(planning));
        return until();
      })
      .toBe(true);
    seen.push(...changes(planning));
    return seen;
  } finally {
    crashes.close();
  }
}

test('what was written since the last fsync is gone, and what was synced is not', async () => {
  const layers = await opened('data');
  await write(layers, 100, 'synced');
  layers.history.synced();
  const before = content(layers);
  await write(layers, 5000, 'lost');
  await write(layers, 9_998, 'longer');
  expect(content(layers).length).toBe(10_004);
  const said = await crashed(['unsynced:start=1ms'], () => content(layers).equals(before));
  expect(said).toEqual(['5904 bytes as they were at the last fsync']);
});

test('nothing is at stake of a file that was synced', async () => {
  const [synced, written] = [await opened('synced'), await opened('written')];
  await write(synced, 0, 'kept');
  synced.history.synced();
  await write(written, 0, 'lost');
  const said = await crashed(['unsynced:start=1ms'], () => content(written).equals(SYNCED));
  expect(content(synced).subarray(0, 4).toString()).toBe('kept');
  expect(said).toHaveLength(1);
});

test('a path or a range that it does not name is left alone', async () => {
  const [one, other] = [await opened('one'), await opened('other')];
  await write(one, 0, 'lost');
  await write(other, 0, 'kept');
  await crashed(['unsynced:path=/one,start=1ms'], () => content(one).equals(SYNCED));
  expect(content(other).subarray(0, 4).toString()).toBe('kept');
});

test('every= does it again and again', async () => {
  const layers = await opened('data');
  const planning = planningOf('unsynced:start=1ms,for=20ms,every=25ms');
  const crashes = new Crashes(planning.faults, files);
  try {
    for (let time = 0; time < 3; time++) {
      await write(layers, 0, `lost ${time}`);
      await expect.poll(() => content(layers).equals(SYNCED)).toBe(true);
    }
    await expect.poll(() => changes(planning).length).toBeGreaterThan(0);
  } finally {
    crashes.close();
  }
});

test('a fault that is cleared before its moment does nothing', async () => {
  const layers = await opened('data');
  await write(layers, 0, 'kept');
  const planning = planningOf();
  const crashes = new Crashes(planning.faults, files);
  planning.faults.set(parseFault('unsynced:start=20ms'));
  planning.faults.clear();
  await new Promise((resolve) => setTimeout(resolve, 60));
  crashes.close();
  expect(content(layers).subarray(0, 4).toString()).toBe('kept');
  expect(changes(planning)).toEqual([]);
});
