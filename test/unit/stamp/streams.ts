// Arbitrary streams and blocks for the properties of stamps. Generations reach beyond the 14 bits
// that a body carries, places to the end of
// the longest file.

import fc from 'fast-check';
import { PATTERNS, type StampStream } from '../../../src/domain/observation.ts';
import { BLOCKS_MAX, FILE_BYTES_MAX } from '../../../src/stamp/layout.ts';

export const HUNT = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((number) => number.toString(16).padStart(16, '0'));

export const GENERATION = fc.oneof(
  fc.nat(300),
  fc.integer({ min: 16_380, max: 16_390 }),
  fc.maxSafeNat(),
);

/** The first of up to 4 blocks; `firstBlockIn` takes it into the longest file there can be. */
export const FIRST_BLOCK = fc.oneof(fc.nat(1000), fc.integer({ min: 0, max: 2 ** 32 - 1 }));

export function firstBlockIn(stream: StampStream, any: number): number {
  return any % (Math.min(BLOCKS_MAX, FILE_BYTES_MAX / stream.blockBytes) - 4);
}

export const TIME = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

export function streamOf(shiftMax: number): fc.Arbitrary<StampStream> {
  return fc.record({
    hunt: HUNT,
    file: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    writer: fc.integer({ min: 0, max: 65_535 }),
    blockBytes: fc.integer({ min: 9, max: shiftMax }).map((shift) => 2 ** shift),
    pattern: fc.constantFrom(...PATTERNS),
    fileBytes: fc.oneof(fc.constant(0), fc.maxSafeNat()),
  });
}
