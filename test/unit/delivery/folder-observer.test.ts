// What an observer sees of a folder on this host: sizes, times, blocks, who has it open, closes.

import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { wallMs } from '../../../src/base/clock.ts';
import { FolderObserver } from '../../../src/delivery/folder-observer.ts';
import type { Sight } from '../../../src/domain/delivery.ts';
import type { MediumConnection } from '../../../src/domain/medium.ts';
import { connectMedium } from '../../../src/medium/media.ts';

let folder: string;
let connection: MediumConnection;
const observers: FolderObserver[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heisenwrite-observer-'));
  connection = await connectMedium(pathToFileURL(folder).href);
});

afterEach(async () => {
  for (const observer of observers.splice(0)) observer.close();
  await connection.client.close();
  rmSync(folder, { recursive: true });
});

function observer(sights: readonly Sight[], isHere = true): FolderObserver {
  const { client } = connection;
  const directory = isHere ? folder : null;
  const made = new FolderObserver({ client, path: '/', directory, sights: new Set(sights) });
  observers.push(made);
  return made;
}

it('sees who writes, who only reads, and when the last one closes', async () => {
  const seen = observer(['open', 'closed']);
  const fd = openSync(join(folder, 'a'), 'w');
  writeSync(fd, 'half');
  const during = (await seen.look()).files.get('a');
  expect(during).toMatchObject({ bytes: 4, isBeingWritten: true, closedWrites: 0 });
  expect(Math.abs((during?.modifiedMs ?? 0) - wallMs())).toBeLessThan(60_000);
  closeSync(fd);
  const reading = openSync(join(folder, 'a'), 'r');
  try {
    const after = (await seen.look()).files.get('a');
    expect(after).toMatchObject({ isBeingWritten: false, closedWrites: 1 });
  } finally {
    closeSync(reading);
  }
  // The end of a reader is no end of a write.
  expect((await seen.look()).files.get('a')?.closedWrites).toBe(1);
});

it('counts the closes of each name, also where many come at once', async () => {
  const seen = observer(['closed']);
  for (let time = 0; time < 2000; time++) closeSync(openSync(join(folder, `f${time % 7}`), 'a'));
  const { files } = await seen.look();
  expect([...files.values()].reduce((sum, { closedWrites }) => sum + (closedWrites ?? 0), 0)).toBe(
    2000,
  );
});

it('says null of what cannot be seen from here, and leaves out directories', async () => {
  closeSync(openSync(join(folder, 'a'), 'w'));
  mkdirSync(join(folder, 'b'));
  const { files } = await observer(['open', 'closed'], false).look();
  expect([...files.keys()]).toEqual(['a']);
  expect(files.get('a')).toMatchObject({ isBeingWritten: null, closedWrites: null });
});

it('a folder that is not there is refused with what to do', () => {
  expect(
    () =>
      new FolderObserver({
        client: connection.client,
        path: '/none',
        directory: join(folder, 'none'),
        sights: new Set(['closed']),
      }),
  ).toThrow(/ENOENT/);
});
