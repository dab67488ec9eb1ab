// Which process, file and offset each call is about. Calls are taken in the order in which they
// returned; a judge sees each before its effect is noted, so that it can compare what was with what
// comes.

import { resolve } from 'node:path';
import { isAtPosition, isWrite, type TracedCall, type TracedStart } from './call.ts';
import { noteEffect } from './effects.ts';
import { has, kindOf, type OpenFile, plainSubject, type TrackedFile } from './open-file.ts';
import type { World } from './world.ts';

export interface TracedProcess {
  readonly id: number;
  command: string;
  workingDirectory: string;
  /** Shared with another process after clone(CLONE_FILES). */
  files: Map<number, Held>;
  threads: number;
}

export interface Held {
  readonly open: OpenFile;
  readonly closesOnExec: boolean;
}

/** A call, with what it is about. */
export interface SeenCall {
  readonly call: TracedCall;
  readonly process: TracedProcess;
  /** What its descriptor leads to; null where it has none, or none that is open. */
  readonly open: OpenFile | null;
  /** The file that it is about, by descriptor or by path; null where that is none, or unknown. */
  readonly file: TrackedFile | null;
  /** Absolute; null where it has none. */
  readonly path: string | null;
  readonly toPath: string | null;
  /** Of a write, where its bytes begin; null where that is not known. */
  readonly at: number | null;
}

export class Scene {
  readonly processes = new Map<number, TracedProcess>();
  readonly files = new Map<string, TrackedFile>();
  readonly world: World;
  readonly #ofThread = new Map<number, TracedProcess>();
  readonly #starters = new Map<number, TracedProcess>();

  constructor(world: World) {
    this.world = world;
  }

  see(call: TracedCall): SeenCall {
    const process = this.processOf(call.thread, call.process);
    const { given } = call;
    const open = given.fd === undefined ? null : this.#openOf(process, given.fd, given.subject);
    const directory = given.directory ?? this.#directoryOf(process, given.directoryFd);
    const toDirectory = given.toDirectory ?? this.#directoryOf(process, given.toDirectoryFd);
    const path = this.#pathOf(process, given.path, directory);
    const toPath = this.#pathOf(process, given.toPath, toDirectory);
    const file = open?.file ?? (path === null ? null : (this.files.get(path) ?? null));
    const at = isWrite(call.name) && open !== null ? offsetOf(call, open) : null;
    return { call, process, open, file, path, toPath, at };
  }

  /** What the call has changed; to be called after everybody has seen it. */
  note(seen: SeenCall): void {
    noteEffect(this, seen);
  }

  /**
   * The process of a thread, with a table of its own where nothing is known of it.
   * @param told its process, where the tracer says so
   */
  processOf(thread: number, told?: number): TracedProcess {
    const known = this.#ofThread.get(thread);
    if (known) return known;
    const starter = this.#starters.get(thread);
    // One that was there before us, or whose start was not told.
    const family = told === undefined || starter === undefined ? this.world.family(thread) : null;
    const process = told ?? family?.process ?? thread;
    if (process !== thread) return this.addThread(this.processOf(process, process), thread);
    const parent = starter ?? this.processes.get(family?.parent ?? -1) ?? null;
    return this.addProcess(thread, parent, false);
  }

  /** A thread is there; of which process is known now, or is told with its first call. */
  started({ by, thread, isThread }: TracedStart): void {
    const process = this.processOf(by);
    if (isThread === true) this.addThread(process, thread);
    else if (isThread === false) this.addProcess(thread, process, false);
    else this.#starters.set(thread, process);
  }

