// `flipped`: bits differ. Planted as single bits, several bits of a word, one mask over a run of
// words and bits stuck at a value; near-misses are foreign words, zeros and older generations.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blocksObservation,
  cleanFile,
  cleanFiles,
  damageOf,
  encoded,
  garbage,
  kindsOf,
  placesOf,
  replaced,
} from './planting.ts';

function withXor(bytes: Uint8Array, at: number, mask: readonly number[]): Uint8Array {
  const out = bytes.slice();
  for (const [index, byte] of mask.entries()) out[at + index] = (out[at + index] as number) ^ byte;
  return out;
}

describe('planted', () => {
  it('one bit, anywhere in a file, header and time included', () => {
    fc.assert(
      fc.property(cleanFiles(), fc.nat(), fc.nat(7), (clean, where, bit) => {
        const at = where % clean.bytes.length;
        const bytes = withXor(clean.bytes, at, [1 << bit]);
        const [damage, ...others] = damageOf(blocksObservation(clean, bytes));
        expect(others).toEqual([]);
        expect(damage).toMatchObject({
          kind: 'flipped',
          offset: at,
          length: 1,
          bits: {
            bitsInWord: [(at % 8) * 8 + bit],
            direction: ((clean.bytes[at] as number) >> bit) & 1 ? '1->0' : '0->1',
            count: 1,
          },
        });
        expect(damage?.samples?.[0]?.offset).toBe(at - (at % 8));
      }),
    );
  });

  it('two to twelve bits of one word of a body', () => {
    const bits = fc.uniqueArray(fc.nat(63), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(cleanFiles(), fc.nat(), bits, (clean, where, chosen) => {
        const at = bodyWord(clean, where);
        const mask = new Array(8).fill(0);
        for (const bit of chosen) mask[bit >> 3] |= 1 << (bit & 7);
        const [damage, ...others] = damageOf(
          blocksObservation(clean, withXor(clean.bytes, at, mask)),
        );
        expect(others).toEqual([]);
        const sorted = [...chosen].sort((a, b) => a - b);
        expect(damage?.kind).toBe('flipped');
        expect(damage?.bits?.bitsInWord).toEqual(sorted);
        expect(damage?.bits?.count).toBe(chosen.length);
        expect(damage?.offset).toBe(at + ((sorted[0] as number) >> 3));
        const last = at + ((sorted.at(-1) as number) >> 3);
        expect((damage?.offset ?? 0) + (damage?.length ?? 0) - 1).toBe(last);
      }),
    );
  });

  it('half of one word, inverted', () => {
    fc.assert(
      fc.property(cleanFiles(), fc.nat(), fc.constantFrom(0, 4), (clean, where, half) => {
        const mask = new Array(8).fill(0).fill(0xff, half, half + 4);
        const at = bodyWord(clean, where);
        const [damage, ...others] = damageOf(
          blocksObservation(clean, withXor(clean.bytes, at, mask)),
        );
        expect(others).toEqual([]);
        expect(damage).toMatchObject({ kind: 'flipped', offset: at + half, length: 4 });
        expect(damage?.bits?.bitsInWord).toHaveLength(32);
      }),
    );
  });

  it('the fault of case async-export: the first 32 bits of a word that was all ones', () => {
    fc.assert(
      fc.property(cleanFiles('alternating'), fc.nat(), (clean, where) => {
        let at = bodyWord(clean, where);
        if (clean.bytes[at] === 0) at = at % 512 === 504 ? at - 8 : at + 8;
        const bytes = replaced(clean.bytes, at, new Uint8Array(4));
        const [damage, ...others] = damageOf(blocksObservation(clean, bytes));
        expect(others).toEqual([]);
        expect(damage).toMatchObject({ kind: 'flipped', offset: at, length: 4 });
        expect(damage?.bits).toEqual({
          xorMask: '00000000ffffffff',
          bitsInWord: Array.from({ length: 32 }, (_, bit) => bit),
          direction: '1->0',
          count: 32,
        });
        expect(damage?.samples).toEqual([
          { offset: at, expected: 'ffffffffffffffff', observed: 'ffffffff00000000' },
        ]);
      }),
    );
  });

  it('one mask over neighbouring words is one range', () => {
    const mask = fc.uint8Array({ minLength: 8, maxLength: 8 }).filter((m) => m[0] !== 0);
    fc.assert(
      fc.property(
        cleanFiles(),
        fc.nat(),
        mask,
        fc.integer({ min: 3, max: 20 }),
        (clean, where, m, n) => {
          const at = Math.min(bodyWord(clean, where), clean.bytes.length - 8 * n);
          fc.pre(at % clean.stream.blockBytes >= 64);
          fc.pre((at % clean.stream.blockBytes) + 8 * n <= clean.stream.blockBytes);
          const all = Array.from({ length: n }, () => [...m]).flat();
          const [damage, ...others] = damageOf(
            blocksObservation(clean, withXor(clean.bytes, at, all)),
          );
          expect(others).toEqual([]);
          expect(damage?.kind).toBe('flipped');
          expect(damage?.offset).toBe(at);
          expect(damage?.bits?.xorMask).toBe(Buffer.from(m).reverse().toString('hex'));
        },
      ),
    );
  });

  it('a high bit of several words, which alone would say another generation or file', () => {
    const high = fc.integer({ min: 40, max: 63 });
    const words = fc.integer({ min: 2, max: 12 });
    fc.assert(
      fc.property(cleanFiles(), fc.nat(), high, words, (clean, where, bit, count) => {
        const at = Math.floor(bodyWord(clean, where) / 512) * 512 + 128;
        const mask = new Array(8).fill(0);
        mask[bit >> 3] = 1 << (bit & 7);
        const all = Array.from({ length: count }, () => mask).flat();
        const damage = damageOf(blocksObservation(clean, withXor(clean.bytes, at, all)));
        expect(kindsOf(damage)).toEqual(['flipped']);
        expect(damage[0]?.bits).toMatchObject({ bitsInWord: [bit], count });
      }),
      { numRuns: 300 },
    );
  });

  it('bits stuck at zero or one over a run of words', () => {
    fc.assert(
      fc.property(cleanFiles(), fc.nat(), fc.nat(7), fc.boolean(), (clean, where, byte, high) => {
        const start = Math.floor(bodyWord(clean, where) / 512) * 512 + 64;
        const bytes = clean.bytes.slice();
        for (let word = 0; word < 32; word++) bytes[start + 8 * word + byte] = high ? 0xff : 0;
        const damage = damageOf(blocksObservation(clean, bytes));
        expect(kindsOf(damage)).toEqual(['flipped']);
        const bits = damage.flatMap((one) => one.bits?.bitsInWord ?? []);
        expect(Math.min(...bits)).toBeGreaterThanOrEqual(8 * byte);
        expect(Math.max(...bits)).toBeLessThan(8 * byte + 8);
        const directions = new Set(damage.map((one) => one.bits?.direction));
        expect([...directions]).toEqual([high ? '0->1' : '1->0']);
      }),
    );
  });
});

