// Makes the bytes of stamped streams for comparison with what was found, through the kernel. Any
// time is right in a header whose checksum agrees with it, so the time found there is adopted.

import type { StampStream } from '../domain/observation.ts';
import { headerBytes } from '../stamp/header.ts';
import { createStampKernel, type StampKernel } from '../stamp/kernel.ts';
import {
  BLOCK_BYTES_MAX,
  BLOCKS_MAX,
  HEADER_BYTES,
  OFFSET_CHECKSUM,
  OFFSET_TIME,
} from '../stamp/layout.ts';
import { expectedBytes, readHeader } from '../stamp/reference.ts';
import { predictNothing } from './hypothesis.ts';
import { type ObservedBytes, readClipped } from './observed-bytes.ts';
import { countBits } from './word-differences.ts';

/** Of one block: generation and, where it is not the stream's, the writer. */
export interface BlockVersion {
  readonly generation: number;
  readonly writer?: number | undefined;
}

/** Bits of a checksum that may be wrong: a checksum of anything else is 32 off, give or take. */
const NEAR_BITS_MAX = 12;

let shared: StampKernel | undefined;

function kernel(): StampKernel {
  shared ??= createStampKernel(BLOCK_BYTES_MAX);
  return shared;
}

/**
 * Fills `out` with the stream's bytes as they would stand from file offset `from` on, if its data
 * were displaced by `displacement` bytes.
 * @param versionOf what a block holds: `null` for zeros (a hole), undefined for nothing at all
 */
export function fillStamped(
  out: Uint8Array,
  from: number,
  setting: {
    readonly stream: StampStream;
    readonly displacement: number;
    readonly observed: ObservedBytes;
    readonly versionOf: (block: number) => BlockVersion | null | undefined;
  },
): void {
  const { stream, displacement, observed, versionOf } = setting;
  const size = stream.blockBytes;
  for (let at = from; at < from + out.length; ) {
    const block = Math.floor((at - displacement) / size);
    const blockAt = block * size + displacement;
    const to = Math.min(from + out.length, blockAt + size);
    const target = out.subarray(at - from, to - from);
    const version = block >= 0 && block < BLOCKS_MAX ? versionOf(block) : undefined;
    if (version === undefined) predictNothing(target, at, observed);
    else if (version === null) target.fill(0);
    else {
      const made = makeBlock(stream, block, version, observed, blockAt);
      target.set(made.subarray(at - blockAt, to - blockAt));
    }
    at = to;
  }
}

/** The block with the observed time. The result is valid until the next call. */
function makeBlock(
  stream: StampStream,
  block: number,
  version: BlockVersion,
  observed: ObservedBytes,
  blockAt: number,
): Uint8Array {
  const { generation, writer = stream.writer } = version;
  const one = kernel();
  one.use({ ...stream, writer });
  one.encode(0, block, 1, generation, timeAt(observed, blockAt + OFFSET_TIME));
  const made = one.memory.subarray(0, stream.blockBytes);
  const header = readClipped(observed, blockAt, blockAt + HEADER_BYTES);
  const whole = header.length === HEADER_BYTES;
  if (header.length > 0 && !sameHeader(made, header, whole)) {
    const time = whole && likelyTime({ ...stream, writer }, block, generation, observed, blockAt);
    if (typeof time === 'bigint') {
      one.encode(0, block, 1, generation, time);
      return made;
    }
    adoptDamagedTime(made, { ...stream, writer }, block, generation, observed, blockAt);
  }
  return made;
}

/**
 * The time of a header of which several bits are wrong: that which its checksum is near to, among
 * the time found and the times that whole files are stamped with (0, and that of the neighbours).
 * Null where none is.
 */
function likelyTime(
  stream: StampStream,
  block: number,
  generation: number,
  observed: ObservedBytes,
  blockAt: number,
): bigint | null {
  const found = timeAt(observed, blockAt + OFFSET_TIME);
  const checksum = timeAt(observed, blockAt + OFFSET_CHECKSUM);
  const fits = (time: bigint) => {
    const made = headerBytes(stream, block, generation, time);
    const sealed = new DataView(made.buffer).getBigUint64(OFFSET_CHECKSUM, true);
    const [timeMask, sealMask] = [time ^ found, sealed ^ checksum];
    if (timeMask === sealMask || sealMask === 0n) return true;
    return countBits(sealMask) <= NEAR_BITS_MAX && countBits(timeMask) <= NEAR_BITS_MAX;
  };
  if (fits(found)) return found;
  if (fits(0n)) return 0n;
  for (const at of [blockAt - stream.blockBytes, blockAt + stream.blockBytes]) {
    const header = readHeader(readClipped(observed, at, at + HEADER_BYTES), 0);
    if (header && header.timeNs !== found && fits(header.timeNs)) return header.timeNs;
  }
  return null;
}

function timeAt(observed: ObservedBytes, at: number): bigint {
  const bytes = readClipped(observed, at, at + 8);
  if (bytes.length < 8) return 0n;
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
}

function sameHeader(made: Uint8Array, header: Uint8Array, whole: boolean): boolean {
  return whole && Buffer.compare(made.subarray(0, HEADER_BYTES), header) === 0;
}

/**
 * The rare case: everything before the time is right, so the damage is in the time or the checksum,
 * or the header is cut by the edge of the window. The reference knows how to tell.
 */
function adoptDamagedTime(
  made: Uint8Array,
  stream: StampStream,
  block: number,
  generation: number,
  observed: ObservedBytes,
  blockAt: number,
): void {
  const from = Math.max(blockAt, observed.start);
  const to = Math.min(blockAt + HEADER_BYTES, observed.end);
  const seen = observed.read(from, to);
  const inside = from - blockAt;
  const before = Math.max(0, Math.min(seen.length, OFFSET_TIME - inside));
  const ours = made.subarray(inside, inside + before);
  if (Buffer.compare(ours, seen.subarray(0, before)) !== 0) return;
  const runs = [{ firstBlock: block, blocks: 1, generation, writer: stream.writer }];
  const offset = block * stream.blockBytes + inside;
  made.set(expectedBytes(stream, runs, offset, seen.length, seen), inside);
}
