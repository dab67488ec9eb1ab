// What must not be written to, whatever was typed: a device that is mounted, swapped to, part of
// another device, opened by somebody for himself, or read-only. The open with O_EXCL is what
// counts, for the kernel knows all users of a device, in other namespaces too; the lists say who.

import {
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf, HeisenwriteError } from '../domain/errors.ts';

/** Others of our clients look at the device in the same way at the same time. */
const EXCLUSIVE_TRIES = 40;
const EXCLUSIVE_PAUSE_MS = 25;

export interface DeviceIdentity {
  /** After symbolic links. */
  readonly path: string;
  readonly kind: 'block device' | 'image file';
  /** `7:0` of a device; `inode on device` of an image. */
  readonly number: string;
}

/** @throws HeisenwriteError `no-such-place`, `invalid-place` */
export function identify(path: string): DeviceIdentity {
  try {
    const real = realpathSync(path);
    const found = statSync(real);
    if (found.isBlockDevice()) {
      return { path: real, kind: 'block device', number: numberOf(found.rdev) };
    }
    if (found.isFile()) {
      return { path: real, kind: 'image file', number: `${found.ino} on ${found.dev}` };
    }
  } catch (error) {
    const because = (error as Error).message;
    throw new HeisenwriteError('no-such-place', because, {
      remedy: 'give a block device, or an image file that exists: truncate --size 1G IMAGE',
      cause: error,
    });
  }
  const kind = lstatSync(path).isDirectory() ? 'a directory' : 'neither';
  throw new HeisenwriteError(
    'invalid-place',
    `${path} is ${kind}, not a block device and not an image file`,
  );
}

/** Linux: 12 bits of major, 20 of minor (makedev(3)). */
function numberOf(device: number): string {
  const major = Math.floor(device / 256) % 4096;
  const minor = (device % 256) + Math.floor(device / 2 ** 20) * 256;
  return `${major}:${minor}`;
}

/** @throws HeisenwriteError `place-not-writable`, with the user of the device where it is known */
export async function refuseUsed(device: DeviceIdentity): Promise<void> {
  const user = userOf(device);
  if (user !== null) throw inUse(device, user);
  if (device.kind === 'block device') await refuseHeld(device);
}

/** A directory of attributes in sysfs, which every block device has. */
function sysfsOf({ number }: DeviceIdentity): string {
  const link = join('/sys/dev/block', number);
  // Resolved, so that `..` of a partition is its disk.
  return existsSync(link) ? realpathSync(link) : link;
}

export function attributeOf(device: DeviceIdentity, name: string): string | null {
  try {
    return readFileSync(join(sysfsOf(device), name), 'utf8').trim();
  } catch {
    return null;
  }
}

function userOf(device: DeviceIdentity): string | null {
  const swap = linesOf('/proc/swaps').find(([path]) => isSame(device, path));
  if (swap) return 'it is used as swap';
  if (device.kind === 'image file') return loopOf(device);
  for (const each of [device, ...partitionsOf(device)]) {
    const words = each === device ? 'it' : `its partition ${each.path}`;
    const point = mountPointOf(each);
    if (point !== null) return `${words} is mounted on ${point}`;
    const [holder] = entriesOf(join(sysfsOf(each), 'holders'));
    if (holder !== undefined) return `${words} is part of /dev/${holder}`;
  }
  return null;
}

function partitionsOf(device: DeviceIdentity): DeviceIdentity[] {
  return entriesOf(sysfsOf(device)).flatMap((name) => {
    const inside = { ...device, path: `/dev/${name}`, number: '' };
    const number = attributeOf(device, join(name, 'dev'));
    return number !== null && attributeOf(device, join(name, 'partition')) !== null
      ? [{ ...inside, number }]
      : [];
  });
}

/** By number, and by source where the file system has a number of its own (btrfs). */
function mountPointOf(device: DeviceIdentity): string | null {
  for (const fields of linesOf('/proc/self/mountinfo')) {
    const source = fields[fields.indexOf('-') + 2] as string;
    if (fields[2] === device.number || isSame(device, source))
      return withoutEscapes(fields[4] as string);
  }
  return null;
}

function loopOf(image: DeviceIdentity): string | null {
  const loops = entriesOf('/sys/block').filter((name) => name.startsWith('loop'));
  const loop = loops.find((name) => {
    try {
      const backing = readFileSync(join('/sys/block', name, 'loop/backing_file'), 'utf8');
      return isSame(image, backing.trimEnd());
    } catch {
      return false;
    }
  });
  return loop === undefined ? null : `it is behind /dev/${loop}`;
}

function isSame(device: DeviceIdentity, path: string | undefined): boolean {
  if (!path?.startsWith('/')) return false;
  try {
    return identify(withoutEscapes(path)).number === device.number;
  } catch {
    return false;
  }
}

async function refuseHeld(device: DeviceIdentity): Promise<void> {
  if (attributeOf(device, 'ro') === '1') {
    throw new HeisenwriteError('place-not-writable', `${device.path} is read-only`, {
      remedy: 'make it writable (blockdev --setrw), or give another device',
    });
  }
  for (let tries = 1; ; tries++) {
    try {
      await (await open(device.path, constants.O_RDWR | constants.O_EXCL)).close();
      return;
    } catch (error) {
      if (errnoOf(error) !== 'EBUSY') throw notOpened(device, error);
      if (tries === EXCLUSIVE_TRIES) throw inUse(device, 'somebody has opened it for himself');
      await sleep(EXCLUSIVE_PAUSE_MS);
    }
  }
}

export function notOpened(device: DeviceIdentity, error: unknown): HeisenwriteError {
  return new HeisenwriteError('place-not-writable', (error as Error).message, {
    remedy: `run as a user who may write to ${device.path}`,
    cause: error,
  });
}

function inUse(device: DeviceIdentity, user: string): HeisenwriteError {
  const words = `${device.path} is in use: ${user}`;
  return new HeisenwriteError('place-not-writable', words, {
    remedy: `see \`lsblk ${device.path}\` and end that use, or give another device`,
  });
}

function linesOf(path: string): string[][] {
  // A kernel without swap has no /proc/swaps.
  const text = existsSync(path) ? readFileSync(path, 'utf8').trimEnd() : '';
  return text.split('\n').map((line) => line.split(/\s+/));
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** The kernel writes spaces and the like as `\040` (proc_pid_mountinfo(5)). */
function withoutEscapes(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
