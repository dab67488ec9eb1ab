// Re-reads of real files on the disk that holds the temporary directory and, for a file system that
// keeps its pages and may refuse O_DIRECT, on /dev/shm where there is one.

import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pageAlignedBuffer, reread } from '../../../src/observe/reread.ts';
import { cachedPages, systemCalls } from '../../../src/observe/system-calls.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync('/var/tmp/heisenwrite-test-');
});
afterEach(() => rmSync(directory, { recursive: true }));

const content = Buffer.from(Array.from({ length: 20_000 }, (_, at) => (at * 7 + (at >> 8)) & 255));

function withFile<T>(where: string, flags: number, act: (fd: number, path: string) => T): T {
  const path = join(where, 'file');
  writeFileSync(path, content);
  const fd = openSync(path, flags);
  try {
    return act(fd, path);
  } finally {
    closeSync(fd);
  }
}

describe('reread', () => {
  test('gives the same window three times, in order, with times that rise', () => {
    const looks = withFile(directory, constants.O_RDONLY, (fd, path) =>
      reread({ fd, path, offset: 4095, length: 5000 }),
    );
    expect(looks.map((look) => look.how)).toEqual(['same-descriptor', 'cache-dropped', 'direct']);
    for (const look of looks) {
      expect(look.note).toBeUndefined();
      expect(look.outcome).toBe('read');
      expect(look.fileBytes).toBe(content.length);
      expect(Buffer.from(look.bytes ?? []).equals(content.subarray(4095, 9095))).toBe(true);
    }
    const times = looks.map((look) => BigInt(look.atNs));
    expect(times).toEqual([...times].sort((a, b) => (a < b ? -1 : 1)));
  });

  test('a window beyond the end of the file gives what is there', () => {
    const looks = withFile(directory, constants.O_RDONLY, (fd, path) => [
      ...reread({ fd, path, offset: 19_000, length: 4096 }),
      ...reread({ fd, path, offset: 40_960, length: 4096 }),
    ]);
    expect(looks.map((look) => look.bytes?.length)).toEqual([1000, 1000, 1000, 0, 0, 0]);
    expect(Buffer.from(looks[2]?.bytes ?? []).equals(content.subarray(19_000))).toBe(true);
  });

  test('a descriptor opened with O_DIRECT is read again in whole pages', () => {
    const looks = withFile(directory, constants.O_RDONLY | constants.O_DIRECT, (fd, path) =>
      reread({ fd, path, offset: 100, length: 10 }),
    );
    expect(looks.map((look) => look.outcome)).toEqual(['read', 'read', 'read']);
    for (const look of looks)
      expect([...(look.bytes ?? [])]).toEqual([...content.subarray(100, 110)]);
  });

  test('a file that was replaced meanwhile is read by its inode, not by its name', () => {
    const looks = withFile(directory, constants.O_RDONLY, (fd, path) => {
      writeFileSync(`${path}.new`, Buffer.alloc(20_000, 1));
      renameSync(`${path}.new`, path);
      return reread({ fd, path, offset: 0, length: 512 });
    });
    for (const look of looks)
      expect([...(look.bytes ?? [])]).toEqual([...content.subarray(0, 512)]);
  });

  test('a file that could not be opened is looked for again by name', () => {
    const absent = reread({ fd: -1, path: join(directory, 'none'), offset: 0, length: 512 });
    expect(absent.map((look) => look.outcome)).toEqual(Array(3).fill('not-possible'));
    expect(absent[1]?.note).toContain('ENOENT');
    writeFileSync(join(directory, 'none'), content);
    const late = reread({ fd: -1, path: join(directory, 'none'), offset: 0, length: 512 });
    expect(late.map((look) => look.outcome)).toEqual(['not-possible', 'read', 'read']);
  });

  test('memory that is handed in is poisoned before the read and not given away', () => {
    const buffer = pageAlignedBuffer(65_536);
    const looks = withFile(directory, constants.O_RDONLY, (fd, path) =>
      reread({ fd, path, offset: 19_996, length: 64, buffer, poisonWord: 0x1122334455667788n }),
    );
    buffer.fill(0);
    expect([...(looks[0]?.bytes ?? [])]).toEqual([...content.subarray(19_996)]);
  });

  test('pages that were cached are gone after the drop, as far as the kernel can tell', () => {
    withFile(directory, constants.O_RDONLY, (fd, path) => {
      readFileSync(path);
      expect(cachedPages(fd, 0, 20_480)).toBe(5);
      expect(systemCalls().calls?.cachedPagesByMincore(fd, 0, 20_480)).toBe(5);
      const [, dropped] = reread({ fd, path, offset: 0, length: 20_000 });
      expect(dropped?.note).toBeUndefined();
    });
  });

  test.runIf(existsSync('/dev/shm'))('says that pages stayed where they cannot leave', () => {
    const shm = mkdtempSync('/dev/shm/heisenwrite-test-');
    try {
      const looks = withFile(shm, constants.O_RDONLY, (fd, path) =>
        reread({ fd, path, offset: 0, length: 8192 }),
      );
      expect(looks[1]?.note).toBe('2 of 2 pages stayed in the cache');
      expect(looks[1]?.bytes?.length).toBe(8192);
      if (looks[2]?.outcome === 'not-possible') expect(looks[2].note).toContain('O_DIRECT');
    } finally {
      rmSync(shm, { recursive: true });
    }
  });
});
