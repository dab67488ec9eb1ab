// A write to a file took fewer bytes than it was given, and the program did not write the rest.
// Not continued is: the next write at the position asks for the whole length again or begins
// elsewhere, or none follows and the process ends with 0. One that failed after it, or a process
// that ends with an error, has noticed. Sockets and pipes are left out: there it is daily life.

import { isAtPosition, isWrite } from '../call.ts';
import type { OpenFile } from '../open-file.ts';
import type { SeenCall } from '../scene.ts';
import { flagOf, type JudgeMaker, type Raise } from './flag.ts';

interface Short {
  readonly seen: SeenCall;
  readonly asked: number;
  readonly wrote: number;
}

export const judgeShortWrite: JudgeMaker = (raise) => {
  /** Of which nobody knows yet how it goes on. */
  const pending = new Map<OpenFile, Short>();
  return {
    see(seen) {
      const { call, open } = seen;
      if (open === null || open.kind !== 'file') return;
      if (call.name.startsWith('ftruncate') && call.errno === null) pending.delete(open);
      if (!isWrite(call.name)) return;
      const before = pending.get(open);
      if (before) follow(before, seen, pending, raise);
      const asked = call.given.bytes;
      if (asked === undefined || call.result === null || call.result >= asked) return;
      pending.set(open, { seen, asked, wrote: call.result });
    },
    ended({ process, status }) {
      for (const [open, short] of [...pending]) {
        if (short.seen.process !== process) continue;
        pending.delete(open);
        if (status === 0) raise(dropped(short, 'no write followed, and the process ended with 0'));
      }
    },
  };
};

function follow(
  before: Short,
  { call, open, at }: SeenCall,
  pending: Map<OpenFile, Short>,
  raise: Raise,
): void {
  const { asked, wrote, seen } = before;
  const rest = seen.at === null ? null : seen.at + wrote;
  // By offset, others may write elsewhere before somebody comes to the rest.
  if (!isAtPosition(call.name) && rest !== null && at !== rest && call.errno === null) return;
  pending.delete(open as OpenFile);
  if (call.errno !== null) return;
  const fromStart = at !== null && at === seen.at;
  if (rest !== null && at !== null && at !== rest && !fromStart) {
    raise(dropped(before, `the next write began at ${at} and not at ${rest}`));
  } else if (call.given.bytes === asked && wrote > 0 && !fromStart && isAtPosition(call.name)) {
    const said = `the next write was one of ${asked} bytes again and not of the rest`;
    raise(dropped(before, said));
  }
}

function dropped({ seen, asked, wrote }: Short, how: string) {
  const words =
    `${seen.call.name}() took ${wrote} of ${asked} bytes, and they were not continued: ${how}; ` +
    `${asked - wrote} bytes are missing`;
  return flagOf('short-write', seen, words);
}
