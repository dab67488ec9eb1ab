// Observations with re-reads, made by hand for the tests of layers.

import type {
  Expected,
  Observation,
  Reread,
  StampStream,
} from '../../../src/domain/observation.ts';
import { encodeBlocks } from '../../../src/stamp/reference.ts';

export const STREAM: StampStream = {
  hunt: '0123456789abcdef',
  file: 5,
  writer: 0,
  blockBytes: 4096,
  pattern: 'stamp',
  fileBytes: 0,
};

/** Block 0 of a generation, whole. */
export function unit(generation: number): Uint8Array {
  return encodeBlocks(STREAM, 0, 1, generation, 0n);
}

/** The first `bytes` of one generation, the rest of another. */
export function torn(first: number, rest: number, bytes = 512): Uint8Array {
  const out = unit(rest);
  out.set(unit(first).subarray(0, bytes));
  return out;
}

export function flippedBit(bytes: Uint8Array, at = 1000): Uint8Array {
  const out = bytes.slice();
  out[at] = (out[at] as number) ^ 8;
  return out;
}

export function look(
  how: Reread['how'],
  bytes: Uint8Array | null,
  note?: string,
  fileBytes = 4096,
): Reread {
  const noted = note === undefined ? {} : { note };
  if (bytes === null) return { how, atNs: '0', outcome: 'not-possible', ...noted };
  return { how, atNs: '0', outcome: 'read', bytes, fileBytes, ...noted };
}

export const BLOCKS_OF_7: Expected = {
  shape: 'blocks',
  stream: STREAM,
  runs: [{ firstBlock: 0, blocks: 1, generation: 7 }],
  lengthBytes: 4096,
};

export function unitBetween(acknowledged: number, started: number): Expected {
  return { shape: 'unit', stream: STREAM, block: 0, acknowledged, started, mayBeAbsent: false };
}

export function seen(
  bytes: Uint8Array,
  expected: Expected,
  rereads: readonly Reread[],
  more: Partial<Observation> = {},
): Observation {
  return {
    seq: 0,
    promise: 'read-back',
    actor: 'reader-0',
    file: 'file-0',
    offset: 0,
    asked: 4096,
    returned: bytes.length,
    fileBytes: 4096,
    ioBytes: 4096,
    bytes,
    expected,
    rereads,
    atNs: '0',
    sourceIntact: true,
    ...more,
  };
}
