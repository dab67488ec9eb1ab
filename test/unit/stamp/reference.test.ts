// The reference itself: the checksum against another implementation, words that decode, expected
// bytes of any window, and headers that tell nothing when they are damaged.

import fc from 'fast-check';
import { createXXHash64 } from 'hash-wasm';
import { describe, expect, it } from 'vitest';
import type { StampStream } from '../../../src/domain/observation.ts';
import { xxh64 } from '../../../src/stamp/checksum.ts';
import { WORD_INVERSE, WORD_MULTIPLIER } from '../../../src/stamp/layout.ts';
import {
  decodeWord,
  encodeBlocks,
  expectedBytes,
  huntNumberOf,
  readHeader,
  readHeaderLeniently,
  wordAt,
} from '../../../src/stamp/reference.ts';
import { GENERATION, streamOf, TIME } from './streams.ts';

const STREAM: StampStream = {
  hunt: 'fedcba9876543210',
  file: 3,
  writer: 1,
  blockBytes: 512,
  pattern: 'stamp',
  fileBytes: 0,
};

function textOf(stream: StampStream, generation: number, firstWord: number, words: number): string {
  const bytes = Buffer.alloc(words * 8);
  for (let word = 0; word < words; word++) {
    bytes.writeBigUInt64LE(wordAt(stream, generation, firstWord + word), word * 8);
  }
  return bytes.toString('latin1');
}

describe('xxh64', () => {
  it('agrees with hash-wasm', async () => {
    const other = await createXXHash64();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        const bytes = any.subarray(0, any.length - (any.length % 8));
        const hex = xxh64(bytes).toString(16).padStart(16, '0');
        expect(hex).toBe(other.init().update(bytes).digest('hex'));
      }),
    );
  });
});

describe('words', () => {
  it('decode to file, generation and place', () => {
    expect((WORD_MULTIPLIER * WORD_INVERSE) % 2n ** 64n).toBe(1n);
    fc.assert(
      fc.property(
        streamOf(20),
        GENERATION,
        fc.integer({ min: 0, max: 2 ** 40 - 1 }),
        (any, generation, index) => {
          const stream = { ...any, pattern: 'stamp' as const };
          expect(decodeWord(wordAt(stream, generation, index), stream.hunt)).toEqual({
            file: stream.file % 1024,
            generation: generation % 16_384,
            index,
          });
        },
      ),
    );
  });

  it('of plain patterns are as documented', () => {
    const hexOf = (pattern: StampStream['pattern'], generation: number, index: number) =>
      wordAt({ ...STREAM, pattern }, generation, index).toString(16);
    expect(hexOf('alternating', 0, 8)).toBe('ffffffffffffffff');
    expect(hexOf('alternating', 0, 9)).toBe('0');
    expect(hexOf('alternating', 1, 8)).toBe('0');
    expect(hexOf('ones', 5, 1)).toBe('ffffffffffffffff');
    expect(hexOf('zeros', 5, 1)).toBe('0');
    expect(hexOf('walking', 1, 9)).toBe('400');
    expect(hexOf('walking', 1, 63)).toBe('1');
    expect(hexOf('counter', 2, 9)).toBe('20000000009');
    expect(textOf({ ...STREAM, pattern: 'text' }, 10, 8, 8)).toBe(
      '0000000000000040 file 00000003 generation 0000000a fedcba987654\n',
    );
  });

  it('of pattern random follow splitmix64 and differ by hunt, file, generation and place', () => {
    const random = { ...STREAM, pattern: 'random' as const };
    const seen = [
      wordAt(random, 0, 8),
      wordAt(random, 1, 8),
      wordAt(random, 0, 9),
      wordAt({ ...random, file: 4 }, 0, 8),
      wordAt({ ...random, hunt: '0000000000000000' }, 0, 8),
    ];
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe('readHeader', () => {
  it('gives back what was written', () => {
    fc.assert(
      fc.property(streamOf(9), fc.nat(), GENERATION, TIME, (stream, block, generation, timeNs) => {
        const bytes = encodeBlocks(stream, block, 1, generation, timeNs);
        expect(readHeader(bytes, 0)).toEqual({ ...stream, blockIndex: block, generation, timeNs });
      }),
    );
  });

  it('is null when any bit is changed, and nothing makes it throw', () => {
    const bytes = encodeBlocks(STREAM, 4, 1, 2, 3n);
    for (let bit = 0; bit < 512; bit++) {
      const at = bit >> 3;
      bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
      expect(readHeader(bytes, 0)).toBeNull();
      bytes[at] = (bytes[at] as number) ^ (1 << (bit & 7));
    }
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.integer({ min: -9, max: 99 }),
        (any, at) => {
          expect(readHeader(any, at)).toBeNull();
          readHeaderLeniently(any, at);
        },
      ),
    );
  });

  it('leniently tells what a damaged header still says', () => {
    const bytes = encodeBlocks(STREAM, 4, 1, 2, 3n);
    bytes[41] = 1;
    const found = readHeaderLeniently(bytes, 0);
    expect(found).toMatchObject({ magicRight: true, checksumRight: false });
    expect(found?.header).toMatchObject({ hunt: STREAM.hunt, blockIndex: 4, generation: 258 });
    bytes[9] = 60;
    expect(readHeaderLeniently(bytes, 0)?.header).toBeNull();
  });
});

describe('expectedBytes', () => {
  const runs = [
    { firstBlock: 0, blocks: 3, generation: 1 },
    { firstBlock: 5, blocks: 1, generation: 4, writer: 9 },
  ];
  const whole = expectedBytes(STREAM, runs, 0, 4096);

  it('has the blocks of the runs, and zeros where nothing was written', () => {
    expect(whole.subarray(0, 1536)).toEqual(encodeBlocks(STREAM, 0, 3, 1, 0n));
    expect(whole.subarray(1536, 2560).every((byte) => byte === 0)).toBe(true);
    expect(readHeader(whole, 2560)).toMatchObject({ blockIndex: 5, generation: 4, writer: 9 });
  });

  it('is the same for a window as for the whole', () => {
    fc.assert(
      fc.property(fc.nat(4095), fc.nat(4096), (offset, any) => {
        const length = Math.min(any, 4096 - offset);
        expect(expectedBytes(STREAM, runs, offset, length)).toEqual(
          whole.subarray(offset, offset + length),
        );
      }),
    );
  });

  it('takes the time from what was observed, in any window', () => {
    const observed = encodeBlocks(STREAM, 0, 3, 1, 0x1234_5678_9abc_def0n);
    fc.assert(
      fc.property(fc.nat(1535), fc.nat(1536), (offset, any) => {
        const window = observed.subarray(offset, offset + Math.min(any, 1536 - offset));
        // A window that ends inside the checksum or time is right as far as it goes.
        expect(expectedBytes(STREAM, runs, offset, window.length, window)).toEqual(window);
      }),
    );
  });

  it('shows a changed bit of the time where it is', () => {
    const observed = encodeBlocks(STREAM, 0, 1, 1, 0x1234_5678_9abc_def0n);
    const right = observed.slice();
    observed[50] = (observed[50] as number) ^ 4;
    expect(expectedBytes(STREAM, runs, 0, 512, observed)).toEqual(right);
  });
});

describe('huntNumberOf', () => {
  it('is fixed by the seed and changed by it', () => {
    expect(huntNumberOf('7')).toBe(huntNumberOf('7'));
    expect(huntNumberOf('7')).not.toBe(huntNumberOf('8'));
    expect(huntNumberOf('')).toMatch(/^[0-9a-f]{16}$/);
  });
});
