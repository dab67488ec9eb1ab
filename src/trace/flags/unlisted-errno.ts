// A call failed with an error that its manual does not list, so that no program can have been
// written for it. Devices have manuals of their own and are not judged; sockets have other lists.

import { documentedCall } from '../../domain/documented-errnos.ts';
import { documentedSocketErrnos } from '../../domain/documented-socket-errnos.ts';
import { manualName } from '../call.ts';
import { has } from '../open-file.ts';
import type { SeenCall } from '../scene.ts';
import { flagOf, type JudgeMaker } from './flag.ts';

export const judgeUnlistedErrno: JudgeMaker = (raise) => ({
  see(seen) {
    const { errno } = seen.call;
    const manual = errno === null ? null : manualOf(seen);
    if (errno === null || manual === null || manual.errnos.has(errno)) return;
    const name = manualName(seen.call.name);
    const words =
      `${seen.call.name}() failed with ${errno}, which ${manual.source} does not list: ` +
      `hardly a program handles it from ${name}()`;
    raise(flagOf('unlisted-errno', seen, words));
  },
});

/** Null where no manual can be held against it. */
function manualOf(seen: SeenCall): { errnos: ReadonlySet<string>; source: string } | null {
  const { call, open } = seen;
  const name = manualName(call.name);
  // That is rmdir(2).
  if (has(call.given.flags, 'AT_REMOVEDIR')) return null;
  if (call.given.fd === undefined) return documentedCall(name, 'Linux');
  if (open === null || open.kind === 'other') return null;
  if (open.kind === 'socket') return documentedSocketErrnos(name);
  return documentedCall(name, 'Linux');
}
