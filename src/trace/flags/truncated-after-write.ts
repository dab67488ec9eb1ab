// What had been written was cut off by somebody else: another open with O_TRUNC, or truncate and
// ftruncate to less than was written. It counts while the writer still has the file open, and after
// that where the other is another process and nobody in the trace had read the file meanwhile.
// A program that cuts or rewrites its own file has meant it.

import { isOpen, isRead, isWrite } from '../call.ts';
import { has, type OpenFile, type TrackedFile } from '../open-file.ts';
import type { SeenCall } from '../scene.ts';
import { flagOf, type JudgeMaker } from './flag.ts';

interface Written {
  readonly open: OpenFile;
  readonly process: number;
  bytes: number;
  /** Where it ended; null where no offset was known. */
  end: number | null;
}

export const judgeTruncatedAfterWrite: JudgeMaker = (raise) => {
  const files = new WeakMap<TrackedFile, Map<OpenFile, Written>>();
  return {
    see(seen) {
      const { call, file } = seen;
      if (call.result === null) return;
      const source = seen.process.files.get(call.given.otherFd ?? -1)?.open.file;
      if (source) forgetClosed(files.get(source));
      if (file === null) return;
      const written = files.get(file);
      if (isWrite(call.name) && call.result > 0) {
        if (written) add(written, seen, call.result);
        else files.set(file, add(new Map(), seen, call.result));
        return;
      }
      if (!written) return;
      if (isRead(call.name) && call.result > 0) forgetClosed(written);
      const length = truncatedTo(seen);
      if (length === null) return;
      const lost = [...written.values()].find((each) => isLost(each, seen, length));
      if (lost) raise(flagOf('truncated-after-write', seen, wordsOf(seen, lost, length)));
      files.delete(file);
    },
  };
};

function add(written: Map<OpenFile, Written>, { open, process, at }: SeenCall, bytes: number) {
  const key = open as OpenFile;
  const known = written.get(key) ?? { open: key, process: process.id, bytes: 0, end: 0 };
  known.bytes += bytes;
  known.end = at === null || known.end === null ? null : Math.max(known.end, at + bytes);
  return written.set(key, known);
}

/** Somebody has read it: what comes now is a new version. */
function forgetClosed(written: Map<OpenFile, Written> | undefined): void {
  for (const [open] of written ?? []) if (open.holders === 0) written?.delete(open);
}

function truncatedTo({ call }: SeenCall): number | null {
  if (isOpen(call.name)) return has(call.given.flags, 'O_TRUNC') ? 0 : null;
  if (call.name !== 'truncate' && call.name !== 'ftruncate') return null;
  return call.given.offset ?? null;
}

function isLost({ open, process, end }: Written, seen: SeenCall, length: number): boolean {
  if (seen.open === open) return false;
  if (end === null ? length > 0 : length >= end) return false;
  return open.holders > 0 || process !== seen.process.id;
}

function wordsOf({ call, process }: SeenCall, lost: Written, length: number): string {
  const how = isOpen(call.name) ? `${call.name}() with O_TRUNC` : `${call.name}() to ${length}`;
  const who = lost.process === process.id ? 'it' : `process ${lost.process}`;
  const state =
    lost.open.holders > 0
      ? `still has it open for writing`
      : `had closed it, and nobody in this trace has read it`;
  const cut = `cut off ${lost.bytes} bytes that ${who} wrote`;
  return `${how} by process ${process.id} ${cut}; ${who} ${state}`;
}
