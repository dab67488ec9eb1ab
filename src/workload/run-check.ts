// What a file that was written in generations should hold: the kernel is asked of every word
// whether it is the one that was written last, and what was never written must read as zeros.

import type {
  GenerationRun,
  Observation,
  OperationFailure,
  StampStream,
  WrongRange,
} from '../domain/observation.ts';
import type { PromiseTally } from '../domain/promise.ts';
import type { StampKernel } from '../stamp/kernel.ts';

export interface Written {
  readonly stream: StampStream;
  /** Ascending; what is in none of them is a hole. */
  readonly runs: readonly GenerationRun[];
}

/** What one check of a file saw. */
export interface CheckResult {
  readonly reads: number;
  readonly bytesRead: number;
  readonly tallies: readonly PromiseTally[];
  readonly observations: readonly Observation[];
  readonly failures: readonly OperationFailure[];
}

/** One size of the data area for small work, so that a standing actor keeps its kernel. */
export const DATA_BYTES = 2 * 1024 * 1024;
/** Bytes kept around a damaged place. */
export const WINDOW_BYTES = 256 * 1024;
export const OBSERVATIONS_MAX = 8;

/**
 * First byte in data area [from, returned) that is not as the runs say, or -1.
 * @param from a multiple of the block size
 */
export function firstDamage(
  kernel: StampKernel,
  { stream, runs }: Written,
  firstBlock: number,
  blocks: number,
  from: number,
  returned: number,
): number {
  const { blockBytes } = stream;
  const end = firstBlock + blocks;
  let block = firstBlock + from / blockBytes;
  for (let index = firstRunAfter(runs, block); block < end; index++) {
    const run = runs[index];
    const holeEnd = Math.min(end, run?.firstBlock ?? end);
    const hole = firstNonZero(
      kernel.memory,
      (block - firstBlock) * blockBytes,
      (holeEnd - firstBlock) * blockBytes,
      returned,
    );
    if (block < holeEnd && hole >= 0) return hole;
    if (!run || run.firstBlock >= end) return -1;
    const start = Math.max(block, run.firstBlock);
    const stop = Math.min(end, run.firstBlock + run.blocks);
    const at = (start - firstBlock) * blockBytes;
    const bytes = Math.min(returned, (stop - firstBlock) * blockBytes) - at;
    if (bytes <= 0) return -1;
    kernel.use({ ...stream, writer: run.writer ?? 0 });
    const damaged = kernel.check(at, start, bytes, run.generation);
    if (damaged >= 0) return at + damaged;
    block = stop;
  }
  return -1;
}

/** Index of the first run that ends after `block`: binary search, runs are ascending. */
function firstRunAfter(runs: readonly GenerationRun[], block: number): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const run = runs[middle] as GenerationRun;
    if (run.firstBlock + run.blocks <= block) low = middle + 1;
    else high = middle;
  }
  return low;
}

function firstNonZero(memory: Uint8Array, from: number, to: number, returned: number): number {
  for (let at = from; at < Math.min(to, returned); at++) if (memory[at] !== 0) return at;
  return -1;
}

/** Only the runs that the window touches: a large random file has many. */
export function runsWithin(
  runs: readonly GenerationRun[],
  { blockBytes }: StampStream,
  { offset, length }: { offset: number; length: number },
): GenerationRun[] {
  const end = (offset + length) / blockBytes;
  return runs.filter(
    (run) => run.firstBlock < end && (run.firstBlock + run.blocks) * blockBytes > offset,
  );
}

/** All blocks of one read that are wrong, and what was not read, as ranges of the file. */
export function wrongRanges(
  kernel: StampKernel,
  written: Written,
  firstBlock: number,
  blocks: number,
  returned: number,
): WrongRange[] {
  const { blockBytes } = written.stream;
  const ranges: WrongRange[] = [];
  for (let from = 0; from < returned; ) {
    const at = firstDamage(kernel, written, firstBlock, blocks, from, returned);
    if (at < 0) break;
    const start = at - (at % blockBytes);
    const end = Math.min(returned, start + blockBytes);
    const zeros = firstNonZero(kernel.memory, start, end, returned) < 0;
    addRange(ranges, { offset: firstBlock * blockBytes + start, length: end - start, zeros });
    from = start + blockBytes;
  }
  const missing = blocks * blockBytes - returned;
  if (missing > 0) {
    const offset = firstBlock * blockBytes + returned;
    addRange(ranges, { offset, length: missing, zeros: false });
  }
  return ranges;
}

/** Appends it, or lengthens the last one where it continues that one. */
export function addRange(ranges: WrongRange[], range: WrongRange): void {
  const last = ranges.at(-1);
  const continues = last?.zeros === range.zeros && last.offset + last.length === range.offset;
  if (!last || !continues) ranges.push(range);
  else ranges.splice(-1, 1, { ...last, length: last.length + range.length });
}
