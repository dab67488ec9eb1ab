// Words that tell their place: found at any byte offset, never among random bytes.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberNear, type WordCode, wordCodeOf } from '../../../src/diagnose/word-code.ts';
import type { Pattern, StampStream } from '../../../src/domain/observation.ts';
import { wordAt } from '../../../src/stamp/reference.ts';

function streamOf(pattern: Pattern, hunt: bigint, file: number): StampStream {
  const hex = hunt.toString(16).padStart(16, '0');
  return { hunt: hex, file, writer: 0, blockBytes: 4096, pattern, fileBytes: 0 };
}

const hunts = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const indices = fc.integer({ min: 0, max: 2 ** 40 - 2 });

describe.each(['stamp', 'counter'] as const)('pattern %s', (pattern) => {
  it('two neighbouring words tell place and generation at every byte offset', () => {
    fc.assert(
      fc.property(
        hunts,
        fc.nat(5000),
        fc.nat(2 ** 24 - 1),
        indices,
        fc.nat(7),
        (hunt, file, generation, index, phase) => {
          const stream = streamOf(pattern, hunt, file);
          const code = wordCodeOf(stream) as WordCode;
          const view = new DataView(new ArrayBuffer(phase + 16));
          view.setBigUint64(phase, wordAt(stream, generation, index), true);
          view.setBigUint64(phase + 8, wordAt(stream, generation, index + 1), true);
          const place = code.pairAt(view, phase);
          expect(place).toEqual({
            fileLow: pattern === 'stamp' ? file % 1024 : null,
            generationLow: generation % 2 ** code.generationBits,
            offset: index * 8,
          });
          expect(code.wordAt(view, phase, index * 8)).toEqual(place);
          expect(code.wordAt(view, phase, index * 8 + 8)).toBeNull();
        },
      ),
    );
  });
});

it('random bytes are no pair of words', () => {
  fc.assert(
    fc.property(hunts, hunts, hunts, (hunt, one, other) => {
      fc.pre(one !== other);
      const stream = streamOf('stamp', hunt, 1);
      const view = new DataView(new ArrayBuffer(16));
      view.setBigUint64(0, one, true);
      view.setBigUint64(8, other, true);
      expect((wordCodeOf(stream) as WordCode).pairAt(view, 0)).toBeNull();
    }),
  );
});

it('patterns whose words do not tell a place have no code', () => {
  for (const pattern of ['alternating', 'ones', 'zeros', 'walking', 'text', 'random'] as const) {
    expect(wordCodeOf(streamOf(pattern, 1n, 1))).toBeNull();
  }
});

it('low bits are resolved to the nearest number that can be', () => {
  expect(numberNear(5, 14, 7)).toBe(5);
  expect(numberNear(16_380, 14, 16_390)).toBe(16_380);
  expect(numberNear(8, 14, 7)).toBe(8);
  expect(numberNear(10, 14, 40_000)).toBe(32_778);
  expect(numberNear(300, 14, 7)).toBe(300);
});
