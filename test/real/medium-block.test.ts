// Block devices as a medium, on loop devices and image files: the contract, what is refused before
// a byte is written, a device that is full, and files that another process finds.

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { HeisenwriteError } from '../../src/domain/errors.ts';
import type { MediumConnection } from '../../src/domain/medium.ts';
import { blockAdapter } from '../../src/medium/block.ts';
import { fileAdapter } from '../../src/medium/file-client.ts';
import { mediumContract } from '../conformance/medium-contract.ts';
import {
  anyManner,
  expectStamped,
  readWhole,
  refusal,
  stamped,
  writeWhole,
} from '../conformance/medium-setting.ts';
import { attachLoop, makeImage, onLoopDevice, runProgram } from './loop-device.ts';
import { onTmpfs, remount } from './mounted-place.ts';
import { requireOrSkip } from './requirements.ts';

const MIB = 2 ** 20;
const DIRECT = ['--direct-io=on'];

function connect(path: string, destroyDataOn = path): Promise<MediumConnection> {
  return blockAdapter.connect(`block:${path}`, { destroyDataOn });
}

async function refused(connecting: Promise<MediumConnection>): Promise<HeisenwriteError> {
  const outcome: unknown = await connecting.then(
    ({ client }) => client.close().then(() => new Error('it was opened')),
    (error: unknown) => error,
  );
  if (outcome instanceof HeisenwriteError) return outcome;
  throw outcome;
}

async function onImage(bytes: number, act: (image: string) => Promise<void>): Promise<void> {
  const { image, remove } = makeImage(bytes);
  try {
    await act(image);
  } finally {
    remove();
  }
}

mediumContract('block: on a loop device', async () => {
  const { device, detach } = attachLoop(64 * MIB, ...DIRECT);
  const stop = async () => detach();
  const options = { destroyDataOn: device };
  return { url: `block:${device}`, adapter: blockAdapter, options, stop };
}, ['root', 'loop-mounts']);

mediumContract('block: on an image file', async () => {
  const { image, remove } = makeImage(64 * MIB);
  const options = { destroyDataOn: image };
  const stop = async () => {
    expect(statSync(image).size).toBe(64 * MIB);
    remove();
  };
  return { url: `block:${image}`, adapter: blockAdapter, options, stop };
});

