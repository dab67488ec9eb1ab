// Block devices as a medium, on loop devices and image files: the contract, a device that is full,
// and files that another process finds.

import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MediumConnection } from '../../src/domain/medium.ts';
import { blockAdapter } from '../../src/medium/block.ts';
import { mediumContract } from '../conformance/medium-contract.ts';
import {
  anyManner,
  expectStamped,
  readWhole,
  refusal,
  stamped,
  writeWhole,
} from '../conformance/medium-setting.ts';
import { connectDevice, onImage, refused } from './block-setting.ts';
import { attachLoop, blkidStatus, makeImage, onLoopDevice, runProgram } from './loop-device.ts';
import { requireOrSkip } from './requirements.ts';

const MIB = 2 ** 20;
const DIRECT = ['--direct-io=on'];

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

describe('a device as a medium', () => {
  test.for(['ext4', 'xfs', 'btrfs'] as const)(
    '%s is gone once it was confirmed',
    (type, context) => {
      requireOrSkip(context, 'root', 'loop-mounts', `mkfs.${type}`);
      return onLoopDevice(320 * MIB, async ({ device }) => {
        runProgram(`mkfs.${type}`, '-q', device);
        const untyped = await refused(blockAdapter.connect(`block:${device}`));
        expect(untyped.message).toContain(`it holds ${type}`);
        await (await connectDevice(device)).client.close();
        expect(blkidStatus(device)).toBe(2);
      });
    },
  );

  test('a full device says ENOSPC, and what is freed can be used', (context) => {
    requireOrSkip(context, 'root', 'loop-mounts');
    return onLoopDevice(8 * MIB, async ({ device }) => {
      const { client, freeBytes } = await connectDevice(device);
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
      const { client } = await connectDevice(image);
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
      const { client } = await connectDevice(image);
      await writeWhole(client, '/x/one', stamped(1, 100_000));
      await client.close();
      const adapter = import.meta.resolve('../../src/medium/block.ts');
      const script = `
        import { blockAdapter } from '${adapter}';
        const options = { destroyDataOn: '${image}' };
        const { client } = await blockAdapter.connect('block:${image}', options);
        console.log(JSON.stringify(await client.names('/x')), await client.length('/x/one'));
        const manner = { stability: 'any', upload: 'any', totalBytes: 0 };
        const file = await client.open('/x/one', manner);
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
        const second = await connectDevice(image);
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
      const connections = await Promise.all([1, 2, 3].map(() => connectDevice(image)));
      await Promise.all(
        connections.map(async ({ client }, writer) => {
          for (let index = 0; index < 12; index++) {
            await writeWhole(client, `/${writer}-${index}`, stamped(writer * 12 + index, 9000));
            if (index % 3 === 0) await client.removeTree(`/${writer}-${index}`);
          }
        }),
      );
      const { client } = connections[0] as MediumConnection;
      expect((await client.names('/')).length).toBe(24);
      for (const name of await client.names('/')) {
        const [writer, index] = name.split('-').map(Number) as [number, number];
        expectStamped(await readWhole(client, `/${name}`), writer * 12 + index, 9000);
      }
      await Promise.all(connections.map((each) => each.client.close()));
    }));

  test('a removed file takes no more writes once its writer asks the table', () =>
    onImage(8 * MIB, async (image) => {
      const { client } = await connectDevice(image);
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
