// Re-reads, facts and rig checks on real file systems: where the cache can be dropped it is seen to
// be, and a rig that breaks while it is used is noticed.

import { closeSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { placeFacts } from '../../src/observe/facts.ts';
import { fileSystemOf } from '../../src/observe/mount-table.ts';
import { reread } from '../../src/observe/reread.ts';
import { checkRig, rigSnapshot } from '../../src/observe/rig.ts';
import { onLoop, onTmpfs, remount } from './mounted-place.ts';
import { requireOrSkip } from './requirements.ts';

const failed = async (...request: Parameters<typeof checkRig>) => {
  const { checks } = await checkRig(...request);
  return checks.filter(({ passed }) => !passed).map(({ name }) => name);
};

describe.each(['ext4', 'xfs', 'btrfs'] as const)('on %s', (type) => {
  test('pages leave the cache, and a direct read sees what is below', async (context) => {
    requireOrSkip(context, 'root', 'loop-mounts', `mkfs.${type}`);
    await onLoop(type, async (place) => {
      const before = rigSnapshot(place);
      const path = join(place, 'file');
      const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7) & 255));
      writeFileSync(path, bytes);
      readFileSync(path);
      const fd = openSync(path, 'r');
      readSync(fd, Buffer.alloc(4096));
      const looks = reread({ fd, path, offset: 12_345, length: 200_000 });
      closeSync(fd);
      for (const look of looks) {
        expect(look.note, look.how).toBeUndefined();
        expect(look.outcome).toBe('read');
        expect(bytes.subarray(12_345, 212_345).equals(look.bytes ?? Buffer.alloc(0))).toBe(true);
      }
      expect(fileSystemOf(path)).toMatchObject({ type, mountPoint: place });
      const facts = placeFacts(place);
      expect(facts['file system']).toBe(type);
      expect(facts['disk on'] ?? '').toMatch(/^the file .*image$/);
      expect(await failed({ directory: place, before })).toEqual([]);
      remount(place, 'ro');
      expect(await failed({ directory: place, before })).toEqual(['mount']);
    });
  });
});

test('a place that fills up, and one that goes away', async (context) => {
  requireOrSkip(context, 'root');
  await onTmpfs('size=8M,nr_inodes=100', async (place) => {
    const before = rigSnapshot(place);
    expect(await failed({ directory: place, before })).toEqual([]);
    writeFileSync(join(place, 'large'), Buffer.alloc(7.5 * 2 ** 20));
    expect(await failed({ directory: place, before })).toEqual(['free space']);
    for (let at = 0; at < 90; at++) writeFileSync(join(place, `${at}`), '');
    expect(await failed({ directory: place, before })).toEqual(['free space', 'inodes']);
    const gone = { directory: join(place, 'none'), before };
    expect(await failed(gone)).toEqual(['mount']);
    const elsewhere = { directory: '/var/tmp', before };
    expect(await failed(elsewhere)).toEqual(['mount']);
  });
});
