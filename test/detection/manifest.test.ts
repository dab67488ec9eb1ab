// A manifest finds in a copy what was done to it, to the chunk, and says nothing of a copy to which
// nothing was done: also at the border of two chunks, in the last one, and of the length alone.

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { takeManifest } from '../../src/manifest/manifest.ts';
import {
  compareManifests,
  type ManifestVerification,
  verifyAgainst,
} from '../../src/manifest/verification.ts';
import { changed, cut, inserted, noise, replaced, scratch } from './damaged-files.ts';

const files = scratch();
afterAll(files.remove);

const CHUNK = 65_536;
/** Ten whole chunks and a part of one. */
const SIZE = 10 * CHUNK + 12_345;
const WHOLE = noise(SIZE, 1);
const manifest = await takeManifest(files.put(WHOLE));

const verify = (bytes: Uint8Array) => verifyAgainst(files.put(bytes), manifest);
const found = ({ damage }: ManifestVerification) =>
  damage.map(({ kind, offset, length, from }) =>
    from === undefined ? [kind, offset, length] : [kind, offset, length, from.offset],
  );
const flipped = (offset: number) =>
  changed(WHOLE, (bytes) => {
    bytes[offset] = (bytes[offset] as number) ^ 0x10;
  });
const chunk = (index: number) => WHOLE.subarray(index * CHUNK, (index + 1) * CHUNK);

describe('clean', () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, SIZE])('%d bytes', async (bytes) => {
    const path = files.put(WHOLE.subarray(0, bytes));
    const answer = await verifyAgainst(path, await takeManifest(path));
    expect(answer).toMatchObject({ verdict: 'clean', damage: [], unjudged: null, bytes });
    expect(answer.chunksCompared).toBe(Math.ceil(bytes / CHUNK));
  });

  it('holes that were meant are no damage', async () => {
    const path = files.put(new Uint8Array(5 * CHUNK));
    expect(await verifyAgainst(path, await takeManifest(path))).toMatchObject({
      verdict: 'clean',
    });
  });
});

describe('one bit', () => {
  it.each([
    ['first byte', 0, 0],
    ['last byte of a chunk', CHUNK - 1, 0],
    ['first byte of the next', CHUNK, 1],
    ['last whole chunk', 10 * CHUNK - 1, 9],
    ['first byte of the last chunk', 10 * CHUNK, 10],
    ['last byte', SIZE - 1, 10],
  ])('%s', async (_name, offset, index) => {
    const answer = await verify(flipped(offset));
    const length = Math.min(CHUNK, SIZE - index * CHUNK);
    expect(found(answer)).toEqual([['unexplained', index * CHUNK, length]]);
    expect(answer).toMatchObject({ verdict: 'damaged', chunksDiffering: 1, chunksCompared: 11 });
  });

  it('on both sides of a border is one range', async () => {
    const both = flipped(CHUNK - 1);
    both[CHUNK] = (both[CHUNK] as number) ^ 1;
    expect(found(await verify(both))).toEqual([['unexplained', 0, 2 * CHUNK]]);
  });
});

describe('what a digest can tell', () => {
  it('zeros, also in the last chunk', async () => {
    const holes = replaced(WHOLE, 3 * CHUNK, Buffer.alloc(2 * CHUNK));
    expect(found(await verify(holes))).toEqual([['zeroed', 3 * CHUNK, 2 * CHUNK]]);
    const tail = replaced(WHOLE, 10 * CHUNK, Buffer.alloc(12_345));
    expect(found(await verify(tail))).toEqual([['zeroed', 10 * CHUNK, 12_345]]);
  });

  it('a hole with one byte in it is not said to be zeros', async () => {
    const hole = replaced(WHOLE, 3 * CHUNK, Buffer.alloc(CHUNK));
    hole[3 * CHUNK + 5] = 1;
    expect(found(await verify(hole))).toEqual([['unexplained', 3 * CHUNK, CHUNK]]);
  });

  it('swapped parts, and from where', async () => {
    const swapped = replaced(
      replaced(WHOLE, 2 * CHUNK, WHOLE.subarray(6 * CHUNK, 8 * CHUNK)),
      6 * CHUNK,
      WHOLE.subarray(2 * CHUNK, 4 * CHUNK),
    );
    expect(found(await verify(swapped))).toEqual([
      ['misdirected', 2 * CHUNK, 2 * CHUNK, 6 * CHUNK],
      ['misdirected', 6 * CHUNK, 2 * CHUNK, 2 * CHUNK],
    ]);
  });

  it('a moved part that lost a bit is not said to come from elsewhere', async () => {
    const moved = replaced(WHOLE, 2 * CHUNK, chunk(5));
    moved[2 * CHUNK] = (moved[2 * CHUNK] as number) ^ 1;
    expect(found(await verify(moved))).toEqual([['unexplained', 2 * CHUNK, CHUNK]]);
  });
});

