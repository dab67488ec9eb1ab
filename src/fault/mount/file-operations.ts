// Calls on open files. Without faults and layers each read and write is one call on the file below,
// and that path is kept short; with them each becomes a plan first (file-contents.ts).

import {
  close,
  constants,
  fchown,
  fdatasync,
  fstat,
  fsync,
  open,
  read,
  truncate,
  write,
} from 'node:fs';
import type Fuse from 'fuse-napi';
import { free, ReadMemory } from './call-memory.ts';
import { type Answer, goneWithoutName, negated } from './fault-gate.ts';
import { FileContents } from './file-contents.ts';
import type { MountContext } from './mount-context.ts';
import { backingFlags, flagNames, type OpenFile } from './open-files.ts';

type Handle = Fuse.FileHandle;
type Path = Fuse.HandlePath;
type Opened = Answer<Fuse.FileInfoResult>;
type FileCalls = Pick<
  Fuse.OPERATIONS,
  'open' | 'createWithFlags' | 'readBuffer' | 'write' | 'fsync' | 'flush' | 'release'
> &
  Pick<Fuse.OPERATIONS, 'truncate' | 'ftruncate' | 'fallocate' | 'lseek'>;

export function fileOperations(context: MountContext): FileCalls {
  const { files, layers, gate } = context;
  const contents = new FileContents(context);
  const memories = new ReadMemory();
  const fileOf = (handle: Handle) => files.get(Number(handle)) as OpenFile;
  const isPlain = () => gate.isQuiet && layers.isEmpty;
  const later = (work: Promise<number>, answer: (result: number) => void) =>
    void work.then(answer, (error) => answer(negated(error)));
  return {
    open: (path, flags, answer) => openFile(context, contents, { path, flags }, answer),
    createWithFlags: (path, mode, flags, answer) =>
      createFile(context, { path, flags, mode }, answer),
    readBuffer(path, handle, length, offset, answer) {
      if (isPlain()) {
        const memory = memories.take(length);
        read(Number(handle), memory, 0, length, Number(offset), (error, bytes) => {
          if (error) answer(negated(error));
          else answer(0, memory.subarray(0, bytes));
          // The library copies what it is answered at the next tick: before this one.
          process.nextTick(() => memories.giveBack(memory));
        });
        return;
      }
      const file = fileOf(handle);
      const call = { file, path: path ?? file.path, offset: Number(offset) };
      const memory = Buffer.alloc(length);
      later(contents.read(call, memory), (result) =>
        result < 0 ? answer(result) : answer(0, memory.subarray(0, result)),
      );
    },
    write(path, handle, data, length, offset, answer) {
      if (isPlain()) {
        write(Number(handle), data, 0, length, Number(offset), (error, bytes) => {
          answer(error ? negated(error) : bytes);
          free(data);
        });
        return;
      }
      const file = fileOf(handle);
      const call = { file, path: path ?? file.path, offset: Number(offset) };
      later(contents.write(call, data.subarray(0, length)), answer);
    },
    ...syncOperations(context, contents),
    ...sizeOperations(context, contents),
  };
}

function syncOperations(context: MountContext, contents: FileContents) {
  const { files, layers, gate, calls } = context;
  const fileOf = (handle: Handle) => files.get(Number(handle)) as OpenFile;
  const settle = (work: Promise<void>, answer: (result: number) => void) =>
    void work.then(
      () => answer(0),
      (error) => answer(negated(error)),
    );
  return {
    fsync(path: Path, dataOnly: boolean, handle: Handle, answer: (result: number) => void) {
      const file = fileOf(handle);
      const sync = (done: (result: number) => void) =>
        (dataOnly ? fdatasync : fsync)(file.fd, (error) => done(error ? negated(error) : 0));
      const call = { operation: 'fsync', path: path ?? file.path, flags: file.flags } as const;
      gate.pass<never>(call, answer, (done) => {
        const late = contents.takeLate(file, 'fsync');
        if (late !== 0) done(late);
        else if (layers.isEmpty) sync(done);
        else settle(contents.synced(file, dataOnly), done);
      });
    },
    // Of every close(2); a program that has a duplicate goes on after it.
    flush(path: Path, handle: Handle, answer: (result: number) => void) {
      const file = fileOf(handle);
      const call = { operation: 'close', path: path ?? file.path, flags: file.flags } as const;
      gate.pass<never>(call, answer, (done) => {
        const late = contents.takeLate(file, 'close');
        if (late !== 0) done(late);
        else if (!file.isWritable) done(0);
        else if (layers.isEmpty) done(calls.closeDuplicate(file.fd));
        else
          settle(contents.closed(file), (result) => done(result || calls.closeDuplicate(file.fd)));
      });
    },
    release(_path: Path, handle: Handle, answer: (result: number) => void) {
      const fd = Number(handle);
      const end = () => {
        files.remove(fd);
        close(fd, (error) => answer(error ? negated(error) : 0));
      };
      if (layers.isEmpty) end();
      else void layers.released(fd, gate.wantsHistory).then(end, end);
    },
  };
}

