// A file was put in its place by rename while what was written to it had not been synced: after a
// crash the new name may lead to a file that is empty or cut short. That is held only against who
// meant the rename to make it safe: the program that wrote the file renames it itself, or somebody
// had synced it and then wrote on. `mv` of what others wrote promises nothing, nor does moving a
// file away (log to log.1). O_SYNC, sync() and file systems that keep nothing anyway (tmpfs) are no
// such case either.

import { formatCount } from '../../base/quantities.ts';
import { isCopy, isOpen, isRename, isSync, isWrite } from '../call.ts';
import { has, type TrackedFile } from '../open-file.ts';
import type { SeenCall, TracedProcess } from '../scene.ts';
import { flagOf, type JudgeMaker } from './flag.ts';

/** Who wrote to a file since it was last synced: by process, the program that it was then. */
type Writers = Map<TracedProcess, number>;

export const judgeRenameBeforeFsync: JudgeMaker = (raise) => {
  /** How often a process has become another program by execve. */
  const programs = new WeakMap<TracedProcess, number>();
  const writers = new WeakMap<TrackedFile, Writers>();
  const synced = new WeakSet<TrackedFile>();
  const programOf = (process: TracedProcess) => programs.get(process) ?? 0;
  const why = ({ process }: SeenCall, file: TrackedFile): string | null => {
    if (writers.get(file)?.get(process) === programOf(process))
      return 'by the program that wrote it';
    return synced.has(file) ? 'although it had been synced before the last of them' : null;
  };
  return {
    see(seen) {
      const { call, process, file, path, toPath } = seen;
      if (call.result === null) return;
      if (call.name === 'execve') programs.set(process, programOf(process) + 1);
      if (file === null) return;
      if (isSync(call.name)) synced.add(file);
      else if (isOpen(call.name) && has(call.given.flags, 'O_TRUNC')) synced.delete(file);
      else if (isWrite(call.name) || isCopy(call.name)) {
        const known = file.unsyncedBytes === 0 ? null : writers.get(file);
        writers.set(file, (known ?? new Map()).set(process, programOf(process)));
      } else if (isRename(call.name)) {
        if (file.unsyncedBytes === 0 || file.volatile || isMovedAway(path, toPath)) return;
        const claim = why(seen, file);
        if (claim === null) return;
        const words =
          `renamed to ${toPath}, ${claim}, while ${formatCount(file.unsyncedBytes)} bytes ` +
          `written to it had not been synced: after a crash it may be empty or cut short`;
        raise(flagOf('rename-before-fsync', seen, words));
      }
    },
  };
};

/** To its own name and a suffix, as logs are rotated and backups are made. */
function isMovedAway(path: string | null, toPath: string | null): boolean {
  return path !== null && toPath?.startsWith(path) === true;
}
