// A file system of its own for a case: ext4 on a loop file where this may be made, else the place
// that was given, whatever it is.

import { spawnSync } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Guard } from '../../base/guard.ts';
import type { CaseGround, CaseSetup } from './case-setup.ts';

/** Sparse; a hunt may take a tenth. */
const IMAGE_BYTES = 512 * 2 ** 20;

export const ext4Setup: CaseSetup = {
  about: 'ext4 on a loop file, as root; else the file system of the given place',
  async open(work): Promise<CaseGround> {
    const place = join(work, 'ext4');
    mkdirSync(place);
    const refusal = await mount(join(work, 'image'), place);
    const ground = { places: { ext4: place }, values: {} };
    if (typeof refusal === 'string') {
      return {
        ...ground,
        about: `the file system of ${work}, since there is no ext4 of its own: ${refusal}`,
        isTransient: false,
        close: async () => undefined,
      };
    }
    return { ...ground, about: 'ext4 on a loop file', isTransient: true, close: refusal.unmount };
  },
};

/** The reason why not, or how to take it away again. */
async function mount(image: string, place: string): Promise<string | { unmount(): Promise<void> }> {
  if (process.getuid?.() !== 0) return 'not root';
  writeFileSync(image, '');
  truncateSync(image, IMAGE_BYTES);
  const made = run('mkfs.ext4', '-q', image);
  if (made !== null) return made;
  const guard = await Guard.start();
  const release = await guard.undo(['umount', '--lazy', place]);
  const mounted = run('mount', '-o', 'loop', image, place);
  if (mounted !== null) {
    release();
    await guard.stop();
    return mounted;
  }
  return {
    async unmount() {
      // Lazily: an actor that is ending may still have a file open.
      run('umount', '--lazy', place);
      release();
      await guard.stop();
    },
  };
}

/** What it said, or null where it succeeded. */
function run(program: string, ...args: string[]): string | null {
  const { status, error, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return null;
  return `${program}: ${(error?.message ?? stderr).trim().split('\n')[0]}`;
}