mediumContract('block: on a loop device with sectors of 4096 bytes', async () => {
  const { device, detach } = attachLoop(64 * MIB, '--sector-size=4096');
  const stop = async () => detach();
  const options = { destroyDataOn: device };
  return { url: `block:${device}`, adapter: blockAdapter, options, stop };
}, ['root', 'loop-mounts']);

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
      const wrong = await refused(connect(device, `${device}0`));
      expect(wrong.code).toBe('not-confirmed');
      expect(wrong.message).toContain(`typed is ${device}0`);
      expect((await refused(connect(device, `${device}/`))).code).toBe('not-confirmed');
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
        const mounted = await refused(connect(device));
        expect(mounted.code).toBe('place-not-writable');
        expect(mounted.message).toContain(`mounted on ${point}`);
      } finally {
        runProgram('umount', point);
      }
      const behind = await refused(connect(image));
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
        const swap = await refused(connect(device));
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
      const { open, constants } = await import('node:fs/promises');
      const holder = await open(device, constants.O_RDWR | constants.O_EXCL);
      try {
        const held = await refused(connect(device));
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
        const readOnly = await refused(connect(device));
        expect(readOnly.code).toBe('place-not-writable');
        expect(readOnly.message).toContain('read-only');
      },
      '--read-only',
    );
  });

  test('where there is none, or something else', () =>
    onImage(64 * 1024, async (image) => {
      const directory = dirname(image);
      expect((await refused(connect('/dev/absent'))).code).toBe('no-such-place');
      expect((await refused(connect(directory))).code).toBe('invalid-place');
      expect((await refused(connect('/dev/null'))).code).toBe('invalid-place');
      expect((await refused(connect(image))).code).toBe('no-space');
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

describe('a device as a medium', () => {
  test.for(['ext4', 'xfs', 'btrfs'] as const)(
    '%s is gone once it was confirmed',
    (type, context) => {
      requireOrSkip(context, 'root', 'loop-mounts', `mkfs.${type}`);
      return onLoopDevice(320 * MIB, async ({ device }) => {
        runProgram(`mkfs.${type}`, '-q', device);
        const untyped = await refused(blockAdapter.connect(`block:${device}`));
        expect(untyped.message).toContain(`it holds ${type}`);
        await (await connect(device)).client.close();
        expect(spawnSync('blkid', ['--probe', device]).status).toBe(2);
      });
    },
  );

  test('a full device says ENOSPC, and what is freed can be used', (context) => {
    requireOrSkip(context, 'root', 'loop-mounts');
    return onLoopDevice(8 * MIB, async ({ device }) => {
      const { client, freeBytes } = await connect(device);
      try {
        await writeWhole(client, '/a', stamped(1, 3 * MIB));
        await writeWhole(client, '/b', stamped(2, 3 * MIB));
        const free = (await freeBytes()) as number;
        const tooLarge = await refusal(client.create('/c', anyManner(3 * MIB)));
        expect(tooLarge).toMatchObject({ operation: 'create', errno: 'ENOSPC', path: '/c' });
        const growing = await client.create('/d', anyManner(512));
        const beyond = await refusal(growing.write(free, stamped(3, 512)));
        expect(beyond).toMatchObject({ operation: 'write', errno: 'ENOSPC', offset: free });
        await growing.close();
        await client.removeTree('/a');
        await writeWhole(client, '/c', stamped(3, 3 * MIB));
        expectStamped(await readWhole(client, '/b'), 2, 3 * MIB);
        expectStamped(await readWhole(client, '/c'), 3, 3 * MIB);
      } finally {
        await client.close();
      }
    });
  });

  test('a full table says ENOSPC, and the files before it are there', () =>
    onImage(8 * MIB, async (image) => {
      const { client } = await connect(image);
      try {
        const long = 'n'.repeat(40_000);
        const names = Array.from({ length: 8 }, (_, index) => `/${index}${long}`);
        let refusedAt = -1;
        for (const [index, name] of names.entries()) {
          const made = client.create(name, anyManner(512)).then((file) => file.close());
          const outcome = await made.catch((error: { errno: string }) => error.errno);
          if (outcome === undefined) continue;
          expect(outcome).toBe('ENOSPC');
          refusedAt = index;
          break;
        }
        expect(refusedAt).toBe(6);
        expect((await client.names('/')).length).toBe(6);
      } finally {
        await client.close();
      }
    }));

  test('another process finds the files, and the table outlives one damaged copy', () =>
    onImage(8 * MIB, async (image) => {
      const { client } = await connect(image);
      await writeWhole(client, '/x/one', stamped(1, 100_000));
      await client.close();
      const script = `
        import { blockAdapter } from ${JSON.stringify(import.meta.resolve('../../src/medium/block.ts'))};
        const { client } = await blockAdapter.connect('block:${image}',
          { destroyDataOn: '${image}' });
        console.log(JSON.stringify(await client.names('/x')), await client.length('/x/one'));
        const file = await client.open('/x/one', { stability: 'any', upload: 'any', totalBytes: 0 });
        await file.truncate(50_000);
        await file.close();
        await client.close();`;
      const args = ['--input-type=module', '--no-warnings', '-e', script];
      expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe('["one"] 100000\n');
      for (const copy of [0, 1]) {
        const whole = readFileSync(image);
        const damaged = Buffer.from(whole);
        damaged.fill(0x5a, copy * 4096, copy * 4096 + 64);
        writeFileSync(image, damaged);
        const second = await connect(image);
        // The copy that is left may be the one before the last change, never a mixture.
        const length = await second.client.length('/x/one');
        expect([50_000, 100_000]).toContain(length);
        const into = new Uint8Array(50_000);
        expect(await second.client.read('/x/one', 0, into)).toBe(50_000);
        expectStamped(into, 1, 50_000);
        await second.client.close();
        writeFileSync(image, whole);
      }
    }));

  test('clients that change the table at the same time lose no file', () =>
    onImage(16 * MIB, async (image) => {
      const connections = await Promise.all([connect(image), connect(image), connect(image)]);
      await Promise.all(
        connections.map(async ({ client }, writer) => {
          for (let index = 0; index < 12; index++) {
            await writeWhole(client, `/${writer}-${index}`, stamped(writer * 12 + index, 9000));
            if (index % 3 === 0) await client.removeTree(`/${writer}-${index}`);
          }
        }),
      );
      const [{ client }] = connections;
      expect((await client.names('/')).length).toBe(24);
      for (const name of await client.names('/')) {
        const [writer, index] = name.split('-').map(Number) as [number, number];
        expectStamped(await readWhole(client, `/${name}`), writer * 12 + index, 9000);
      }
      await Promise.all(connections.map((each) => each.client.close()));
    }));

  test('a removed file takes no more writes once its writer asks the table', () =>
    onImage(8 * MIB, async (image) => {
      const { client } = await connect(image);
      const file = await client.create('/gone', anyManner(4096));
      await file.write(0, stamped(1, 4096));
      await client.removeTree('/gone');
      expect(await refusal(file.close())).toMatchObject({ operation: 'close', errno: 'ESTALE' });
      await client.close();
    }));

  test('a link to a device is the device, confirmed by the name that was given', (context) => {
    requireOrSkip(context, 'root', 'loop-mounts');
    return onLoopDevice(8 * MIB, async ({ device, image }) => {
      const link = join(dirname(image), 'by id #1');
      symlinkSync(device, link);
      const url = `block:${encodeURI(link).replaceAll('#', '%23')}`;
      expect((await refused(blockAdapter.connect(url, { destroyDataOn: device }))).code).toBe(
        'not-confirmed',
      );
      const { client, facts } = await blockAdapter.connect(url, { destroyDataOn: link });
      expect(facts.device).toBe(device);
      await client.close();
      rmSync(link);
    });
  });
});
