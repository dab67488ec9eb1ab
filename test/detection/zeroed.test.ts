// `zeroed`: at least 8 zero bytes in a row where other bytes were meant.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blocksObservation,
  cleanFiles,
  damageOf,
  kindsOf,
  placesOf,
  replaced,
} from './planting.ts';

describe('planted', () => {
  it('whole sectors, pages and blocks', () => {
    const sizes = fc.constantFrom(512, 1024, 4096, 16_384);
    fc.assert(
      fc.property(cleanFiles(), fc.nat(), sizes, (clean, where, size) => {
        const length = Math.min(size, clean.bytes.length);
        const at = (where % Math.floor(clean.bytes.length / length)) * length;
        const bytes = replaced(clean.bytes, at, new Uint8Array(length));
        const damage = damageOf(blocksObservation(clean, bytes));
        expect(placesOf(damage)).toEqual([['zeroed', at, length]]);
      }),
    );
  });

  it('any number of words from 2 on, anywhere in a body', () => {
    fc.assert(
      fc.property(
        cleanFiles(),
        fc.nat(),
        fc.integer({ min: 2, max: 40 }),
        (clean, where, words) => {
          const sector = (where % (clean.bytes.length / 512)) * 512;
          const at = sector + 64 + (where % 15) * 8;
          const bytes = replaced(clean.bytes, at, new Uint8Array(words * 8));
          const damage = damageOf(blocksObservation(clean, bytes));
          expect(placesOf(damage)).toEqual([['zeroed', at, words * 8]]);
        },
      ),
    );
  });

  it('the whole file', () => {
    fc.assert(
      fc.property(cleanFiles(), (clean) => {
        const bytes = new Uint8Array(clean.bytes.length);
        const damage = damageOf(blocksObservation(clean, bytes));
        expect(placesOf(damage)).toEqual([['zeroed', 0, bytes.length]]);
      }),
    );
  });
});

describe('near-miss', () => {
  it('half a word of zeros is flipped', () => {
    fc.assert(
      fc.property(cleanFiles('ones'), fc.nat(), (clean, where) => {
        const sector = (where % (clean.bytes.length / 512)) * 512;
        const at = sector + 64 + (where % 110) * 4;
        const bytes = replaced(clean.bytes, at, new Uint8Array(4));
        expect(kindsOf(damageOf(blocksObservation(clean, bytes)))).toEqual(['flipped']);
      }),
    );
  });

  it('zeros that were meant are not damage', () => {
    fc.assert(
      fc.property(cleanFiles('zeros'), fc.nat(), (clean, where) => {
        const at = (where % (clean.bytes.length / 512)) * 512 + 64;
        const bytes = replaced(clean.bytes, at, new Uint8Array(448));
        expect(damageOf(blocksObservation(clean, bytes))).toEqual([]);
      }),
    );
  });

  it('a block of an old hole is not stale, and ones are not zeros', () => {
    fc.assert(
      fc.property(cleanFiles(), fc.nat(), (clean, where) => {
        const at = (where % (clean.bytes.length / 512)) * 512;
        const bytes = replaced(clean.bytes, at, new Uint8Array(512).fill(0xff));
        expect(kindsOf(damageOf(blocksObservation(clean, bytes)))).not.toContain('zeroed');
      }),
    );
  });
});
