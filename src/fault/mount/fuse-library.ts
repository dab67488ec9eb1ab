// fuse-napi, loaded only where something is mounted: it needs a library of the system that most
// uses of heisenwrite do not.

import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import type Fuse from 'fuse-napi';
import { HeisenwriteError } from '../../domain/errors.ts';

/** @throws HeisenwriteError `no-such-program` where this machine has no FUSE */
export async function loadFuse(): Promise<typeof Fuse> {
  // Each call of FUSE brings a buffer of its own, of up to 1 MiB. Unless V8 counts them with the
  // rest, it collects the whole heap for every 64 MiB of them: more than all other work (measured).
  setFlagsFromString('--external-memory-accounted-in-global-limit');
  try {
    const library: typeof Fuse = createRequire(import.meta.url)('fuse-napi');
    await library.checkEnvironment();
    return library;
  } catch (error) {
    const why = (error as Error).message.split('\n')[0];
    throw new HeisenwriteError('no-such-program', `this machine cannot mount with FUSE: ${why}`, {
      remedy: 'apt install fuse3; /dev/fuse must be there and open to this user (modprobe fuse)',
      cause: error,
    });
  }
}

/**
 * Whether other users may use a mount of root, who could allow it anyway; the library asks for a
 * line in /etc/fuse.conf even so.
 */
export async function mayBeShared(library: typeof Fuse): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  return library.checkEnvironment({ allowOther: true }).then(
    () => true,
    () => false,
  );
}
