// A loop device over an image file for a test. It is detached and the image removed, whatever the
// test does.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface LoopDevice {
  readonly device: string;
  readonly image: string;
  detach(): void;
}

export function runProgram(program: string, ...args: string[]): string {
  const done = spawnSync(program, args, { encoding: 'utf8' });
  if (done.status === 0) return done.stdout.trim();
  throw new Error(`${program} ${args.join(' ')}: ${done.error?.message ?? done.stderr}`);
}

/** By blkid(8): 2 where it knows nothing of what is on the device. */
export function blkidStatus(device: string): number | null {
  const program = 'blkid';
  return spawnSync(program, ['--probe', device]).status;
}

/** An image of zeros in a directory of its own. */
export function makeImage(bytes: number): { image: string; remove(): void } {
  const root = mkdtempSync('/var/tmp/heisenwrite-block-');
  const image = join(root, 'image');
  writeFileSync(image, '');
  truncateSync(image, bytes);
  return { image, remove: () => rmSync(root, { recursive: true }) };
}

export function attachLoop(bytes: number, ...options: string[]): LoopDevice {
  const { image, remove } = makeImage(bytes);
  try {
    const device = runProgram('losetup', ...options, '--find', '--show', image);
    return {
      device,
      image,
      detach() {
        spawnSync('losetup', ['--detach', device]);
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

export async function onLoopDevice<Result>(
  bytes: number,
  act: (loop: LoopDevice) => Promise<Result>,
  ...options: string[]
): Promise<Result> {
  const loop = attachLoop(bytes, ...options);
  try {
    return await act(loop);
  } finally {
    loop.detach();
  }
}
