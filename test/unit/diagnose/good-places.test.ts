// The index of GOOD finds every sample that stands on its stride, and nothing that proves no place.

import { describe, expect, it } from 'vitest';
import { GoodPlaces, SAMPLE_BYTES } from '../../../src/diagnose/good-places.ts';
import { observedInMemory } from '../../../src/diagnose/observed-bytes.ts';
import { noise } from '../../detection/damaged-files.ts';

function indexOf(good: Buffer): GoodPlaces {
  return new GoodPlaces(observedInMemory(good, 0), (offset) =>
    good.subarray(offset, offset + SAMPLE_BYTES),
  );
}

describe('GoodPlaces', () => {
  const good = noise(3 * 2 ** 20, 3);
  const places = indexOf(good);

  it('finds any run of 63 bytes at any place', () => {
    for (let at = 0; at + 63 <= good.length; at += 40_009) {
      const found = places.find(good.subarray(at, at + 63), 0, 63);
      expect(found?.places).toEqual([at + (found?.index ?? 0)]);
    }
  });

  it('finds nothing in bytes of another origin', () => {
    expect(places.find(noise(500_000, 12_345), 0, 500_000)).toBeNull();
  });

  it('keeps to the part that it is given', () => {
    const bytes = Buffer.concat([noise(100, 9), good.subarray(64, 128)]);
    expect(places.find(bytes, 0, 100)).toBeNull();
    expect(places.find(bytes, 0, 101)).toEqual({ index: 100, places: [64] });
    expect(places.find(bytes, 101, 101)).toBeNull();
    expect(places.find(good.subarray(0, 10), 0, 10)).toBeNull();
  });

  it('names up to four places and takes more for no evidence', () => {
    const part = noise(SAMPLE_BYTES, 77);
    const copies = (count: number) =>
      Buffer.concat([noise(4096, 5), ...Array.from({ length: count }, () => part)]);
    expect(indexOf(copies(4)).find(part, 0, 1)?.places).toHaveLength(4);
    expect(indexOf(copies(5)).find(part, 0, 1)).toBeNull();
  });

  it('takes plain bytes for no evidence', () => {
    const plain = Buffer.concat([noise(4096, 5), Buffer.alloc(64, 'abc')]);
    expect(indexOf(plain).find(Buffer.alloc(32, 'abc'), 0, 1)).toBeNull();
  });
});
