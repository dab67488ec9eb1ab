// close() or fsync() said that data were lost, and the program went on as if they were not. That
// is: it then ends with 0, puts the file in its place by rename, or has a second fsync tell it that
// all is well, which Linux says although the data are gone (the error is told once; fsync(2),
// NOTES). One that wrote at least as many bytes again, and had a sync or close of them succeed, has
// not ignored it, nor has one that ends with an error.

import { isRename, isSync, isWrite } from '../call.ts';
import type { SeenCall } from '../scene.ts';
import { flagOf, type JudgeMaker } from './flag.ts';

/** Says nothing of the data: a wrong descriptor, a signal, something that cannot be synced. */
const HARMLESS = ['EBADF', 'EINTR', 'EINVAL'];

interface Failure {
  readonly seen: SeenCall;
  readonly lostBytes: number;
  bytesSince: number;
}

export const judgeIgnoredError: JudgeMaker = (raise) => {
  let failures: Failure[] = [];
  const tell = (failure: Failure, how: string) => {
    failures = failures.filter((each) => each !== failure);
    const { call } = failure.seen;
    const words = `${call.name}() failed with ${call.errno}, which was ignored: ${how}`;
    raise(flagOf('ignored-error', failure.seen, words));
  };
  return {
    see(seen) {
      const { call, process, file } = seen;
      const own = failures.filter((failure) => failure.seen.process === process);
      const settles = isSync(call.name) || call.name === 'close';
      if (settles && call.errno !== null) {
        const isData = file !== null && !HARMLESS.includes(call.errno);
        if (isData) failures.push({ seen, lostBytes: file.unsyncedBytes, bytesSince: 0 });
        return;
      }
      if (call.result === null) return;
      if (isWrite(call.name)) {
        for (const failure of own) failure.bytesSince += call.result;
        return;
      }
      if (settles) failures = failures.filter((each) => !own.includes(each) || !isMadeUp(each));
      for (const failure of own.filter((each) => failures.includes(each))) {
        if (isSync(call.name) && file === failure.seen.file) {
          tell(failure, 'the program took a later sync of the same file for success');
        } else if (isRename(call.name) && file !== null && file === failure.seen.file) {
          tell(failure, `the file was renamed to ${seen.toPath} all the same`);
        }
      }
    },
    ended({ process, status }) {
      for (const failure of failures.filter(({ seen }) => seen.process === process)) {
        if (status === 0) tell(failure, 'the process ended with 0, as if all were written');
        failures = failures.filter((each) => each !== failure);
      }
    },
  };
};

const isMadeUp = ({ bytesSince, lostBytes }: Failure): boolean =>
  bytesSince >= Math.max(1, lostBytes);
