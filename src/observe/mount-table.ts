// Which mount a path is on, from /proc/self/mountinfo. The kernel says the mount's number for an
// open file (fdinfo, mnt_id); the longest matching mount point is only the fallback, since a
// later mount can hide an earlier one.

import { closeSync, openSync, readFileSync, realpathSync } from 'node:fs';

export interface FileSystem {
  /** As mounted: ext4, xfs, btrfs, tmpfs, nfs4, overlay, fuse.sshfs... */
  readonly type: string;
  /** Mount options, then those of the file system itself; no duplicates. */
  readonly options: readonly string[];
  /** Source of the mount: /dev/sda1, server:/export, tmpfs. */
  readonly device: string;
  readonly mountPoint: string;
}

export interface Mount extends FileSystem {
  readonly id: number;
  /** `major:minor` of the file system; 0:n where there is no block device. */
  readonly number: string;
}

/** mountinfo, proc_pid_mountinfo(5); lines that are not understood are left out. */
export function parseMountinfo(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const [before, after] = line.split(' - ');
    const [id, , number, , mountPoint, options] = (before ?? '').split(' ');
    const [type, device, superOptions] = (after ?? '').split(' ');
    if (!id || !number || !mountPoint || !options || !type || device === undefined) continue;
    const all = new Set([...options.split(','), ...(superOptions ?? '').split(',')]);
    all.delete('');
    mounts.push({
      id: Number(id),
      number,
      mountPoint: unescapeOctal(mountPoint),
      type,
      device: unescapeOctal(device),
      options: [...all],
    });
  }
  return mounts;
}

/** Space, tab, newline and backslash are written as three octal digits. */
function unescapeOctal(text: string): string {
  const raw = text.replace(/\\([0-7]{3})/g, (_, digits) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
  return raw;
}

/** The mount with that number, else the last of those with the longest mount point above `path`. */
export function mountOf(path: string, mounts: readonly Mount[], id: number | null): Mount | null {
  const numbered = mounts.find((mount) => mount.id === id);
  if (numbered) return numbered;
  let best: Mount | null = null;
  for (const mount of mounts) {
    const { mountPoint } = mount;
    const above = mountPoint === '/' ? '/' : `${mountPoint}/`;
    if (path !== mountPoint && !path.startsWith(above)) continue;
    if (best === null || mountPoint.length >= best.mountPoint.length) best = mount;
  }
  return best;
}

/** The mount of an existing path, or null where /proc does not tell. */
export function findMount(path: string): Mount | null {
  try {
    const mounts = parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8'));
    return mountOf(realpathSync(path), mounts, mountIdOf(path));
  } catch {
    return null;
  }
}

function mountIdOf(path: string): number | null {
  try {
    const fd = openSync(path, 'r');
    try {
      const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
      const id = /^mnt_id:\s*(\d+)$/m.exec(info)?.[1];
      return id === undefined ? null : Number(id);
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}

/** What file system an existing path is on; `unknown` where /proc does not tell. */
export function fileSystemOf(path: string): FileSystem {
  const mount = findMount(path);
  if (mount === null) return { type: 'unknown', options: [], device: 'unknown', mountPoint: '/' };
  const { type, options, device, mountPoint } = mount;
  return { type, options, device, mountPoint };
}
