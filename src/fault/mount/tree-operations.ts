// Calls on names: each is one call on the directory below, with what fires at it.

import {
  close,
  constants,
  fsync,
  lchown,
  link,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  rename,
  rmdir,
  symlink,
  unlink,
} from 'node:fs';
import type Fuse from 'fuse-napi';
import { type Answer, negated, type PlainCall } from './fault-gate.ts';
import type { MountContext } from './mount-context.ts';

type Result = (result: number) => void;
type Failure = NodeJS.ErrnoException | null;
type NameCalls = Pick<
  Fuse.OPERATIONS,
  'renameWithFlags' | 'unlink' | 'link' | 'symlink' | 'mkdir' | 'rmdir' | 'mknod'
>;

const RENAME_EXCHANGE = 2;

const told = (done: Result) => (error: Failure) => done(error ? negated(error) : 0);

export function nameOperations(context: MountContext): NameCalls {
  const { tree, calls, caller } = context;
  /** Waits until the names are settled, asks the faults, and does it. */
  const onNames = (
    call: PlainCall,
    names: readonly string[],
    answer: Result,
    act: (done: Result) => void,
  ) => tree.settled(names, () => context.gate.pass<never>(call, answer, act));
  /** What was made belongs to whoever asked for it. */
  const owned = (path: string, done: Result): Result => {
    const owner = caller();
    return (result) => (result < 0 || !owner ? done(result) : own(tree.real(path), owner, done));
  };
  return {
    unlink(path, answer) {
      if (tree.forget(path)) return answer(0);
      onNames({ operation: 'unlink', path }, [path], answer, (done) =>
        unlink(tree.real(path), told(done)),
      );
    },
    renameWithFlags: (from, to, flags, answer) => renameFile(context, { from, to, flags }, answer),
    link: (from, to, answer) =>
      onNames({ operation: 'link', path: to }, [from, to], answer, (done) =>
        link(tree.real(from), tree.real(to), told(done)),
      ),
    symlink(target, path, answer) {
      const made = owned(path, answer);
      onNames({ operation: 'link', path }, [path], made, (done) =>
        symlink(target, tree.real(path), told(done)),
      );
    },
    mkdir(path, mode, answer) {
      const made = owned(path, answer);
      onNames({ operation: 'mkdir', path }, [path], made, (done) =>
        mkdir(tree.real(path), mode, told(done)),
      );
    },
    rmdir: (path, answer) =>
      tree.settledIn(path, () =>
        context.gate.pass<never>({ operation: 'rmdir', path }, answer, (done) =>
          rmdir(tree.real(path), told(done)),
        ),
      ),
    mknod(path, mode, device, answer) {
      const made = owned(path, answer);
      onNames({ operation: 'create', path }, [path], made, (done) =>
        done(calls.makeNode(tree.real(path), mode, Number(device))),
      );
    },
  };
}

interface Renaming {
  readonly from: string;
  readonly to: string;
  readonly flags: number;
}

function renameFile(context: MountContext, { from, to, flags }: Renaming, answer: Result): void {
  const { tree, gate, calls } = context;
  if (tree.isHiding(to)) {
    hideFile(context, from, to, answer);
    return;
  }
  const act = (done: Result) => {
    if (flags !== 0) done(calls.renameWith(tree.real(from), tree.real(to), flags));
    else rename(tree.real(from), tree.real(to), told(done));
  };
  const call = { operation: 'rename', path: from } as const;
  const settle = flags === RENAME_EXCHANGE ? null : tree.replace(to);
  if (settle === null) tree.settled([from, to], () => gate.pass<never>(call, answer, act));
  else {
    const done: Result = (result) => {
      settle();
      answer(result);
    };
    gate.pass<never>(call, done, act);
  }
}

/** libfuse asks for it where an open file is removed or replaced, which are one thing here. */
function hideFile({ tree, gate }: MountContext, from: string, to: string, answer: Result): void {
  const hide = (keep: boolean): number => {
    try {
      tree.hide(from, to, keep);
      return 0;
    } catch (error) {
      return negated(error);
    }
  };
  let isDone = false;
  const finish: Result = (result) => answer(result === 0 && !isDone ? hide(true) : result);
  gate.pass<never>({ operation: 'unlink', path: from }, finish, (done) => {
    isDone = true;
    done(hide(false));
  });
}

function own(
  path: string,
  { uid, gid }: { readonly uid: number; readonly gid: number },
  done: Result,
): void {
  lstat(path, (error, stats) => {
    if (error) return done(negated(error));
    const group = stats.gid === process.getegid?.() ? gid : stats.gid;
    lchown(path, uid, group, told(done));
  });
}

type DirectoryCalls = Pick<
  Fuse.OPERATIONS,
  'opendir' | 'releasedir' | 'fsyncdir' | 'readdir' | 'readlink'
>;

export function directoryOperations({ tree, gate }: MountContext): DirectoryCalls {
  return {
    opendir: (path, _flags, answer: Answer<number>) =>
      open(tree.real(path), constants.O_RDONLY | constants.O_DIRECTORY, (error, fd) =>
        error ? answer(negated(error)) : answer(0, fd),
      ),
    releasedir: (_path, handle, answer) => close(Number(handle), told(answer)),
    fsyncdir: (path, _dataOnly, handle, answer) =>
      gate.pass<never>({ operation: 'fsync', path: path ?? '' }, answer, (done) =>
        fsync(Number(handle), told(done)),
      ),
    readdir(path, answer: Answer<string[]>) {
      const at = path as string;
      tree.settledIn(at, () =>
        gate.pass({ operation: 'readdir', path: at }, answer, (done) =>
          readdir(tree.real(at), (error, names) =>
            error ? done(negated(error)) : done(0, ['.', '..', ...names]),
          ),
        ),
      );
    },
    readlink: (path, answer) =>
      readlink(tree.real(path), (error, target) =>
        error ? answer(negated(error)) : answer(0, target),
      ),
  };
}
