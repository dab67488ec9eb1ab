// What is called flipped: by closeness, by one mask, by bits that are stuck; and what is not.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flippedBecause, flippedDamage } from '../../../src/diagnose/flipped.ts';
import type { WordDifference } from '../../../src/diagnose/word-differences.ts';

const ONES = 2n ** 64n - 1n;
const words64 = fc.bigInt({ min: 0n, max: ONES });

function difference(at: number, expected: bigint, observed: bigint): WordDifference {
  const changed = expected ^ observed;
  const bytes = [0, 1, 2, 3, 4, 5, 6, 7].filter((b) => (changed >> BigInt(8 * b)) & 0xffn);
  const [first, last] = [bytes[0] as number, bytes.at(-1) as number];
  return { at, expected, observed, first: at + first, last: at + last };
}

describe('flipped', () => {
  it('the fault of the first case: half a word of all ones reads zero', () => {
    const word = difference(4096, ONES, 0xffff_ffff_0000_0000n);
    const because = flippedBecause([word]);
    expect(because).toContain('32 bits');
    expect(flippedDamage([word], because as string)).toMatchObject([
      {
        kind: 'flipped',
        offset: 4096,
        length: 4,
        bits: { xorMask: '00000000ffffffff', direction: '1->0', count: 32 },
      },
    ]);
  });

  it('one mask over different words, however many bits it has', () => {
    fc.assert(
      fc.property(fc.uniqueArray(words64, { minLength: 2, maxLength: 9 }), (meant) => {
        const mask = 0x00ff_00ff_00ff_00ffn;
        const words = meant.map((word, index) => difference(index * 8, word, word ^ mask));
        expect(flippedBecause(words)).not.toBeNull();
      }),
    );
  });

  it('bits that always read one', () => {
    fc.assert(
      fc.property(fc.uniqueArray(words64, { minLength: 9, maxLength: 20 }), (meant) => {
        const mask = 0xf00f_0000_00f0_0f0fn;
        const words = meant
          .map((word, index) => ({ word, at: index * 8 }))
          .filter(({ word }) => (word & mask) !== mask)
          .map(({ word, at }) => difference(at, word, word | mask));
        fc.pre(words.length >= 3);
        expect(flippedBecause(words)).not.toBeNull();
      }),
    );
  });

  it('groups neighbouring words, and only these', () => {
    const words = [0, 8, 24].map((at) => difference(at, 5n, 4n));
    const damage = flippedDamage(words, 'because');
    expect(damage.map(({ offset, length }) => [offset, length])).toEqual([
      [0, 9],
      [24, 1],
    ]);
  });
});

describe('not flipped', () => {
  it('a word in which neither a run of bits is inverted nor few bits are', () => {
    const meant = 0x0123_4567_89ab_cdefn;
    for (const mask of [ONES, 0x00ff_00ff_00ff_00ffn, 0x0000_ffff_7fff_0000n]) {
      expect(flippedBecause([difference(0, meant, meant ^ mask)])).toBeNull();
    }
    expect(flippedBecause([difference(0, meant, meant ^ 0xffff_0000n)])).not.toBeNull();
  });

  it('random words in the place of others', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(words64, words64), { minLength: 1, maxLength: 4 }), (pairs) => {
        const words = pairs.map(([meant, found], index) => difference(index * 8, meant, found));
        fc.pre(words.every(({ expected, observed }) => bits(expected ^ observed) > 16));
        fc.pre(words.every(({ observed }) => observed !== 0n && observed !== ONES));
        expect(flippedBecause(words)).toBeNull();
      }),
    );
  });

  it('one value repeated in the place of another: nothing shows that bits were changed', () => {
    const spaces = 0x2020_2020_2020_2020n;
    const words = [0, 8, 16, 24].map((at) => difference(at, ONES, spaces));
    expect(flippedBecause(words)).toBeNull();
  });

  it('many different small numbers where zeros were meant', () => {
    const words = [1n, 7n, 0x123n, 0x4567n, 0x9b000n].map((found, index) =>
      difference(index * 8, 0n, found),
    );
    expect(flippedBecause(words)).toBeNull();
  });

  it('every bit inverted: as well another word', () => {
    const words = [0, 8, 16].map((at) => difference(at, BigInt(at), ~BigInt(at) & ONES));
    expect(flippedBecause(words)).toBeNull();
  });
});

function bits(value: bigint): number {
  return value.toString(2).replaceAll('0', '').length;
}
