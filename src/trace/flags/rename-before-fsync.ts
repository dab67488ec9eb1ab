// A file was renamed into its place while what was written to it had not been synced: after a crash
// the new name may lead to a file that is empty or cut short. O_SYNC, sync() and file systems that
// keep nothing anyway (tmpfs) are no such case.

import { formatCount } from '../../base/quantities.ts';
import { isRename } from '../call.ts';
import { flagOf, type JudgeMaker } from './flag.ts';

export const judgeRenameBeforeFsync: JudgeMaker = (raise) => ({
  see(seen) {
    const { call, file, toPath } = seen;
    if (!isRename(call.name) || call.result === null || file === null) return;
    if (file.unsyncedBytes === 0 || file.volatile) return;
    const words =
      `renamed to ${toPath} while ${formatCount(file.unsyncedBytes)} bytes written to it had not ` +
      `been synced: after a crash it may be empty or cut short`;
    raise(flagOf('rename-before-fsync', seen, words));
  },
});
