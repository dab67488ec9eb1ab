// What a call that returned has changed: descriptors, positions, lengths, names, processes.

import { isCopy, isOpen, isRead, isRename, isSync, isWrite } from './call.ts';
import { has, type OpenFile, type TrackedFile } from './open-file.ts';
import type { Scene, SeenCall } from './scene.ts';

type Effect = (scene: Scene, seen: SeenCall) => void;

export function noteEffect(scene: Scene, seen: SeenCall): void {
  const { name, result } = seen.call;
  // Linux closes the descriptor also where close() reports an error; close(2), NOTES.
  if (name === 'close' && seen.call.errno !== 'EBADF') {
    scene.release(seen.process, seen.call.given.fd ?? -1);
    return;
  }
  if (result === null) return;
  if (isWrite(name)) wrote(seen, result);
  else if (isCopy(name)) copied(seen, result);
  else if (isRead(name)) moved(seen.open, name, result);
  else if (isOpen(name)) opened(scene, seen, result);
  else if (isSync(name)) synced(seen.file);
  else if (isRename(name)) renamed(scene, seen);
  else if (Object.hasOwn(EFFECTS, name)) EFFECTS[name]?.(scene, seen);
}

function wrote({ open, at }: SeenCall, bytes: number): void {
  if (open === null || bytes === 0) return;
  // No offset was given, or the end is where the next position is.
  if (open.append) open.position = at === null ? null : at + bytes;
  else if (at !== null && at === open.position) open.position = at + bytes;
  grow(open, at, bytes);
}

function grow(open: OpenFile, at: number | null, bytes: number): void {
  const { file } = open;
  if (file === null) return;
  if (!open.syncs) file.unsyncedBytes += bytes;
  if (at !== null && file.endBytes !== null) file.endBytes = Math.max(file.endBytes, at + bytes);
  else if (at === null) file.endBytes = null;
}

function copied({ open, call }: SeenCall, bytes: number): void {
  if (open === null || bytes === 0) return;
  if (call.given.elsewhere) {
    grow(open, null, bytes);
    return;
  }
  const at = call.given.offset ?? (open.append ? (open.file?.endBytes ?? null) : open.position);
  if (call.given.offset === undefined && at !== null) open.position = at + bytes;
  grow(open, at, bytes);
}

function moved(open: OpenFile | null, name: string, bytes: number): void {
  const byPosition = name === 'read' || name === 'readv';
  if (open !== null && open.position !== null && byPosition) open.position += bytes;
}

function opened(scene: Scene, { call, process, path }: SeenCall, fd: number): void {
  const { flags = [], resultSubject } = call.given;
  const subject = resultSubject ?? path ?? scene.world.descriptor(process.id, fd)?.subject ?? '';
  const open = scene.opened(process, subject, flags, 0);
  if (open.file && has(flags, 'O_TRUNC')) emptied(open.file, 0);
  scene.hold(process, fd, open, has(flags, 'O_CLOEXEC'));
}

function emptied(file: TrackedFile, bytes: number): void {
  file.endBytes = bytes;
  if (bytes === 0) file.unsyncedBytes = 0;
}

function synced(file: TrackedFile | null): void {
  if (file) file.unsyncedBytes = 0;
}

function renamed(scene: Scene, { path, toPath, call }: SeenCall): void {
  if (path === null || toPath === null || path === toPath) return;
  const from = scene.files.get(path);
  const to = scene.files.get(toPath);
  scene.files.delete(path);
  scene.files.delete(toPath);
  if (from) place(scene, from, toPath);
  if (to && has(call.given.flags, 'RENAME_EXCHANGE')) place(scene, to, path);
  if (from) return;
  // A directory takes along what is in it.
  for (const [name, file] of [...scene.files]) {
    if (!name.startsWith(`${path}/`)) continue;
    scene.files.delete(name);
    place(scene, file, toPath + name.slice(path.length));
  }
}