  addThread(process: TracedProcess, thread: number): TracedProcess {
    if (!this.#ofThread.has(thread)) process.threads++;
    this.#ofThread.set(thread, process);
    return process;
  }

  /** A child has the descriptors of its parent, or shares its table. */
  addProcess(id: number, parent: TracedProcess | null, sharesFiles: boolean): TracedProcess {
    const there = this.processes.get(id);
    if (there) return there;
    const files = parent === null ? new Map() : sharesFiles ? parent.files : new Map(parent.files);
    if (!sharesFiles) for (const { open } of files.values()) open.holders++;
    const process: TracedProcess = {
      ...{ id, files, threads: 0 },
      command: this.world.command(id) || (parent?.command ?? ''),
      workingDirectory: parent?.workingDirectory ?? this.world.workingDirectory(id),
    };
    this.processes.set(id, process);
    return this.addThread(process, id);
  }

  /** The whole process, when the thread was its last or its first; else null. */
  endThread(thread: number): TracedProcess | null {
    const process = this.#ofThread.get(thread);
    if (!process) return null;
    this.#ofThread.delete(thread);
    this.#starters.delete(thread);
    process.threads--;
    // The first thread is reported last, whichever exits first; ptrace(2).
    if (process.id !== thread) return null;
    this.processes.delete(process.id);
    const shared = [...this.processes.values()].some(({ files }) => files === process.files);
    if (!shared) for (const fd of [...process.files.keys()]) this.release(process, fd);
    return process;
  }

  release(process: TracedProcess, fd: number): void {
    const held = process.files.get(fd);
    if (!held) return;
    held.open.holders--;
    process.files.delete(fd);
  }

  hold(process: TracedProcess, fd: number, open: OpenFile, closesOnExec: boolean): void {
    this.release(process, fd);
    open.holders++;
    process.files.set(fd, { open, closesOnExec });
  }

  /** A new description. @param position null where it is not known */
  opened(
    process: TracedProcess,
    subject: string,
    flags: readonly string[],
    position: number | null,
  ): OpenFile {
    const kind = kindOf(subject);
    const name = plainSubject(subject);
    const file = kind === 'file' ? this.fileAt(name) : null;
    return {
      ...{ subject: name, kind: kind === 'file' && file === null ? 'other' : kind, file },
      opener: process.id,
      append: has(flags, 'O_APPEND'),
      syncs: has(flags, 'O_SYNC', 'O_DSYNC'),
      ...{ position, holders: 0, locked: false },
    };
  }

  /** Null where it is no file that keeps bytes. */
  fileAt(path: string): TrackedFile | null {
    const known = this.files.get(path);
    if (known) return known;
    const found = this.world.file(path);
    // It may have gone already; what is written to it counts until then.
    const file: TrackedFile = {
      ...{ path, unsyncedBytes: 0 },
      endBytes: found?.bytes ?? null,
      volatile: found?.volatile ?? false,
    };
    this.files.set(path, file);
    return file;
  }

  #openOf(process: TracedProcess, fd: number, subject: string | undefined): OpenFile | null {
    const held = process.files.get(fd)?.open;
    const name = subject === undefined ? undefined : plainSubject(subject);
    const same = held && (name === undefined || (held.file?.path ?? held.subject) === name);
    if (held && (same || held.kind === 'socket')) return held;
    if (name !== undefined && held?.file && subject?.endsWith(' (deleted)')) return held;
    const known = this.world.descriptor(process.id, fd);
    const what = subject ?? known?.subject;
    if (what === undefined) return null;
    const open = this.opened(process, what, known?.flags ?? [], null);
    this.hold(process, fd, open, false);
    return open;
  }

  #directoryOf(process: TracedProcess, fd: number | undefined): string | undefined {
    if (fd === undefined || fd < 0) return undefined;
    return this.#openOf(process, fd, undefined)?.subject;
  }

  #pathOf(process: TracedProcess, path = '', directory: string | undefined): string | null {
    if (path === '') return null;
    const base = directory === undefined ? process.workingDirectory : plainSubject(directory);
    return this.world.realPath(resolve(base, path));
  }
}

/** With O_APPEND every write goes to the end, also one with an offset: pwrite(2), BUGS. */
function offsetOf(call: TracedCall, open: OpenFile): number | null {
  if (open.file === null) return null;
  if (open.append) return open.file.endBytes;
  return isAtPosition(call.name) ? open.position : (call.given.offset ?? null);
}

/** The words by which a call is told of: what it was about, where that is known. */
export function subjectOf({ open, file, path }: SeenCall): string | null {
  return file?.path ?? open?.subject ?? path;
}
