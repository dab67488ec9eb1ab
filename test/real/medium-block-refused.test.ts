// What a block medium refuses before a byte is written: a device that is in use by anybody, whose
// name was not typed, or that is none.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { blockAdapter } from '../../src/medium/block.ts';
import { fileAdapter } from '../../src/medium/file-client.ts';
import { connectDevice, onImage, refused } from './block-setting.ts';
import { onLoopDevice, runProgram } from './loop-device.ts';
import { onTmpfs, remount } from './mounted-place.ts';
import { requireOrSkip } from './requirements.ts';

const MIB = 2 ** 20;

describe('a device is refused, and nothing is written to it', () => {
  test('where its name was not typed, or another one', (context) => {
    requireOrSkip(context, 'root', 'loop-mounts', 'mkfs.ext4');
    return onLoopDevice(8 * MIB, async ({ device, image }) => {
      runProgram('mkfs.ext4', '-q', '-L', 'precious', device);
      runProgram('blockdev', '--flushbufs', device);
      const before = readFileSync(image);
      const untyped = await refused(blockAdapter.connect(`block:${device}`));
      expect(untyped.code).toBe('not-confirmed');
      expect(untyped.message).toContain('ext4 "precious"');
      expect(untyped.remedy).toContain(`--destroy-data-on ${device}`);
      const wrong = await refused(connectDevice(device, `${device}0`));
      expect(wrong.code).toBe('not-confirmed');
      expect(wrong.message).toContain(`typed is ${device}0`);
      expect((await refused(connectDevice(device, `${device}/`))).code).toBe('not-confirmed');
      expect(Buffer.compare(readFileSync(image), before)).toBe(0);
    });
  });

  test('where it is mounted, and the image behind it too', (context) => {
    requireOrSkip(context, 'root', 'loop-mounts', 'mkfs.ext4');
    return onLoopDevice(8 * MIB, async ({ device, image }) => {
      runProgram('mkfs.ext4', '-q', device);
      const point = join(dirname(image), 'mount point');
      execFileSync('mkdir', [point]);
      runProgram('mount', device, point);
      try {
        const mounted = await refused(connectDevice(device));
        expect(mounted.code).toBe('place-not-writable');
        expect(mounted.message).toContain(`mounted on ${point}`);
      } finally {
        runProgram('umount', point);
      }
      const behind = await refused(connectDevice(image));
      expect(behind).toMatchObject({ code: 'place-not-writable' });
      expect(behind.message).toContain(`behind ${device}`);
    });
  });

  test('where it is swap', (context) => {
    requireOrSkip(context, 'root', 'loop-mounts');
    return onLoopDevice(8 * MIB, async ({ device }) => {
      runProgram('mkswap', device);
      runProgram('swapon', device);
      try {
        const swap = await refused(connectDevice(device));
        expect(swap.code).toBe('place-not-writable');
        expect(swap.message).toContain('swap');
      } finally {
        runProgram('swapoff', device);
      }
    });
  });

  test('where another program has opened it for itself', (context) => {
    requireOrSkip(context, 'root', 'loop-mounts');
    return onLoopDevice(8 * MIB, async ({ device }) => {
      const holder = await open(device, constants.O_RDWR | constants.O_EXCL);
      try {
        const held = await refused(connectDevice(device));
        expect(held.code).toBe('place-not-writable');
        expect(held.message).toContain('opened it for himself');
      } finally {
        await holder.close();
      }
    });
  });

  test('where it is read-only', (context) => {
    requireOrSkip(context, 'root', 'loop-mounts');
    return onLoopDevice(
      8 * MIB,
      async ({ device }) => {
        const readOnly = await refused(connectDevice(device));
        expect(readOnly.code).toBe('place-not-writable');
        expect(readOnly.message).toContain('read-only');
      },
      '--read-only',
    );
  });

  test('where there is none, or something else', () =>
    onImage(64 * 1024, async (image) => {
      const directory = dirname(image);
      expect((await refused(connectDevice('/dev/absent'))).code).toBe('no-such-place');
      expect((await refused(connectDevice(directory))).code).toBe('invalid-place');
      expect((await refused(connectDevice('/dev/null'))).code).toBe('invalid-place');
      expect((await refused(connectDevice(image))).code).toBe('no-space');
      for (const url of ['block://dev/sda', 'block:dev/sda', `block:${image}?a=b`, 'block:/%']) {
        expect((await refused(blockAdapter.connect(url))).code).toBe('invalid-place');
      }
    }));
});

describe('a directory as a medium', () => {
  test('a file system that is mounted read-only is refused', (context) => {
    requireOrSkip(context, 'root');
    return onTmpfs('size=1M', async (place) => {
      remount(place, 'ro');
      const readOnly = await refused(fileAdapter.connect(pathToFileURL(place).href));
      expect(readOnly.code).toBe('place-not-writable');
    });
  });
});
