// The signature claims what holds of every range, in the words of the person on call.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { signatureOf } from '../../../src/diagnose/signature.ts';
import type { Damage, Layer } from '../../../src/domain/damage.ts';

const ONES = 'ffffffffffffffff';

/** The original fault: the first half of a word of all ones reads zero. */
function halfCleared(offset: number): Damage {
  return {
    kind: 'flipped',
    offset,
    length: 4,
    bits: {
      xorMask: '00000000ffffffff',
      bitsInWord: Array.from({ length: 32 }, (_, bit) => bit),
      direction: '1->0',
      count: 32,
    },
    samples: [{ offset, expected: ONES, observed: 'ffffffff00000000' }],
    because: 'a constant mask',
  };
}

function oneBit(offset: number, bit: number, direction: '0->1' | '1->0'): Damage {
  const xorMask = (1n << BigInt(bit)).toString(16).padStart(16, '0');
  const bits = { xorMask, bitsInWord: [bit], direction, count: 1 } as const;
  return { kind: 'flipped', offset: offset + (bit >> 3), length: 1, bits, because: 'one bit' };
}

function zeroed(offset: number, length: number): Damage {
  return { kind: 'zeroed', offset, length, because: 'zeros' };
}

function signature(damage: readonly Damage[], ioBytes = 4096, layer: Layer = 'persisted') {
  return signatureOf(damage.map((one) => ({ damage: [one], ioBytes, layer })));
}

describe('signatureOf', () => {
  it('is null without damage', () => {
    expect(signatureOf([])).toBeNull();
    expect(signatureOf([{ damage: [], ioBytes: 4096, layer: 'persisted' }])).toBeNull();
  });

  it('says the original fault as it was told', () => {
    const found = signature([halfCleared(4096), halfCleared(20480), halfCleared(8192)], 4096);
    expect(found?.words).toBe(
      'always bits 0-31 of a 64-bit word, 1->0, only words that were all ones; ' +
        'offsets multiples of 4096; lengths 4; layer persisted',
    );
    expect(found?.bits).toEqual({ ...halfCleared(0).bits, count: 96 });
    expect(found?.expectedWords).toEqual([ONES]);
    expect(found?.ioSizes).toEqual([]);
  });

  it('does not say always of a single range', () => {
    expect(signature([halfCleared(4096)])?.words).toBe(
      'bits 0-31 of a 64-bit word, 1->0, of a word that was all ones; ' +
        'at offset 4096; length 4; layer persisted',
    );
  });

  it('unites the bits of different flips', () => {
    const found = signature([oneBit(0, 3, '0->1'), oneBit(64, 9, '1->0')], 512);
    expect(found?.bits).toEqual({
      xorMask: '0000000000000208',
      bitsInWord: [3, 9],
      direction: 'both',
      count: 2,
    });
    expect(found?.words).toContain('always within bits 3 and 9 of a 64-bit word, both 0->1 and');
    expect(found?.expectedWords).toBeUndefined();
    expect(found?.words).not.toContain('only words');
  });

  it('claims no expected words when the samples do not show every damaged word', () => {
    const long = { ...halfCleared(4096), length: 4096 };
    expect(signature([long, halfCleared(0)])?.expectedWords).toBeUndefined();
  });

  it('counts the kinds of a mixture, the most frequent first', () => {
    const found = signature([oneBit(0, 3, '0->1'), zeroed(4096, 512), zeroed(8192, 512)]);
    expect(found?.kinds).toEqual(['zeroed', 'flipped']);
    expect(found?.words).toContain('2 zeroed, 1 flipped; flips: bit 3 of a 64-bit word, 0->1');
  });

  it('names the I/O sizes that divide every offset and length, and the layers', () => {
    const found = signatureOf([
      { damage: [zeroed(8192, 4096)], ioBytes: 4096, layer: 'persisted' },
      { damage: [zeroed(12288, 12288)], ioBytes: 512, layer: 'undetermined' },
      { damage: [zeroed(40960, 4096)], ioBytes: 8192, layer: 'persisted' },
      { damage: [], ioBytes: 1024, layer: 'source' },
    ]);
    expect(found?.ioSizes).toEqual([512, 4096]);
    expect(found).toMatchObject({ offsetAlignment: 4096, lengthAlignment: 4096, ranges: 3 });
    expect(found?.lengths).toEqual({ min: 4096, max: 12288, distinct: 2 });
    expect(found?.layers).toEqual(['persisted', 'undetermined']);
    expect(found?.words).toBe(
      'always zeroed; offsets multiples of 4096; lengths 4096 to 12288, multiples of 4096',
    );
  });

  it('says a displacement that all of them share, and none that they do not', () => {
    const moved = (offset: number, by: number): Damage => ({
      ...zeroed(offset, 512),
      kind: 'shifted',
      from: { offset: offset - by },
    });
    expect(signature([moved(512, 1), moved(9216, 1)])?.words).toContain('displaced by +1 bytes');
    expect(signature([moved(512, 1), moved(9216, 2)])?.words).not.toContain('displaced');
  });

  it('has alignments that divide, and are the largest that do', () => {
    const numbers = fc.array(fc.tuple(fc.nat(2 ** 30), fc.integer({ min: 1, max: 2 ** 30 })), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(numbers, (pairs) => {
        const found = signature(pairs.map(([offset, length]) => zeroed(offset, length)));
        const [offsets, lengths] = [pairs.map(([o]) => o), pairs.map(([, l]) => l)];
        const { offsetAlignment = 0, lengthAlignment = 0 } = found ?? {};
        for (const [all, one] of [
          [offsets, offsetAlignment],
          [lengths, lengthAlignment],
        ] as const) {
          expect(all.every((number) => number % one === 0)).toBe(true);
          expect(one === 2 ** 20 || all.some((number) => number % (2 * one) !== 0)).toBe(true);
        }
      }),
    );
  });
});
