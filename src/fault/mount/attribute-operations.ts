// Calls on attributes: sizes and times as the layers over a file have them, modes, owners, times in
// nanoseconds, and the space of the file system below.

import { type BigIntStats, chmod, chown, fstat, lchown, lstat, type Stats, statfs } from 'node:fs';
import type Fuse from 'fuse-napi';
import { type Answer, negated } from './fault-gate.ts';
import type { MountContext } from './mount-context.ts';

type Result = (result: number) => void;
type Failure = NodeJS.ErrnoException | null;
type AttributeCalls = Pick<
  Fuse.OPERATIONS,
  'getattr' | 'fgetattr' | 'chmodWithHandle' | 'chownWithHandle' | 'utimensWithHandle' | 'statfs'
>;

const NS_PER_SECOND = 1_000_000_000n;
/** Node's statfs does not say; every common file system of Linux has this. */
const NAME_BYTES_MAX = 255;

const told = (done: Result) => (error: Failure) => done(error ? negated(error) : 0);

export function attributeOperations(context: MountContext): AttributeCalls {
  const { tree, gate, calls } = context;
  /** Where a handle is given its file is meant, which may have no name. */
  const placeOf = (path: Fuse.HandlePath, handle: Fuse.FileHandle) =>
    path === null ? `/proc/self/fd/${handle}` : tree.real(path);
  const isFollowed = (path: Fuse.HandlePath) => path === null || tree.nameless(path) !== undefined;
  return {
    getattr(path, answer: Answer<Fuse.Stats>) {
      const at = path as string;
      tree.settled([at], () => {
        const nameless = tree.nameless(at);
        const then = (error: Failure, stats: BigIntStats) =>
          attributes(context, at, { error, stats }, answer);
        if (nameless === undefined) lstat(tree.real(at), { bigint: true }, then);
        else fstat(nameless, { bigint: true }, then);
      });
    },
    fgetattr: (path, handle, answer: Answer<Fuse.Stats>) =>
      fstat(Number(handle), { bigint: true }, (error, stats) =>
        attributes(context, path ?? '', { error, stats }, answer),
      ),
    chmodWithHandle: (path, handle, mode, answer) =>
      gate.pass<never>({ operation: 'setattr', path: path ?? '' }, answer, (done) =>
        chmod(placeOf(path, handle), mode, told(done)),
      ),
    chownWithHandle: (path, handle, uid, gid, answer) =>
      gate.pass<never>({ operation: 'setattr', path: path ?? '' }, answer, (done) =>
        (isFollowed(path) ? chown : lchown)(
          placeOf(path, handle),
          whole(uid),
          whole(gid),
          told(done),
        ),
      ),
    utimensWithHandle: (path, handle, accessed, changed, answer) =>
      gate.pass<never>({ operation: 'setattr', path: path ?? '' }, answer, (done) => {
        const times = [
          accessed.seconds,
          accessed.nanoseconds,
          changed.seconds,
          changed.nanoseconds,
        ];
        const packed = BigInt64Array.from(times, BigInt);
        done(calls.setTimes(placeOf(path, handle), isFollowed(path), packed));
      }),
    statfs: (path, answer: Answer<Fuse.Statfs>) =>
      statfs(tree.real(path), (error, space) => {
        if (error) return answer(negated(error));
        const { bsize, blocks, bfree, bavail, files, ffree } = space;
        const sizes = { bsize, frsize: bsize, blocks, bfree, bavail, files, ffree };
        answer(0, { ...sizes, favail: ffree, namemax: NAME_BYTES_MAX });
      }),
  };
}

/** -1, which leaves an owner as it is, comes as an unsigned number. */
const whole = (id: number) => (id === 0xffff_ffff ? -1 : id);

function attributes(
  { gate, layers }: MountContext,
  path: string,
  { error, stats }: { readonly error: Failure; readonly stats: BigIntStats },
  answer: Answer<Fuse.Stats>,
): void {
  const laid = error || layers.isEmpty ? null : layers.find(stats);
  const before = laid?.statsBefore ?? null;
  const stale = before === null ? undefined : () => staleStats(stats, before);
  const give = (done: Answer<Fuse.Stats>) => {
    if (error) return done(negated(error));
    const given = fuseStats(stats);
    const end = laid === null ? 0 : laid.delayed.end();
    done(0, end > Number(stats.size) ? { ...given, size: end } : given);
  };
  if (gate.isQuiet) give(answer);
  else gate.pass({ operation: 'getattr', path }, answer, give, stale);
}

function fuseStats(stats: BigIntStats): Fuse.Stats {
  return {
    mode: Number(stats.mode),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    size: stats.size,
    dev: stats.dev,
    nlink: stats.nlink,
    ino: stats.ino,
    rdev: stats.rdev,
    blksize: stats.blksize,
    blocks: stats.blocks,
    atime: timespec(stats.atimeNs),
    mtime: timespec(stats.mtimeNs),
    ctime: timespec(stats.ctimeNs),
  };
}

/** What the last write changed, as it was before it. */
function staleStats(stats: BigIntStats, { size, blocks, mtime, ctime }: Stats): Fuse.Stats {
  return { ...fuseStats(stats), size, blocks, mtime, ctime };
}

function timespec(ns: bigint): Fuse.Timespec {
  const part = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  return { seconds: (ns - part) / NS_PER_SECOND, nanoseconds: Number(part) };
}
