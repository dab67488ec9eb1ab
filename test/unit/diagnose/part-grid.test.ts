// The part size is inferred from ranges that support one, and from no others.

import { describe, expect, it } from 'vitest';
import { partGridOf } from '../../../src/diagnose/part-grid.ts';
import type { Damage, DamageKind } from '../../../src/domain/damage.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const FILE = 100 * MIB + 12_345;

const damage = (ranges: readonly (readonly [number, number, DamageKind?])[]): Damage[] =>
  ranges.map(([from, to, kind = 'zeroed']) => ({
    kind,
    offset: from,
    length: to - from,
    because: 'planted',
  }));
const gridOf = (ranges: Parameters<typeof damage>[0], meant: number | null = FILE) =>
  partGridOf(damage(ranges), meant, 4096);

describe('planted parts', () => {
  it.each([5, 8, 10, 16])('7 and 9 of %i MiB', (size) => {
    const part = size * MIB;
    const meant = 12 * part;
    const found = gridOf(
      [
        [7 * part, 8 * part],
        [9 * part, 10 * part],
      ],
      meant,
    );
    expect(found).toMatchObject({
      partBytes: part,
      parts: [
        { first: 7, count: 1 },
        { first: 9, count: 1 },
      ],
      damagedParts: 2,
      ofParts: 12,
    });
  });

  it('one part, the first, the last that is cut, and neighbours of several kinds', () => {
    const first = (ranges: Parameters<typeof damage>[0]) => gridOf(ranges)?.parts;
    expect(first([[8 * MIB, 16 * MIB]])).toEqual([{ first: 1, count: 1 }]);
    expect(first([[0, 8 * MIB]])).toEqual([{ first: 0, count: 1 }]);
    expect(first([[96 * MIB, FILE, 'missing']])).toEqual([{ first: 3, count: 1 }]);
    const neighbours = gridOf([
      [8 * MIB, 16 * MIB, 'stale'],
      [16 * MIB, 24 * MIB, 'misdirected'],
    ]);
    expect(neighbours).toMatchObject({ partBytes: 8 * MIB, parts: [{ first: 1, count: 2 }] });
  });

  it('a size that nobody uses, such as a twelfth of the file, when it is exact', () => {
    const part = 8_738_477;
    const found = gridOf([
      [2 * part, 3 * part],
      [5 * part, 6 * part],
    ]);
    expect(found).toMatchObject({ partBytes: part, damagedParts: 2 });
  });

  it('a usual size is preferred to a larger one, which is named', () => {
    const found = gridOf([[24 * MIB, 48 * MIB]]);
    expect(found).toMatchObject({ partBytes: 8 * MIB, largestBytes: 24 * MIB });
    expect(found?.parts).toEqual([{ first: 3, count: 3 }]);
  });

  it('flipped bits beside the holes are not of it', () => {
    const found = gridOf([
      [100, 101, 'flipped'],
      [56 * MIB, 64 * MIB],
      [72 * MIB, 80 * MIB],
    ]);
    expect(found).toMatchObject({ partBytes: 8 * MIB, damagedParts: 2 });
  });
});

describe('no parts', () => {
  it('of nothing, of flipped bits, of blocks, and of what has moved', () => {
    expect(gridOf([])).toBeNull();
    expect(gridOf([[8 * MIB, 16 * MIB, 'flipped']])).toBeNull();
    expect(partGridOf(damage([[8 * MIB, 9 * MIB]]), FILE, MIB)).toBeNull();
    expect(
      gridOf([
        [8 * MIB, 16 * MIB, 'missing'],
        [8 * MIB, 16 * MIB, 'shifted'],
      ]),
    ).toBeNull();
  });

  it('near miss: a boundary that is one byte, one word or one page off', () => {
    for (const off of [1, 8]) {
      expect(gridOf([[56 * MIB, 64 * MIB - off]])).toBeNull();
      expect(gridOf([[56 * MIB + off, 64 * MIB]])).toBeNull();
    }
    const off = gridOf([
      [56 * MIB, 64 * MIB],
      [72 * MIB, 80 * MIB - 4096],
    ]);
    expect(off).toBeNull();
  });

  it('near miss: pages that have a divisor in common by chance', () => {
    expect(gridOf([[12 * KIB, 24 * KIB]])).toBeNull();
    expect(gridOf([[28 * KIB, 70 * KIB]])).toBeNull();
    expect(gridOf([[96 * KIB, 128 * KIB]])).toBeNull();
  });

  it('near miss: a prefix of any length', () => {
    for (const ends of [500_000, 3 * MIB + 4096, 37_748_736 + 4096, 1_000_000]) {
      expect(gridOf([[ends, FILE, 'missing']])).toBeNull();
    }
  });

  it('near miss: where a range that was looked at begins and ends', () => {
    const one = damage([[8 * MIB, 16 * MIB]]);
    expect(partGridOf(one, FILE, 4096, [8 * MIB, 16 * MIB])).toBeNull();
    expect(partGridOf(one, FILE, 4096, [8 * MIB, 50 * MIB])).not.toBeNull();
  });
});
