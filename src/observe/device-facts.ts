// The block devices under a mount, from /sys: the disk, what it says of caching and sector
// sizes, and what it is stacked on. A write cache or a loop file below is often the whole
// explanation.

import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Mount } from './mount-table.ts';
import { bracketed, readLink, readText } from './sysfs.ts';

/** Stacks deeper than this are cut: a device cannot be on itself, but a test tree can. */
const DEPTH_MAX = 8;

/** `sys` is the root of sysfs. Serial numbers (`serial`, `wwid`) are not read. */
export function deviceFacts(mount: Mount, sys: string): Record<string, string | undefined> {
  const device = blockDevice(mount, sys);
  if (device === null) return ext4Facts(mount, sys);
  const { disk, partition } = device;
  const at = join(sys, 'block', disk);
  const queue = (name: string) => readText(join(at, 'queue', name));
  const model = [readText(join(at, 'device/vendor')), readText(join(at, 'device/model'))]
    .filter((part) => part !== undefined)
    .join(' ');
  return {
    disk: partition === null ? disk : `${disk}, partition ${partition}`,
    'disk model': model,
    'disk driver': driverOf(at),
    'disk kind': queue('rotational') === '1' ? 'rotating' : 'not rotating',
    'disk write cache': queue('write_cache'),
    'disk FUA': queue('fua'),
    'disk sectors': sectors(queue('logical_block_size'), queue('physical_block_size')),
    'disk scheduler': bracketed(queue('scheduler')),
    'disk largest request': kib(queue('max_sectors_kb')),
    'disk read ahead': kib(queue('read_ahead_kb')),
    'disk on': stackBelow(sys, disk, 0).join(' on ') || undefined,
    ...ext4Facts(mount, sys),
  };
}

function blockDevice(mount: Mount, sys: string): { disk: string; partition: string | null } | null {
  const target =
    readLink(join(sys, 'dev/block', mount.number)) ??
    (mount.device.startsWith('/dev/')
      ? readLink(join(sys, 'class/block', basename(mount.device)))
      : undefined);
  if (target === undefined) return null;
  const [parent = '', own = ''] = target.split('/').slice(-2);
  const isPartition = readText(join(sys, 'block', parent, own, 'partition')) !== undefined;
  return isPartition ? { disk: parent, partition: own } : { disk: own, partition: null };
}

function driverOf(at: string): string | undefined {
  const link = readLink(join(at, 'device/driver'));
  return link === undefined ? undefined : basename(link);
}

function sectors(logical: string | undefined, physical: string | undefined): string | undefined {
  if (logical === undefined) return undefined;
  return `${logical} bytes logical, ${physical ?? '?'} physical`;
}

const kib = (text: string | undefined) => (text === undefined ? undefined : `${text}KiB`);

/** Devices or the file that a device is made of: loop files, device-mapper and md members. */
function stackBelow(sys: string, disk: string, depth: number): string[] {
  if (depth > DEPTH_MAX) return [];
  const at = join(sys, 'block', disk);
  const file = readText(join(at, 'loop/backing_file'));
  if (file !== undefined) return [`the file ${file}`];
  const name = readText(join(at, 'dm/name'));
  const level = readText(join(at, 'md/level'));
  let below: string[] = [];
  try {
    below = readdirSync(join(at, 'slaves'));
  } catch {
    // Not stacked.
  }
  if (below.length === 0) return [];
  const kind =
    name !== undefined ? `device-mapper ${name}` : level !== undefined ? `md ${level}` : '';
  const deeper = below.flatMap((inner) => stackBelow(sys, inner, depth + 1));
  return [`${kind} ${below.join(' + ')}`.trim(), ...deeper];
}

/** What ext4 tells of itself in /sys/fs without its superblock being read. */
function ext4Facts(mount: Mount, sys: string): Record<string, string | undefined> {
  if (mount.type !== 'ext4') return {};
  const at = join(sys, 'fs/ext4', basename(mount.device));
  return {
    'ext4 errors recorded': readText(join(at, 'errors_count')),
    'ext4 delayed allocation blocks': readText(join(at, 'delayed_allocation_blocks')),
    'ext4 lifetime written': kib(readText(join(at, 'lifetime_write_kbytes'))),
  };
}
