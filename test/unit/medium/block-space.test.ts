// Blocks of a device: no block belongs to two files, a file keeps its blocks, and what was freed
// comes last. Written ranges and gaps are compared with a plain list of bytes.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BLOCK_BYTES,
  type BlockTable,
  FIRST_DATA_BLOCK,
} from '../../../src/medium/block-layout.ts';
import {
  allocate,
  capacityBytes,
  freeBlocks,
  placesOf,
  resize,
} from '../../../src/medium/block-space.ts';
import { ByteRanges } from '../../../src/medium/byte-ranges.ts';

const TOTAL = FIRST_DATA_BLOCK + 64;
const EMPTY: BlockTable = { sequence: 1, nextBlock: FIRST_DATA_BLOCK, files: new Map() };

function blocksOf(table: BlockTable): number[] {
  return [...table.files.values()].flatMap(({ extents }) =>
    extents.flatMap(([first, blocks]) => Array.from({ length: blocks }, (_, at) => first + at)),
  );
}

function resized(table: BlockTable, path: string, blocks: number): BlockTable | null {
  const before = table.files.get(path)?.extents ?? [];
  const space = resize(table, TOTAL, before, blocks);
  if (!space) return null;
  const files = new Map(table.files).set(path, { id: 1, bytes: 0, extents: space.extents });
  return { ...table, nextBlock: space.nextBlock, files };
}

describe('the blocks of a device', () => {
  it('belong to one file each, within the device, whatever is made and removed', () => {
    const step = fc.tuple(
      fc.constantFrom('/a', '/b', '/c', '/d'),
      fc.integer({ min: -1, max: 40 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let table = EMPTY;
        for (const [path, blocks] of steps) {
          const files = new Map(table.files);
          const isRemoved = blocks < 0 && files.delete(path);
          const next = isRemoved ? { ...table, files } : resized(table, path, Math.max(0, blocks));
          const kept = capacityBytes(table.files.get(path)?.extents ?? []) / BLOCK_BYTES;
          if (next === null) expect(freeBlocks(table, TOTAL)).toBeLessThan(blocks - kept);
          table = next ?? table;
          const used = blocksOf(table);
          expect(new Set(used).size).toBe(used.length);
          expect(used.every((block) => block >= FIRST_DATA_BLOCK && block < TOTAL)).toBe(true);
          expect(freeBlocks(table, TOTAL)).toBe(64 - used.length);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('stay with their file when it is made longer or shorter', () => {
    const made = resized(EMPTY, '/a', 8) as BlockTable;
    const longer = resized(resized(made, '/b', 4) as BlockTable, '/a', 12) as BlockTable;
    expect(longer.files.get('/a')?.extents).toEqual([
      [FIRST_DATA_BLOCK, 8],
      [FIRST_DATA_BLOCK + 12, 4],
    ]);
    const shorter = resized(longer, '/a', 3) as BlockTable;
    expect(shorter.files.get('/a')?.extents).toEqual([[FIRST_DATA_BLOCK, 3]]);
  });

  it('are used again last', () => {
    const table = resized(EMPTY, '/a', 16) as BlockTable;
    const freed = { ...table, files: new Map() };
    expect(allocate(freed, TOTAL, 16)?.extents).toEqual([[FIRST_DATA_BLOCK + 16, 16]]);
    expect(allocate(freed, TOTAL, 65)).toBeNull();
  });

  it('are found for any part of a file', () => {
    const extents = [
      [200, 1],
      [300, 2],
    ] as const;
    expect(placesOf(extents, 4000, 5000)).toEqual([
      { at: 200 * BLOCK_BYTES + 4000, from: 0, bytes: 96 },
      { at: 300 * BLOCK_BYTES, from: 96, bytes: 4904 },
    ]);
    expect(placesOf(extents, 3 * BLOCK_BYTES, 10)).toEqual([]);
  });
});

describe('ranges of bytes', () => {
  it('have the gaps that a list of bytes has', () => {
    const step = fc.tuple(fc.boolean(), fc.nat(60), fc.nat(60));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.nat(70), (steps, length) => {
        const ranges = new ByteRanges();
        const bytes = new Array<boolean>(80).fill(false);
        for (const [isCut, a, b] of steps) {
          if (isCut) {
            ranges.cutAt(a);
            bytes.fill(false, a);
          } else {
            ranges.add(Math.min(a, b), Math.max(a, b));
            bytes.fill(true, Math.min(a, b), Math.max(a, b));
          }
        }
        const unwritten = ranges.gaps(length).flatMap(([from, to]) => {
          expect(from).toBeLessThan(to);
          return Array.from({ length: to - from }, (_, at) => from + at);
        });
        const expected = [...bytes.keys()].filter((at) => at < length && !bytes[at]);
        expect(unwritten).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});
