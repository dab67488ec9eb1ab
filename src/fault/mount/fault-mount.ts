// A directory seen through a FUSE mount that plants faults. The process that serves it must not use
// it: a call of its own would wait for itself. A guard takes the mount away if the process is
// killed.

import type Fuse from 'fuse-napi';
import { Guard, type Release } from '../../base/guard.ts';
import type { Rng } from '../../base/rng.ts';
import { HeisenwriteError } from '../../domain/errors.ts';
import type { ArmedFaults } from '../armed-faults.ts';
import { serveControl } from '../control-server.ts';
import { RateLimits } from '../kinds/rate.ts';
import { attributeOperations } from './attribute-operations.ts';
import { BackingTree } from './backing-tree.ts';
import { Crashes } from './crashes.ts';
import { attributeIn, extendedOperations } from './extended-attributes.ts';
import { FaultGate } from './fault-gate.ts';
import { LayeredFiles } from './file-layers.ts';
import { fileOperations } from './file-operations.ts';
import { loadFuse, mayBeShared } from './fuse-library.ts';
import type { CachePolicy, MountContext } from './mount-context.ts';
import { type MountPlace, mountedAt } from './mount-place.ts';
import { type FileCalls, loadFileCalls } from './native-calls.ts';
import { OpenFiles } from './open-files.ts';
import { directoryOperations, nameOperations } from './tree-operations.ts';

/** Calls at the same time: those that a fault holds up must not stop the others. */
const CALLS_MAX = 16;
const MOUNT_LIMIT_MS = 15_000;
/** Another mount namespace may hold what was unmounted here, so that the kernel says nothing. */
const WATCH_MS = 1000;
const UNSHARED =
  'only root can use this mount: for other users, put the line user_allow_other in ' +
  '/etc/fuse.conf and mount again';

export interface MountSettings {
  readonly place: MountPlace;
  readonly faults: ArmedFaults;
  /** For what is drawn besides whether a fault fires: a word, a length. */
  readonly rng: Rng;
  readonly cache: CachePolicy;
  /** Whether extended attributes pass; else there are none, as on a file system without them. */
  readonly xattr: boolean;
  /** Told, in one line, what whoever runs it should know. */
  readonly note: (text: string) => void;
}

export interface RunningMount {
  /** Resolves when somebody else unmounted it. */
  readonly unmounted: Promise<void>;
  /** Unmounts it: programs that still use it are told that it is gone. Never rejects. */
  close(): Promise<void>;
}

/**
 * @throws HeisenwriteError `no-such-program` without FUSE, `invalid-option` where it is served
 *   already, cannot be mounted, or this process has one thread only
 */
export async function startMount(settings: MountSettings): Promise<RunningMount> {
  const { place, faults } = settings;
  const isRoot = process.getuid?.() === 0;
  refuseOneThread();
  const gone = Promise.withResolvers<void>();
  const Library = await loadFuse();
  const isShared = await mayBeShared(Library);
  if (isRoot && !isShared) settings.note(UNSHARED);
  const options = optionsFor(settings, isShared, gone.resolve);
  const { at, directory } = place;
  const control = await serveControl(faults, { server: 'mount', name: at, at: directory });
  const layers = new LayeredFiles();
  const crashes = new Crashes(faults, layers);
  // Modes come as the program's own umask leaves them.
  process.umask(0);
  try {
    const tree = new BackingTree(directory === '/' ? '' : directory);
    const calls = loadFileCalls();
    if (!settings.xattr) noteAttributes(settings, calls);
    const context: MountContext = {
      tree,
      layers,
      files: new OpenFiles(),
      gate: new FaultGate({ faults, rng: settings.rng, rates: new RateLimits() }),
      calls,
      cache: settings.cache,
      caller: () => (isRoot ? callerOf(fuse) : null),
    };
    const fuse: Fuse = new Library(at, operations(context, settings.xattr), options);
    const release = await guarded(at, isRoot);
    await mount(fuse, at);
    const watch = setInterval(() => {
      if (mountedAt(at) === null && context.files.isEmpty) gone.resolve();
    }, WATCH_MS);
    const close = async () => {
      clearInterval(watch);
      await unmount(fuse);
      release();
      crashes.close();
      await layers.close();
      tree.close();
      await control.close();
    };
    return { unmounted: gone.promise, close };
  } catch (error) {
    crashes.close();
    await control.close();
    throw error;
  }
}

/** Once it is mounted the library looks at it, by a call that another thread must carry out. */
function refuseOneThread(): void {
  const threads = process.env.UV_THREADPOOL_SIZE;
  if (threads === undefined || Number.parseInt(threads, 10) >= 2) return;
  throw new HeisenwriteError('invalid-option', `UV_THREADPOOL_SIZE=${threads} is too few`, {
    remedy: 'a mount needs two threads or more: unset UV_THREADPOOL_SIZE, which is 4 then',
  });
}

function noteAttributes({ place, note }: MountSettings, calls: FileCalls): void {
  const name = attributeIn(place.directory, calls);
  if (name === null) return;
  note(
    `files there have extended attributes (${name}), which programs on the mount will not see: ` +
      '--xattr passes them on, at one call more for each write',
  );
}

function optionsFor(
  { place, note }: MountSettings,
  isShared: boolean,
  gone: () => void,
): Fuse.OPTIONS {
  return {
    allowOther: isShared,
    defaultPermissions: true,
    // What the directory below says is asked for each time: another name of the same file, and
    // whoever writes to it beside the mount, may have changed it.
    attrTimeout: 0,
    entryTimeout: 0,
    // A fault may hold up a call for as long as it likes.
    timeout: { default: false, init: MOUNT_LIMIT_MS },
    maxConcurrency: CALLS_MAX,
    nullPathOk: true,
    subtype: 'heisenwrite',
    // The library refuses what mount options cannot have.
    fsname: /[\0,\\\r\n]/.test(place.directory) ? 'heisenwrite' : place.directory,
    onError: (error, operation) => {
      if (operation === 'lifecycle') gone();
      else note(`${operation}: ${(error as Error).message}`);
    },
  };
}

function operations(context: MountContext, xattr: boolean): Fuse.OPERATIONS {
  return {
    ...fileOperations(context),
    ...nameOperations(context),
    ...directoryOperations(context),
    ...attributeOperations(context),
    ...(xattr ? extendedOperations(context) : {}),
  } as Fuse.OPERATIONS;
}

/** Null where what is made belongs to this process's user anyway. */
function callerOf(fuse: Fuse): { uid: number; gid: number } | null {
  const caller = fuse.context();
  if (caller === null || (caller.uid === 0 && caller.gid === 0)) return null;
  return { uid: caller.uid, gid: caller.gid };
}

async function guarded(at: string, isRoot: boolean): Promise<Release> {
  const guard = await Guard.start();
  return guard.undo(isRoot ? ['umount', '-l', at] : ['fusermount3', '-u', '-z', at]);
}

async function mount(fuse: Fuse, at: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    fuse.mount((error) => (error ? reject(error) : resolve()));
  }).catch((error: Error) => {
    throw new HeisenwriteError('invalid-option', `${at} could not be mounted: ${error.message}`, {
      remedy: 'check that this user may mount there (`fusermount3`, /etc/fuse.conf)',
      cause: error,
    });
  });
}

function unmount(fuse: Fuse): Promise<void> {
  return new Promise((resolve) => fuse.unmount(() => resolve()));
}
