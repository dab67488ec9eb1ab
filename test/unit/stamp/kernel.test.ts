// The kernel against the reference: the same bytes, the same first wrong byte, for every pattern.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PATTERNS, type StampStream } from '../../../src/domain/observation.ts';
import { createStampKernel } from '../../../src/stamp/kernel.ts';
import { POISON_WORD } from '../../../src/stamp/layout.ts';
import { decodeWord, encodeBlocks } from '../../../src/stamp/reference.ts';
import { FIRST_BLOCK, firstBlockIn, GENERATION, HUNT, streamOf, TIME } from './streams.ts';

const kernel = createStampKernel(2 ** 20);
const STREAM: StampStream = {
  hunt: '00000000feedbeef',
  file: 7,
  writer: 2,
  blockBytes: 4096,
  pattern: 'stamp',
  fileBytes: 0,
};

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

describe('encode', () => {
  it('makes the bytes of the reference, whatever the stream, place, generation and time', () => {
    fc.assert(
      fc.property(
        streamOf(14),
        FIRST_BLOCK,
        fc.integer({ min: 1, max: 3 }),
        GENERATION,
        TIME,
        (stream, place, blocks, generation, timeNs) => {
          const firstBlock = firstBlockIn(stream, place);
          kernel.use(stream);
          kernel.encode(8, firstBlock, blocks, generation, timeNs);
          const reference = encodeBlocks(stream, firstBlock, blocks, generation, timeNs);
          const made = kernel.memory.subarray(8, 8 + reference.length);
          return equal(made, reference);
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each(PATTERNS)('agrees in a block of 1 MiB of pattern %s', (pattern) => {
    const stream = { ...STREAM, pattern, blockBytes: 2 ** 20 };
    kernel.use(stream);
    kernel.encode(0, 3, 1, 5, 6n);
    expect(equal(kernel.memory, encodeBlocks(stream, 3, 1, 5, 6n))).toBe(true);
    expect(kernel.check(0, 3, 2 ** 20, 5)).toBe(-1);
  });

  it('writes nothing outside its blocks', () => {
    kernel.memory.fill(0x55);
    kernel.use({ ...STREAM, blockBytes: 512 });
    kernel.encode(512, 0, 2, 1, 0n);
    expect(kernel.memory.subarray(0, 512).every((byte) => byte === 0x55)).toBe(true);
    expect(kernel.memory.subarray(1536).every((byte) => byte === 0x55)).toBe(true);
  });

  it('refuses blocks that do not fit the memory', () => {
    kernel.use(STREAM);
    expect(() => kernel.encode(0, 0, 257, 1, 0n)).toThrow('inside the memory');
    expect(() => kernel.encode(-4096, 0, 1, 1, 0n)).toThrow('inside the memory');
  });
});

describe('check', () => {
  it('finds any single changed bit at its byte, in ranges cut anywhere', () => {
    fc.assert(
      fc.property(
        streamOf(12),
        FIRST_BLOCK,
        GENERATION,
        TIME,
        fc.integer({ min: 1, max: 3 * 4096 }),
        fc.nat(),
        fc.nat(7),
        (stream, place, generation, timeNs, cut, byte, bit) => {
          const firstBlock = firstBlockIn(stream, place);
          const bytes = Math.min(cut, 3 * stream.blockBytes);
          const wrong = byte % bytes;
          kernel.use(stream);
          kernel.encode(0, firstBlock, 3, generation, timeNs);
          expect(kernel.check(0, firstBlock, bytes, generation)).toBe(-1);
          kernel.memory[wrong] = (kernel.memory[wrong] as number) ^ (1 << bit);
          const block = wrong % stream.blockBytes;
          // Where the header is cut before its checksum ends, any time is right.
          const lastHeader = bytes - (wrong - block);
          const timeUnknown = block >= 48 && block < 56 && lastHeader < 64;
          const found = kernel.check(0, firstBlock, bytes, generation);
          if (!timeUnknown) expect(found).toBe(wrong);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('looks at every bit of a block', () => {
    for (const pattern of PATTERNS) {
      kernel.use({ ...STREAM, pattern, blockBytes: 512 });
      kernel.encode(0, 9, 1, 3, 77n);
      for (let bit = 0; bit < 4096; bit++) {
        const byte = bit >> 3;
        const before = kernel.memory[byte] as number;
        kernel.memory[byte] = before ^ (1 << (bit & 7));
        expect(kernel.check(0, 9, 512, 3)).toBe(byte);
        kernel.memory[byte] = before;
      }
      expect(kernel.check(0, 9, 512, 3)).toBe(-1);
    }
  });

  it.each(PATTERNS)('finds another place, file, writer, generation and length: %s', (pattern) => {
    const stream = { ...STREAM, pattern };
    const encodeAs = (other: Partial<StampStream>, block: number, generation: number) => {
      kernel.use({ ...stream, ...other });
      kernel.encode(0, block, 1, generation, 0n);
      kernel.use(stream);
      return kernel.check(0, 4, 4096, 2);
    };
    expect(encodeAs({}, 4, 2)).toBe(-1);
    expect(encodeAs({}, 5, 2)).toBe(28);
    expect(encodeAs({}, 4, 3)).toBe(40);
    expect(encodeAs({ file: 8 }, 4, 2)).toBe(12);
    expect(encodeAs({ writer: 3 }, 4, 2)).toBe(24);
    expect(encodeAs({ hunt: '00000000feedbeee' }, 4, 2)).toBe(16);
    expect(encodeAs({ fileBytes: 1 }, 4, 2)).toBe(32);
  });

  it('finds bytes that a read never filled', () => {
    kernel.use(STREAM);
    kernel.encode(0, 0, 2, 1, 0n);
    kernel.poison(0, 8192, 512);
    expect(kernel.check(0, 0, 8192, 1)).toBe(504);
  });
});

describe('checkUnit', () => {
  it('gives the generation of a whole block, of any writer', () => {
    fc.assert(
      fc.property(
        streamOf(13),
        FIRST_BLOCK,
        GENERATION,
        TIME,
        (stream, place, generation, time) => {
          const block = firstBlockIn(stream, place);
          kernel.use({ ...stream, writer: (stream.writer + 1) % 65_536 });
          kernel.encode(0, block, 1, generation, time);
          kernel.use(stream);
          expect(kernel.checkUnit(0, block)).toBe(generation);
          expect(kernel.checkUnit(0, block + 1)).toBe(-1);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('gives -1 for any mixture of two generations', () => {
    // The bodies of `ones` and `zeros` are the same in all generations: there only headers mix.
    const telling = PATTERNS.filter((pattern) => pattern !== 'ones' && pattern !== 'zeros');
    fc.assert(
      fc.property(
        streamOf(13),
        fc.constantFrom(...telling),
        fc.nat(20_000),
        fc.nat(),
        fc.boolean(),
        (anyStream, pattern, generation, at, newFirst) => {
          const stream = { ...anyStream, pattern };
          const size = stream.blockBytes;
          kernel.use(stream);
          kernel.encode(0, 6, 1, generation, 0n);
          kernel.encode(size, 6, 1, generation + 1, 0n);
          const whole = [kernel.memory.slice(0, size), kernel.memory.slice(size, 2 * size)];
          const cut = at % size;
          const [target, source] = newFirst ? [0, size] : [size, 0];
          kernel.memory.copyWithin(target, source, source + cut);
          // Where the two differ nowhere before or after the cut, the result is no mixture.
          const mixed = kernel.memory.subarray(target, target + size);
          fc.pre(whole.every((bytes) => !equal(bytes, mixed)));
          expect(kernel.checkUnit(target, 6)).toBe(-1);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is not fooled by zeros, poison or a block of another hunt', () => {
    kernel.use(STREAM);
    kernel.memory.fill(0);
    expect(kernel.checkUnit(0, 0)).toBe(-1);
    kernel.poison(0, 4096, 8);
    expect(kernel.checkUnit(0, 0)).toBe(-1);
    kernel.encode(0, 0, 1, 1, 0n);
    kernel.use({ ...STREAM, hunt: '0000000000000001' });
    expect(kernel.checkUnit(0, 0)).toBe(-1);
  });
});

describe('poison', () => {
  it('fills every word with stride 8, and the last of each sector and of all with 512', () => {
    const words = new BigUint64Array(kernel.memory.buffer, kernel.memory.byteOffset, 1024);
    words.fill(0n);
    kernel.poison(0, 1000, 8);
    expect(words.subarray(0, 125).every((word) => word === POISON_WORD)).toBe(true);
    expect(words[125]).toBe(0n);
    words.fill(0n);
    kernel.poison(0, 1200, 512);
    const poisoned = [...words.entries()].filter(([, word]) => word === POISON_WORD);
    expect(poisoned.map(([index]) => index)).toEqual([63, 127, 149]);
  });

  it('never decodes as a plausible place, file and generation', () => {
    fc.assert(
      fc.property(HUNT, (hunt) => {
        const { file, generation, index } = decodeWord(POISON_WORD, hunt);
        expect(file < 2 && generation < 100 && index < 2 ** 27).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('checksum', () => {
  it('notices any changed bit and any two exchanged words', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4096 }), fc.nat(), (bytes, seed) => {
        kernel.use({ ...STREAM, pattern: 'random' });
        kernel.encode(0, seed % 1000, 1, 1, 0n);
        const before = kernel.checksum(0, bytes);
        expect(Number.isSafeInteger(before)).toBe(true);
        expect(kernel.checksum(0, bytes)).toBe(before);
        const byte = seed % bytes;
        kernel.memory[byte] = (kernel.memory[byte] as number) ^ (1 << (seed & 7));
        expect(kernel.checksum(0, bytes)).not.toBe(before);
      }),
    );
    kernel.encode(0, 0, 2, 1, 0n);
    const before = kernel.checksum(0, 8192);
    kernel.memory.set(kernel.memory.slice(64, 96), 4096 + 64);
    expect(kernel.checksum(0, 8192)).not.toBe(before);
  });
});
