// Several kinds of damage in one window: each is found where it is, as if it were alone.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Clean } from './planting.ts';
import { blocksObservation, cleanFiles, damageOf, encoded, garbage, placesOf } from './planting.ts';

type Plant = (bytes: Uint8Array, at: number, clean: Clean, n: number) => [string, number, number];

const PLANTS: Readonly<Record<string, Plant>> = {
  flipped: (bytes, at, _clean, n) => {
    const where = at + 64 + (n % 440);
    bytes[where] = (bytes[where] as number) ^ (1 << (n % 8));
    return ['flipped', where, 1];
  },
  zeroed: (bytes, at) => {
    bytes.fill(0, at, at + 512);
    return ['zeroed', at, 512];
  },
  stale: (bytes, at, { stream, generation }) => {
    const block = Math.floor(at / stream.blockBytes);
    const old = encoded(stream, block, 1, generation - 1);
    const inside = at - block * stream.blockBytes;
    bytes.set(old.subarray(inside, inside + 512), at);
    return ['stale', at, 512];
  },
  misdirected: (bytes, at, { stream, generation }, n) => {
    const block = Math.floor(at / stream.blockBytes) + 1 + (n % 1000);
    const inside = at % stream.blockBytes;
    const other = encoded(stream, block, 1, generation);
    bytes.set(other.subarray(inside, inside + 512), at);
    return ['misdirected', at, 512];
  },
  foreign: (bytes, at, _clean, n) => {
    const random = garbage(512, n);
    random[0] = (bytes[at] as number) ^ 0x3c;
    random[511] = (bytes[at + 511] as number) ^ 0xc3;
    // A zero would as well belong to zeros that stand before it, or after it.
    if (random[0] === 0) random[0] = 1;
    if (random[511] === 0) random[511] = 1;
    bytes.set(random, at);
    return ['foreign', at, 512];
  },
};

it('one kind in every second sector, in any order', () => {
  const choices = fc.array(fc.tuple(fc.constantFrom(...Object.keys(PLANTS)), fc.nat()), {
    minLength: 2,
    maxLength: 8,
  });
  fc.assert(
    fc.property(cleanFiles('stamp', [4096, 16_384]), choices, (clean, chosen) => {
      const bytes = clean.bytes.slice();
      const sectors = bytes.length / 512;
      const apart = Math.floor(sectors / chosen.length);
      const planted = chosen.map(([kind, n], index) => {
        const at = (index * apart + (n % Math.max(1, apart - 1))) * 512;
        return (PLANTS[kind] as Plant)(bytes, at, clean, n);
      });
      const damage = damageOf(blocksObservation(clean, bytes));
      expect(placesOf(damage)).toEqual(planted);
    }),
    { numRuns: 200 },
  );
});

it('kinds in adjoining sectors keep their borders', () => {
  const kinds = fc.shuffledSubarray(['zeroed', 'stale', 'misdirected', 'foreign'], {
    minLength: 2,
  });
  fc.assert(
    fc.property(cleanFiles('stamp', [4096]), kinds, fc.nat(), (clean, chosen, n) => {
      const bytes = clean.bytes.slice();
      const first = 4096 + 512 * (1 + (n % 3));
      const planted = chosen.map((kind, index) =>
        (PLANTS[kind] as Plant)(bytes, first + 512 * index, clean, n + index),
      );
      expect(placesOf(damageOf(blocksObservation(clean, bytes)))).toEqual(planted);
    }),
    { numRuns: 200 },
  );
});
