// The least that passes a directory through fuse-napi: each call on the file below, nothing else.
// `node plain-mount.ts DIR MNT`; says a line once it is mounted, ends at SIGTERM.

import {
  close,
  fstat,
  fsync,
  lstat,
  open,
  read,
  readdir,
  type Stats,
  truncate,
  write,
} from 'node:fs';
import Fuse from 'fuse-napi';

const [directory, at] = process.argv.slice(2) as [string, string];
type Failure = NodeJS.ErrnoException | null;
const failed = (error: Failure) => error?.errno ?? 0;
const told = (answer: (result: number) => void) => (error: Failure) => answer(failed(error));
const attributes =
  (answer: (result: number, stats?: Stats) => void) => (error: Failure, stats: Stats) =>
    answer(failed(error), stats);

const operations: Fuse.OPERATIONS = {
  getattr: (path, answer) => lstat(directory + path, attributes(answer)),
  fgetattr: (_path, fd, answer) => fstat(Number(fd), attributes(answer)),
  readdir: (path, answer) =>
    readdir(directory + path, (error, names) => answer(failed(error), names)),
  open: (path, flags, answer) =>
    open(directory + path, flags, (error, fd) => answer(failed(error), fd)),
  createWithFlags: (path, mode, flags, answer) =>
    open(directory + path, flags, mode, (error, fd) => answer(failed(error), fd)),
  truncate: (path, size, answer) => truncate(directory + path, Number(size), told(answer)),
  read: (_path, fd, memory, length, offset, answer) =>
    read(Number(fd), memory, 0, length, Number(offset), (error, bytes) =>
      answer(error ? failed(error) : bytes),
    ),
  write: (_path, fd, data, length, offset, answer) =>
    write(Number(fd), data, 0, length, Number(offset), (error, bytes) =>
      answer(error ? failed(error) : bytes),
    ),
  fsync: (_path, _dataOnly, fd, answer) => fsync(Number(fd), told(answer)),
  flush: (_path, _fd, answer) => answer(0),
  release: (_path, fd, answer) => close(Number(fd), told(answer)),
};

const fuse = new Fuse(at, operations, { attrTimeout: 0, entryTimeout: 0 });
fuse.mount((error) => {
  if (error) throw error;
  process.stdout.write('mounted\n');
});
// A mount alone keeps no process alive.
setInterval(() => undefined, 60_000);
process.on('SIGTERM', () => fuse.unmount(() => process.exit(0)));
