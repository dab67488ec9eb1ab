// mountinfo as the kernel writes it: escapes, optional fields, bind mounts, mounts that hide
// others.

import { describe, expect, test } from 'vitest';
import { fileSystemOf, mountOf, parseMountinfo } from '../../../src/observe/mount-table.ts';

const TABLE = `27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
30 27 0:27 / /dev/shm rw - tmpfs tmpfs rw,size=64k
31 27 8:1 /sub /mnt/with\\040space ro,relatime shared:2 master:1 - xfs /dev/sda1 rw,noquota
32 27 0:40 / /data rw - nfs4 server:/export rw,vers=4.2
33 32 0:41 / /data/inner rw - tmpfs tmpfs rw
34 27 0:42 / /data rw - tmpfs hides rw
a line that is not understood
`;

describe('mountinfo', () => {
  const mounts = parseMountinfo(TABLE);

  test('is read with optional fields, escapes and options of both kinds', () => {
    expect(mounts.length).toBe(6);
    expect(mounts[2]).toEqual({
      id: 31,
      number: '8:1',
      mountPoint: '/mnt/with space',
      type: 'xfs',
      device: '/dev/sda1',
      options: ['ro', 'relatime', 'rw', 'noquota'],
    });
    expect(mounts[0]?.options).toEqual(['rw', 'relatime', 'discard']);
  });

  test('the number decides, even against a longer mount point', () => {
    expect(mountOf('/data/inner/x', mounts, 34)?.device).toBe('hides');
  });

  test('without the number: longest mount point, and the last of equals', () => {
    expect(mountOf('/data/inner/x', mounts, null)?.id).toBe(33);
    expect(mountOf('/data/x', mounts, null)?.device).toBe('hides');
    expect(mountOf('/data', mounts, 999)?.device).toBe('hides');
    expect(mountOf('/database', mounts, null)?.mountPoint).toBe('/');
    expect(mountOf('/dev/shm', mounts, null)?.type).toBe('tmpfs');
    expect(mountOf('/x', [], null)).toBeNull();
  });

  test('of this machine: /proc is proc, and what does not exist is unknown', () => {
    expect(fileSystemOf('/proc')).toMatchObject({ type: 'proc', mountPoint: '/proc' });
    expect(fileSystemOf('/no/such/path').type).toBe('unknown');
  });
});