function sizeOperations(
  { files, tree, layers, gate, calls }: MountContext,
  contents: FileContents,
) {
  const isPlain = () => gate.isQuiet && layers.isEmpty;
  const settle = (work: Promise<void>, answer: (result: number) => void) =>
    void work.then(
      () => answer(0),
      (error) => answer(negated(error)),
    );
  return {
    truncate(path: Path, size: Fuse.Int64, answer: (result: number) => void) {
      const at = path as string;
      gate.pass<never>({ operation: 'truncate', path: at }, answer, (done) => {
        if (!isPlain()) settle(contents.truncatePath(at, Number(size)), done);
        else truncate(tree.real(at), Number(size), (error) => done(error ? negated(error) : 0));
      });
    },
    ftruncate(path: Path, handle: Handle, size: Fuse.Int64, answer: (result: number) => void) {
      const file = files.get(Number(handle)) as OpenFile;
      const call = { operation: 'truncate', path: path ?? file.path, flags: file.flags } as const;
      gate.pass<never>(call, answer, (done) => settle(contents.truncate(file, Number(size)), done));
    },
    fallocate(
      path: Path,
      handle: Handle,
      mode: number,
      offset: Fuse.Int64,
      length: Fuse.Int64,
      answer: (result: number) => void,
    ) {
      const file = files.get(Number(handle)) as OpenFile;
      const call = { operation: 'truncate', path: path ?? file.path, flags: file.flags } as const;
      gate.pass<never>(call, answer, (done) => {
        const allocate = () => calls.allocate(file.fd, mode, Number(offset), Number(length));
        if (isPlain()) done(allocate());
        else {
          const range = { offset: Number(offset), length: Number(length) };
          void contents.change(file, range, allocate).then(done, (error) => done(negated(error)));
        }
      });
    },
    lseek(
      _path: Path,
      handle: Handle,
      offset: Fuse.Int64,
      whence: number,
      answer: (result: number, offset?: number) => void,
    ) {
      const place = calls.seek(Number(handle), Number(offset), whence);
      if (place < 0) answer(place);
      else answer(0, place);
    },
  };
}

interface Opening {
  readonly path: string;
  readonly flags: number;
}

function openFile(
  context: MountContext,
  contents: FileContents,
  { path, flags }: Opening,
  answer: Opened,
): void {
  const { tree, files, layers, gate } = context;
  const call = { operation: 'open', path, flags: flagNames(flags) } as const;
  // What is cut off must be kept first where a fault may ask for it.
  const cutsLater = () =>
    (flags & constants.O_TRUNC) !== 0 && (gate.wantsHistory || !layers.isEmpty);
  tree.settled([path], () =>
    gate.pass(call, answer, (done) => {
      const isLater = cutsLater();
      const wanted = backingFlags(isLater ? flags & ~constants.O_TRUNC : flags);
      open(tree.real(path), wanted, (error, fd) => {
        if (error) return done(goneWithoutName(tree, path) ?? negated(error));
        const file = files.add(fd, path, flags);
        const opened = { fd, directIO: isDirect(context) };
        if (!isLater) return done(0, opened);
        void contents.truncate(file, 0).then(
          () => done(0, opened),
          (failure) => done(negated(failure)),
        );
      });
    }),
  );
}

function createFile(
  context: MountContext,
  { path, flags, mode }: Opening & { readonly mode: number },
  answer: Opened,
): void {
  const { tree, files, gate, caller } = context;
  const owner = caller();
  const call = { operation: 'create', path, flags: flagNames(flags) } as const;
  tree.settled([path], () =>
    gate.pass(call, answer, (done) => {
      const wanted = backingFlags(flags) | constants.O_CREAT;
      open(tree.real(path), wanted, mode, (error, fd) => {
        if (error) return done(negated(error));
        files.add(fd, path, flags);
        const opened = { fd, directIO: isDirect(context) };
        if (owner === null) return done(0, opened);
        own(fd, owner, () => done(0, opened));
      });
    }),
  );
}

/** Gives a new file to who made it; a group that its directory hands down stays. */
function own(fd: number, { uid, gid }: { uid: number; gid: number }, then: () => void): void {
  fstat(fd, (_error, stats) => {
    const group = stats.gid === process.getegid?.() ? gid : stats.gid;
    fchown(fd, uid, group, () => then());
  });
}

function isDirect({ cache, gate }: MountContext): boolean {
  if (cache !== 'auto') return cache === 'none';
  return !gate.isQuiet && (gate.concerns('read') || gate.concerns('write'));
}