describe('zeros inside of what differs', () => {
  it('are told to the byte, over the borders of chunks', async () => {
    const holes = replaced(WHOLE, CHUNK + 1000, Buffer.alloc(2 * CHUNK + 77));
    const [first, last] = [CHUNK + 999, 3 * CHUNK + 1077];
    holes[first] = 1;
    holes[last] = 1;
    const answer = await verify(holes);
    expect(found(answer)).toEqual([
      ['unexplained', CHUNK, CHUNK],
      ['zeroed', 2 * CHUNK, CHUNK],
      ['unexplained', 3 * CHUNK, CHUNK],
    ]);
    expect(answer.zeros).toEqual([{ offset: CHUNK + 1000, length: 2 * CHUNK + 77 }]);
  });

  it('are not told where they are few, nor where nothing differs', async () => {
    const few = replaced(WHOLE, 5 * CHUNK, Buffer.alloc(4000));
    few[5 * CHUNK + 4000] = 1;
    expect((await verify(few)).zeros).toEqual([]);
    const path = files.put(new Uint8Array(3 * CHUNK));
    expect((await verifyAgainst(path, await takeManifest(path))).zeros).toEqual([]);
  });

  it('are told up to the end of the file', async () => {
    const tail = replaced(WHOLE, SIZE - 5000, Buffer.alloc(5000));
    tail[SIZE - 5001] = 1;
    expect((await verify(tail)).zeros).toEqual([{ offset: SIZE - 5000, length: 5000 }]);
  });
});

describe('the length', () => {
  it('one byte longer, and all that was meant is there', async () => {
    const answer = await verify(inserted(WHOLE, SIZE, Uint8Array.of(0)));
    expect(found(answer)).toEqual([['extra', SIZE, 1]]);
    expect(answer).toMatchObject({ chunksDiffering: 0, chunksCompared: 11, unjudged: null });
  });

  it('one byte shorter, and the chunk that lost it is not judged', async () => {
    const answer = await verify(cut(WHOLE, SIZE - 1, 1));
    expect(found(answer)).toEqual([['missing', SIZE - 1, 1]]);
    expect(answer.unjudged).toEqual({ offset: 10 * CHUNK, length: 12_344 });
    expect(answer).toMatchObject({ chunksDiffering: 0, chunksCompared: 10 });
  });

  it('cut at a border, which leaves nothing unjudged', async () => {
    const answer = await verify(WHOLE.subarray(0, 4 * CHUNK));
    expect(found(answer)).toEqual([['missing', 4 * CHUNK, SIZE - 4 * CHUNK]]);
    expect(answer.unjudged).toBeNull();
  });

  it('empty', async () => {
    expect(found(await verify(new Uint8Array()))).toEqual([['missing', 0, SIZE]]);
  });
});

describe('another file', () => {
  it('is suspected where nothing is right', async () => {
    expect(await verify(noise(SIZE, 2))).toMatchObject({ nothingInCommon: true });
    expect(await verify(inserted(WHOLE, 0, Uint8Array.of(7)))).toMatchObject({
      nothingInCommon: true,
      verdict: 'damaged',
    });
  });

  it('is not suspected where one chunk is right, or all are zeros', async () => {
    const almost = replaced(noise(SIZE, 2), 4 * CHUNK, chunk(4));
    expect(await verify(almost)).toMatchObject({ nothingInCommon: false, chunksDiffering: 10 });
    expect(await verify(new Uint8Array(SIZE))).toMatchObject({ nothingInCommon: false });
  });
});

describe('two manifests', () => {
  it('of different chunks are compared in the coarser', async () => {
    const bad = files.put(flipped(5 * CHUNK));
    const coarse = await takeManifest(bad, { chunkBytes: 4 * CHUNK });
    for (const [left, right] of [
      [manifest, coarse],
      [coarse, manifest],
    ] as const) {
      const answer = await compareManifests('m', left, right);
      expect(answer).toMatchObject({ chunkBytes: 4 * CHUNK, chunksCompared: 3 });
      expect(found(answer)).toEqual([['unexplained', 4 * CHUNK, 4 * CHUNK]]);
    }
  });

  it('of the same bytes are alike and have one root, whatever their chunks', async () => {
    const path = files.put(WHOLE);
    for (const factor of [2, 4, 8, 16, 1024]) {
      const other = await takeManifest(path, { chunkBytes: factor * CHUNK });
      expect(other.root).toBe(manifest.root);
      expect(await compareManifests('m', other, manifest)).toMatchObject({ verdict: 'clean' });
    }
  });
});

it('any change is found, and every range that is told holds one', async () => {
  const sizes = fc.integer({ min: 1, max: 5 * CHUNK });
  const property = fc.asyncProperty(
    sizes,
    fc.constantFrom(CHUNK, 2 * CHUNK, 4 * CHUNK),
    fc.array(fc.nat(), { maxLength: 4 }),
    async (size, chunkBytes, places) => {
      const good = WHOLE.subarray(0, size);
      const bad = Uint8Array.from(good);
      const offsets = new Set(places.map((place) => place % size));
      for (const offset of offsets) bad[offset] = (bad[offset] as number) ^ 0x80;
      const meant = await takeManifest(files.put(good), { chunkBytes });
      const { damage, verdict } = await verifyAgainst(files.put(bad), meant);
      expect(verdict).toBe(offsets.size > 0 ? 'damaged' : 'clean');
      const touched = new Set([...offsets].map((offset) => Math.floor(offset / chunkBytes)));
      const told = damage.flatMap(({ offset, length }) =>
        Array.from({ length: Math.ceil(length / chunkBytes) }, (_, at) => offset / chunkBytes + at),
      );
      expect(told).toEqual([...touched].sort((a, b) => a - b));
    },
  );
  await fc.assert(property, { numRuns: 60 });
});