describe('near-miss', () => {
  it('foreign words, zeroed words and older words are not flips', () => {
    fc.assert(
      fc.property(cleanFiles(), fc.nat(), fc.nat(), (clean, where, seed) => {
        const at = Math.floor(bodyWord(clean, where) / 512) * 512 + 128;
        const older = encoded(clean.stream, 0, clean.blocks, clean.generation - 1);
        for (const by of [garbage(64, seed), new Uint8Array(64), older.subarray(at, at + 64)]) {
          const damage = damageOf(blocksObservation(clean, replaced(clean.bytes, at, by)));
          expect(kindsOf(damage)).not.toContain('flipped');
          expect(damage).toHaveLength(1);
        }
      }),
    );
  });
});

describe('clean', () => {
  it('every pattern, any size', () => {
    for (const pattern of [
      'stamp',
      'alternating',
      'ones',
      'zeros',
      'walking',
      'counter',
      'text',
      'random',
    ] as const) {
      fc.assert(
        fc.property(cleanFiles(pattern), (clean) => {
          expect(damageOf(blocksObservation(clean, clean.bytes))).toEqual([]);
        }),
        { numRuns: 10 },
      );
    }
  });

  it('a hole that was never written reads as zeros', () => {
    const stream = {
      hunt: '00000000000000aa',
      file: 3,
      writer: 0,
      blockBytes: 512,
      pattern: 'stamp',
      fileBytes: 0,
    } as const;
    const clean = cleanFile(stream, 4, 5);
    const bytes = clean.bytes.slice();
    bytes.fill(0, 512, 1024);
    const observation = blocksObservation(clean, bytes);
    const runs = [
      { firstBlock: 0, blocks: 1, generation: 5 },
      { firstBlock: 2, blocks: 2, generation: 5 },
    ];
    const expected = { ...observation.expected, runs } as typeof observation.expected;
    expect(damageOf({ ...observation, expected })).toEqual([]);
    expect(placesOf(damageOf(observation))).toEqual([['zeroed', 512, 512]]);
  });
});

/** File offset of some word of a body, a multiple of 8. */
function bodyWord(
  { stream, bytes }: { stream: { blockBytes: number }; bytes: Uint8Array },
  n: number,
): number {
  const bodyWords = (stream.blockBytes - 64) / 8;
  const word = n % ((bytes.length / stream.blockBytes) * bodyWords);
  return Math.floor(word / bodyWords) * stream.blockBytes + 64 + (word % bodyWords) * 8;
}
