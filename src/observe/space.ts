// What is left on the file system of a place: bytes, inodes, the user's quota; and the kernel's
// names of the devices under it.

import { closeSync, openSync, readlinkSync, statfsSync } from 'node:fs';
import { basename } from 'node:path';
import type { Mount } from './mount-table.ts';
import { systemCalls } from './system-calls.ts';

/** Null for what is not limited. */
export interface QuotaLeft {
  readonly leftBytes: number | null;
  readonly leftInodes: number | null;
}

export interface SpaceLeft {
  readonly freeBytes: number;
  /** Null where the file system does not count inodes (btrfs). */
  readonly freeInodes: number | null;
  /** Null where the user has no limit. */
  readonly quota: QuotaLeft | null;
}

/** Limits of a quota are in blocks of this size (quotactl(2)); what is used is in bytes. */
const QUOTA_BLOCK_BYTES = 1024;

export function spaceLeft(directory: string): SpaceLeft {
  const { bavail, bsize, files, ffree } = statfsSync(directory);
  return {
    freeBytes: bavail * bsize,
    freeInodes: files > 0 ? ffree : null,
    quota: quotaLeft(directory),
  };
}

function quotaLeft(directory: string): SpaceLeft['quota'] {
  const { calls } = systemCalls();
  if (calls === null || process.getuid === undefined) return null;
  const fd = openSync(directory, 'r');
  try {
    const quota = new BigUint64Array(9);
    if (calls.userQuota(fd, process.getuid(), quota) !== 0) return null;
    return quotaOf(quota);
  } finally {
    closeSync(fd);
  }
}

/** From `struct if_dqblk`: bhardlimit, bsoftlimit, curspace, ihardlimit, isoftlimit, curinodes. */
export function quotaOf(block: BigUint64Array): SpaceLeft['quota'] {
  const [hardBlocks, , usedBytes, hardInodes, , usedInodes] = [...block].map(Number);
  if (!hardBlocks && !hardInodes) return null;
  const leftBytes = hardBlocks ? hardBlocks * QUOTA_BLOCK_BYTES - (usedBytes ?? 0) : null;
  return { leftBytes, leftInodes: hardInodes ? hardInodes - (usedInodes ?? 0) : null };
}

/**
 * Names under which the kernel's messages speak of the mount: `vda1`, `dm-0`, `loop3`, its disk.
 */
export function deviceNames(mount: Mount | null): string[] {
  if (mount === null) return [];
  const names = new Set<string>();
  if (mount.device.startsWith('/dev/')) names.add(basename(mount.device));
  try {
    // .../block/sda/sda1: the partition and, one level up, its disk.
    const parts = readlinkSync(`/sys/dev/block/${mount.number}`).split('/');
    const [disk, own] = parts.slice(-2);
    if (own) names.add(own);
    if (disk && disk !== 'block') names.add(disk);
  } catch {
    // Not on a block device of its own (tmpfs, NFS, btrfs): the name of the source has to do.
  }
  return [...names];
}
