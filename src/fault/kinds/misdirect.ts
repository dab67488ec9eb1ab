// Where data go to, or come from, that were meant for another place of the file.

import type { Fault } from '../../domain/fault.ts';

/** A call and, of a read, the size of the file: what can be read must be there. */
interface Aimed {
  readonly offset: number;
  readonly length: number;
  readonly size?: number;
}

/**
 * The other place: `by` bytes further on. By default the place just before, where a program that
 * writes in order does not hide it with its next write; at the start of a file, the one after.
 * Null where there is none: nothing to read there.
 */
export function misdirectedOffset({ values }: Fault, aimed: Aimed): number | null {
  const { offset, length, size = Number.POSITIVE_INFINITY } = aimed;
  const by = Number(values.by ?? length);
  if (by === 0 || length === 0) return null;
  const back = offset - by;
  const further = offset + by;
  if (values.by === undefined && back >= 0) return back;
  return further + length <= size ? further : null;
}