function place(scene: Scene, file: TrackedFile, path: string): void {
  file.path = path;
  scene.files.set(path, file);
}

function cloned(scene: Scene, { call, process }: SeenCall): void {
  const { flags } = call.given;
  const child = call.result as number;
  // Its flags are behind a pointer, and not every tracer looks there.
  if (call.name === 'clone3' && flags === undefined) scene.processOf(child);
  else if (has(flags, 'CLONE_THREAD')) scene.addThread(process, child);
  else scene.addProcess(child, process, has(flags, 'CLONE_FILES'));
}

function duplicated(scene: Scene, { call, process, open }: SeenCall): void {
  const closesOnExec = has(call.given.flags, 'O_CLOEXEC', 'F_DUPFD_CLOEXEC');
  if (open && call.result !== call.given.fd) {
    scene.hold(process, call.result as number, open, closesOnExec);
  }
}

/** Its first flag is the command, the others belong to it. */
function controlled(scene: Scene, seen: SeenCall): void {
  const { flags = [], fd = -1 } = seen.call.given;
  const { open, process } = seen;
  if (open === null) return;
  if (has(flags, 'F_DUPFD', 'F_DUPFD_CLOEXEC')) duplicated(scene, seen);
  else if (flags[0] === 'F_SETFL') open.append = has(flags, 'O_APPEND');
  else if (flags[0] === 'F_SETFD') {
    process.files.set(fd, { open, closesOnExec: has(flags, 'FD_CLOEXEC') });
  } else if (/^F_(OFD_)?SETLKW?$/.test(flags[0] ?? '')) open.locked = true;
}

function executed(scene: Scene, { process }: SeenCall): void {
  // A table that was shared is the process's own from here on.
  process.files = new Map(process.files);
  for (const [fd, { closesOnExec }] of [...process.files]) {
    if (closesOnExec) scene.release(process, fd);
  }
  process.command = scene.world.command(process.id) || process.command;
}

function connected({ call, process }: SeenCall, scene: Scene): void {
  const subject = call.given.resultSubject ?? 'socket:[]';
  const open = scene.opened(process, subject, [], null);
  scene.hold(process, call.result as number, open, false);
}

const EFFECTS: Readonly<Record<string, Effect>> = {
  ...{ clone: cloned, clone3: cloned, fork: cloned, vfork: cloned },
  ...{ dup: duplicated, dup2: duplicated, dup3: duplicated },
  fcntl: controlled,
  execve: executed,
  flock(_, { open }) {
    if (open) open.locked = true;
  },
  lseek(_, { open, call }) {
    if (open) open.position = call.result;
  },
  ftruncate(_, { file, call }) {
    if (file && call.given.offset !== undefined) emptied(file, call.given.offset);
  },
  truncate(_, { file, call }) {
    if (file && call.given.offset !== undefined) emptied(file, call.given.offset);
  },
  sync(scene) {
    for (const file of scene.files.values()) synced(file);
  },
  syncfs(scene) {
    for (const file of scene.files.values()) synced(file);
  },
  unlink(scene, { path }) {
    if (path !== null) scene.files.delete(path);
  },
  unlinkat(scene, { path }) {
    if (path !== null) scene.files.delete(path);
  },
  chdir(_, { process, path }) {
    if (path !== null) process.workingDirectory = path;
  },
  fchdir(_, { process, call }) {
    const { subject } = call.given;
    if (subject !== undefined) process.workingDirectory = subject;
  },
  close_range(scene, { process, call }) {
    const { fd = 0, otherFd = fd, flags } = call.given;
    for (const [each, { open }] of [...process.files]) {
      if (each < fd || each > otherFd) continue;
      if (has(flags, 'CLOSE_RANGE_CLOEXEC')) process.files.set(each, { open, closesOnExec: true });
      else scene.release(process, each);
    }
  },
  accept: (scene, seen) => connected(seen, scene),
  accept4: (scene, seen) => connected(seen, scene),
  socket: (scene, seen) => connected(seen, scene),
};
