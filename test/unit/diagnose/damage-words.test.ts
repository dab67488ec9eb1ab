// One line for each kind, with exact places and the evidence.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitWords, valuesWords } from '../../../src/diagnose/bit-words.ts';
import { damageWords } from '../../../src/diagnose/damage-words.ts';
import { DAMAGE_KINDS, type Damage } from '../../../src/domain/damage.ts';

const BECAUSE = 'for the test';

describe('damageWords', () => {
  it('names the bit, its word, what was meant and what was found', () => {
    const words = damageWords({
      kind: 'flipped',
      offset: 12_345,
      length: 1,
      bits: { xorMask: '0000000000000800', bitsInWord: [11], direction: '0->1', count: 1 },
      samples: [{ offset: 12_344, expected: '0000000000000000', observed: '0000000000000800' }],
      because: BECAUSE,
    });
    expect(words).toBe(
      'flipped 1 bit at offset 12,345 (bit 11 of the word at 12,344, 0->1): ' +
        'expected 0000000000000000, found 0000000000000800',
    );
  });

  it('counts the bits of many words', () => {
    const words = damageWords({
      kind: 'flipped',
      offset: 4096,
      length: 20,
      bits: { xorMask: '00000000ffffffff', bitsInWord: [0, 1, 2], direction: '1->0', count: 96 },
      because: BECAUSE,
    });
    expect(words).toBe(
      'flipped 96 bits in 20 bytes at offset 4,096 (bits 0-2 of each damaged word, 1->0)',
    );
  });

  it('tells generations, places, hunts and moves', () => {
    const at = (kind: Damage['kind'], more: Partial<Damage>): string =>
      damageWords({ kind, offset: 8192, length: 4096, because: BECAUSE, ...more });
    const generations = [
      { generation: 9, offset: 8192 },
      { generation: 8, offset: 8704 },
    ];
    expect(at('torn', { generations })).toBe(
      'torn 4,096 bytes at offset 8,192: generation 9 from 8,192, generation 8 from 8,704',
    );
    expect(at('stale', { from: { generation: 3 } })).toContain(': generation 3');
    expect(at('misdirected', { from: { offset: 0, file: 2, generation: 3 } })).toContain(
      ': the bytes of offset 0 of file 2, generation 3',
    );
    expect(at('shifted', { from: { offset: 8191 } })).toContain('offset 8,191, 1 byte late');
    expect(at('shifted', { from: { offset: 8195 } })).toContain('offset 8,195, 3 bytes early');
    expect(at('foreign', { from: { hunt: 'ab' } })).toContain('written by hunt ab');
    expect(at('untouched', {})).toContain('never filled');
  });

  it('is one line with kind and place for every kind and any numbers', () => {
    const damage = fc.record(
      {
        kind: fc.constantFrom(...DAMAGE_KINDS),
        offset: fc.nat(),
        length: fc.nat(),
        from: fc.record({ offset: fc.nat(), generation: fc.nat() }, { requiredKeys: [] }),
        because: fc.string(),
      },
      { requiredKeys: ['kind', 'offset', 'length', 'because'] },
    );
    fc.assert(
      fc.property(damage, (one) => {
        const words = damageWords(one);
        expect(words.startsWith(`${one.kind} `)).toBe(true);
        expect(words).toContain(`at offset ${one.offset.toLocaleString('en-US')}`);
        expect(words).not.toMatch(/\n|undefined|: $/);
      }),
    );
  });
});

describe('bits and values in words', () => {
  it('joins runs of bits', () => {
    expect(bitWords([3])).toBe('bit 3');
    expect(bitWords([0, 1, 2, 31])).toBe('bits 0-2 and 31');
    expect(bitWords([1, 4, 5, 6, 63])).toBe('bits 1, 4-6 and 63');
  });

  it('names values that have a name', () => {
    expect(valuesWords(['ffffffffffffffff', '0000000000000000'])).toBe('all ones or all zeros');
    expect(valuesWords(['0000000000000001'])).toBe('0000000000000001');
  });
});
