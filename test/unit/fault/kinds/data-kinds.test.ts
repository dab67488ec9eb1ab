// Kinds that change the data of a call: what they change, and that they change nothing else.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../../src/base/rng.ts';
import { parseFault } from '../../../../src/domain/fault-grammar.ts';
import { flip } from '../../../../src/fault/kinds/flip.ts';
import { zero } from '../../../../src/fault/kinds/zero.ts';

const rng = createRng('kinds');

describe('flip', () => {
  test('a mask over one word, as a little-endian number', () => {
    const data = new Uint8Array(24);
    expect(flip(data, parseFault('flip:mask=0x8000000000000001,word=1'), rng)).toBe(
      'word 1 ^ 0x8000000000000001',
    );
    expect(data).toEqual(Uint8Array.from({ length: 24 }, (_, at) => ({ 8: 1, 15: 0x80 })[at] ?? 0));
  });

  test('several words, and no further than the data go', () => {
    const data = new Uint8Array(20);
    expect(flip(data, parseFault('flip:mask=0xff00000000,word=1,words=9'), rng)).toBe(
      'word 1 and 1 more ^ 0xff00000000',
    );
    expect([...data.entries()].filter(([, byte]) => byte !== 0)).toEqual([[12, 0xff]]);
    expect(flip(data, parseFault('flip:word=3'), rng)).toBe('nothing: there is no word 3');
  });

  test('only words of the content that is asked for', () => {
    const data = new Uint8Array(64).fill(7);
    data.fill(0xff, 40, 48);
    const fault = parseFault('flip:content=ones,mask=0xffffffff');
    expect(flip(data, fault, rng)).toBe('word 5 ^ 0xffffffff');
    expect([...data.subarray(40, 48)]).toEqual([0, 0, 0, 0, 255, 255, 255, 255]);
    expect(flip(data, fault, rng)).toBe('nothing: there is no such word');
  });

  test('one bit of a random word by default, drawn from the seed', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(bytes, fc.string(), (before, seed) => {
        const [one, other] = [before.slice(), before.slice()];
        flip(one, parseFault('flip'), createRng(seed));
        flip(other, parseFault('flip'), createRng(seed));
        expect(one).toEqual(other);
        const changed = [...one.entries()].filter(([at, byte]) => byte !== before[at]);
        expect(changed).toHaveLength(1);
        const [at, byte] = changed[0] as [number, number];
        expect([at % 8, byte ^ (before[at] as number)]).toEqual([0, 1]);
      }),
    );
  });
});

test('zero: all, a range, and no further than the data go', () => {
  const data = new Uint8Array(8).fill(1);
  expect(zero(data, parseFault('zero:at=6,bytes=4'))).toBe('bytes 6 to 8 = 0');
  expect([...data]).toEqual([1, 1, 1, 1, 1, 1, 0, 0]);
  expect(zero(data, parseFault('zero:at=8'))).toBe('nothing: the data end at 8');
  expect(zero(data, parseFault('zero'))).toBe('bytes 0 to 8 = 0');
  expect(data).toEqual(new Uint8Array(8));
});
