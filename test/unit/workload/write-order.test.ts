// The orders of writes: each a permutation, each what its name says, `random` decided by the seed.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ordered, WRITE_ORDERS } from '../../../src/workload/write-order.ts';

const ITEMS = fc.uniqueArray(fc.nat(1000), { maxLength: 40 });

describe('ordered', () => {
  test('loses and invents nothing, and leaves its input alone', () => {
    fc.assert(
      fc.property(ITEMS, fc.constantFrom(...WRITE_ORDERS), fc.string(), (items, order, seed) => {
        const before = [...items];
        const out = ordered(items, order, seed);
        expect([...out].sort((a, b) => a - b)).toEqual([...items].sort((a, b) => a - b));
        expect(items).toEqual(before);
      }),
    );
  });

  test('interleaved takes from the two halves in turn', () => {
    expect(ordered([0, 1, 2, 3, 4, 5], 'interleaved', '')).toEqual([0, 3, 1, 4, 2, 5]);
    expect(ordered([0, 1, 2, 3, 4], 'interleaved', '')).toEqual([0, 3, 1, 4, 2]);
    expect(ordered([7], 'interleaved', '')).toEqual([7]);
    fc.assert(
      fc.property(ITEMS, (items) => {
        const half = Math.ceil(items.length / 2);
        const out = ordered(items, 'interleaved', '');
        expect(out.filter((_, at) => at % 2 === 0)).toEqual(items.slice(0, half));
        expect(out.filter((_, at) => at % 2 === 1)).toEqual(items.slice(half));
      }),
    );
  });

  test('only random depends on the seed', () => {
    const items = Array.from({ length: 20 }, (_, at) => at);
    for (const order of WRITE_ORDERS) {
      expect(ordered(items, order, 'a')).toEqual(ordered(items, order, 'a'));
      const same =
        JSON.stringify(ordered(items, order, 'a')) === JSON.stringify(ordered(items, order, 'b'));
      expect(same).toBe(order !== 'random');
    }
    expect(ordered(items, 'reverse', '')).toEqual([...items].reverse());
  });
});
