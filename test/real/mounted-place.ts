// A small file system of its own for a test: tmpfs, or a loop file with ext4, XFS or btrfs.
// Whatever the test does, nothing stays mounted.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

function run(program: string, ...args: string[]): void {
  const done = spawnSync(program, args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${done.stderr}`);
}

async function mounted<T>(
  mount: (root: string, place: string) => void,
  act: (place: string) => Promise<T> | T,
): Promise<T> {
  const root = mkdtempSync('/var/tmp/heisenwrite-test-');
  const place = join(root, 'place');
  mkdirSync(place);
  try {
    mount(root, place);
    return await act(place);
  } finally {
    // Lazily: a failed assertion may have left a file open.
    spawnSync('umount', ['--lazy', place]);
    rmSync(root, { recursive: true });
  }
}

/** `options` as for mount(8): `size=8M`. */
export function onTmpfs<T>(options: string, act: (place: string) => Promise<T> | T): Promise<T> {
  return mounted((_, place) => run('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', place), act);
}

/** `options` as for mount(8). */
export function onLoop<T>(
  type: 'ext4' | 'xfs' | 'btrfs',
  act: (place: string) => Promise<T> | T,
  options = 'loop',
): Promise<T> {
  return mounted((root, place) => {
    const image = join(root, 'image');
    writeFileSync(image, '');
    // The smallest that mkfs.xfs accepts is 300 MiB; the file is sparse.
    truncateSync(image, 320 * 2 ** 20);
    run(`mkfs.${type}`, '-q', image);
    run('mount', '-o', options, image, place);
  }, act);
}

export function remount(place: string, options: string): void {
  run('mount', '-o', `remount,${options}`, place);
}
