// A block device, or an image file of one, as a medium: written past the cache, at any offset. All
// that was on it will be lost, so its path must be typed a second time, and whatever is in use is
// refused before that. A device that has our table already keeps the files that are on it.

import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { formatSize } from '../base/quantities.ts';
import { errnoOf, HeisenwriteError } from '../domain/errors.ts';
import type {
  ConnectOptions,
  MediumAdapter,
  MediumCapabilities,
  MediumConnection,
} from '../domain/medium.ts';
import { BlockClient } from './block-client.ts';
import { BLOCK_BYTES, FIRST_DATA_BLOCK } from './block-layout.ts';
import {
  attributeOf,
  type DeviceIdentity,
  identify,
  notOpened,
  refuseUsed,
} from './block-refusals.ts';
import { freeBlocks } from './block-space.ts';
import { SharedTable } from './block-table.ts';
import { CALL_LIMIT_MS, ClientCalls } from './client-calls.ts';
import { DirectIo, ShortTransferError } from './direct-io.ts';

const EXAMPLE = 'block:/dev/sdx';
const SECTOR_BYTES = 512;
/** The table and as much again. */
const DATA_BLOCKS_MIN = FIRST_DATA_BLOCK;

const CAPABILITIES: Omit<MediumCapabilities, 'directIo'> = {
  randomWrites: true,
  append: false,
  rename: false,
  atomicReplace: false,
  conditionalPut: false,
  secondClient: true,
  stability: false,
  multipart: false,
};

export const blockAdapter: MediumAdapter = {
  scheme: 'block',
  about: 'a block device or an image file: all that is on it will be lost',
  example: EXAMPLE,
  async connect(url: string, options: ConnectOptions = {}): Promise<MediumConnection> {
    const path = pathOf(url);
    const device = identify(path);
    await refuseUsed(device);
    await refuseUnconfirmed(path, device, options.destroyDataOn);
    const { handle, isDirect } = await openDevice(device);
    try {
      return await connectionTo(device, handle, isDirect, options);
    } catch (error) {
      await handle.close();
      throw error;
    }
  },
};

/** @throws HeisenwriteError `invalid-place` */
function pathOf(url: string): string {
  const found = /^block:(\/(?!\/)[^?#]*)$/.exec(url)?.[1];
  try {
    if (found !== undefined) return decodeURIComponent(found);
  } catch {
    // A lone % is said below.
  }
  const words = `${url} names no device: write ${EXAMPLE}, and % ? # of a name as %25 %3F %23`;
  throw new HeisenwriteError('invalid-place', words);
}

/** @throws HeisenwriteError `not-confirmed` */
async function refuseUnconfirmed(
  path: string,
  device: DeviceIdentity,
  typed: string | undefined,
): Promise<void> {
  if (typed === path) return;
  const wrong = typed === undefined ? '' : `, and what was typed is ${typed}`;
  const holds = await contentOf(device);
  throw new HeisenwriteError(
    'not-confirmed',
    `all that is on ${path} will be lost (it holds ${holds})${wrong}`,
    { remedy: `type the name of the device again: --destroy-data-on ${path}` },
  );
}

/** In words, by the signatures that blkid(8) knows. */
async function contentOf({ path }: DeviceIdentity): Promise<string> {
  const found = await promisify(execFile)('blkid', ['--probe', '--output', 'export', path], {
    env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` },
  }).catch((error: { code?: unknown }) => error);
  if (!('stdout' in found) || 'code' in found) {
    const isNothing = 'code' in found && found.code === 2;
    return isNothing ? 'nothing that blkid knows' : 'what could not be found out';
  }
  const tags = new Map(
    found.stdout.split('\n').map((line) => line.split('=', 2) as [string, string]),
  );
  const label = tags.get('LABEL');
  const type = tags.get('TYPE') ?? tags.get('PTTYPE') ?? 'something';
  return label === undefined ? type : `${type} "${label}"`;
}

/** Past the cache where that is possible; never made, never cut. */
async function openDevice(
  device: DeviceIdentity,
): Promise<{ handle: FileHandle; isDirect: boolean }> {
  try {
    const handle = await open(device.path, constants.O_RDWR | constants.O_DIRECT);
    return { handle, isDirect: true };
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw notOpened(device, error);
  }
  const handle = await open(device.path, constants.O_RDWR).catch((error: unknown) => {
    throw notOpened(device, error);
  });
  return { handle, isDirect: false };
}

async function connectionTo(
  device: DeviceIdentity,
  handle: FileHandle,
  isDirect: boolean,
  options: ConnectOptions,
): Promise<MediumConnection> {
  const bytes = await sizeOf(device, handle);
  const totalBlocks = Math.floor(bytes / BLOCK_BYTES);
  const blocksMin = FIRST_DATA_BLOCK + DATA_BLOCKS_MIN;
  if (totalBlocks < blocksMin) {
    const least = formatSize(blocksMin * BLOCK_BYTES);
    const words = `${device.path} has ${bytes} bytes, and at least ${least} are needed`;
    throw new HeisenwriteError('no-space', words, { remedy: 'give a larger device or image' });
  }
  const unitBytes = await unitOf(device, handle, isDirect);
  const io = new DirectIo(handle, unitBytes);
  const table = new SharedTable(handle, io, totalBlocks, options.limitMs ?? CALL_LIMIT_MS);
  const calls = new ClientCalls(options, readError);
  const found = await calls.run('connect', '/', () => table.makeIfAbsent());
  return {
    client: new BlockClient({ handle, io, table, calls }),
    capabilities: { ...CAPABILITIES, directIo: isDirect },
    facts: {
      protocol: device.kind,
      device: device.path,
      'device size': formatSize(bytes),
      'logical block': formatSize(unitBytes),
      O_DIRECT: isDirect ? 'yes' : 'refused, so writes go through the cache',
      table: found === 'made' ? 'made anew' : 'found, its files were kept',
      ...hardwareOf(device),
    },
    freeBytes: async () => freeBlocks(await table.now(), totalBlocks) * BLOCK_BYTES,
  };
}

function readError(error: unknown): string | null {
  return error instanceof ShortTransferError ? 'SHORT' : errnoOf(error);
}

async function sizeOf(device: DeviceIdentity, handle: FileHandle): Promise<number> {
  if (device.kind === 'image file') return (await handle.stat()).size;
  return Number(attributeOf(device, 'size')) * SECTOR_BYTES;
}

/** Of reads and writes; an image's file system says it by what it takes. */
async function unitOf(
  device: DeviceIdentity,
  handle: FileHandle,
  isDirect: boolean,
): Promise<number> {
  if (!isDirect) return SECTOR_BYTES;
  const stated =
    attributeOf(device, 'queue/logical_block_size') ??
    attributeOf(device, '../queue/logical_block_size');
  if (stated !== null) return Number(stated);
  const isTaken = await new DirectIo(handle, SECTOR_BYTES)
    .read(SECTOR_BYTES, new Uint8Array(SECTOR_BYTES))
    .catch(() => 0);
  return isTaken === SECTOR_BYTES ? SECTOR_BYTES : BLOCK_BYTES;
}

function hardwareOf(device: DeviceIdentity): Record<string, string> {
  const named = {
    model: attributeOf(device, 'device/model'),
    'write cache': attributeOf(device, 'queue/write_cache'),
    scheduler: attributeOf(device, 'queue/scheduler'),
  };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, value]) => (value ? [[name, value]] : [])),
  );
}
