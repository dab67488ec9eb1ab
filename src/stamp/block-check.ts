// Which blocks of a piece of a stamped file are not right, as the kernel finds them, and the ranges
// that they make: shared by the scan of a file and the check of what comes as a stream.

import type { ByteRange } from '../domain/damage.ts';
import type { StampKernel } from './kernel.ts';
import type { StampedIdentity } from './stamped-identity.ts';

/** Blocks that are not as they should be; adjacent ones are given as one range. */
export interface DamagedBlocks extends ByteRange {
  readonly firstBlock: number;
  readonly blocks: number;
}

/** Reports every damaged block of the window at file offset `offset`, the start of a block. */
export function checkWindow(
  kernel: StampKernel,
  { stream, generation }: StampedIdentity,
  offset: number,
  bytes: number,
  report: (block: number) => void,
): void {
  const size = stream.blockBytes;
  let from = 0;
  while (from < bytes) {
    const firstBlock = (offset + from) / size;
    const wrong = kernel.check(from, firstBlock, bytes - from, generation);
    if (wrong < 0) return;
    const block = Math.floor(wrong / size);
    report(firstBlock + block);
    from += (block + 1) * size;
  }
}

/** Joins adjacent damaged blocks; the last range ends with the file. */
export function joinRanges(
  blockBytes: number,
  totalBytes: number,
  emit: (range: DamagedBlocks) => void,
) {
  let firstBlock = 0;
  let blocks = 0;
  let count = 0;
  const flush = () => {
    if (blocks === 0) return;
    const offset = firstBlock * blockBytes;
    const length = Math.min(blocks * blockBytes, totalBytes - offset);
    emit({ firstBlock, blocks, offset, length });
    blocks = 0;
  };
  return {
    add(block: number) {
      if (blocks > 0 && block !== firstBlock + blocks) flush();
      if (blocks === 0) firstBlock = block;
      blocks++;
      count++;
    },
    end() {
      flush();
      return count;
    },
  };
}
