// Which blocks of a device are free, and which a file gets. The search goes on where the last one
// ended: a writer that was given up on may still write to blocks that were freed meanwhile, and
// must not meet the next trial there.

import { BLOCK_BYTES, type BlockTable, type Extent, FIRST_DATA_BLOCK } from './block-layout.ts';

export interface Allocation {
  readonly extents: readonly Extent[];
  readonly nextBlock: number;
}

/** Free ranges of [FIRST_DATA_BLOCK, totalBlocks), ascending. */
export function freeExtents(table: BlockTable, totalBlocks: number): Extent[] {
  const used = [...table.files.values()]
    .flatMap(({ extents }) => extents)
    .toSorted(([a], [b]) => a - b);
  const free: Extent[] = [];
  let at = FIRST_DATA_BLOCK;
  for (const [first, blocks] of used) {
    if (first > at) free.push([at, first - at]);
    at = Math.max(at, first + blocks);
  }
  if (totalBlocks > at) free.push([at, totalBlocks - at]);
  return free;
}

export function freeBlocks(table: BlockTable, totalBlocks: number): number {
  return freeExtents(table, totalBlocks).reduce((sum, [, blocks]) => sum + blocks, 0);
}

/** Null where there is not enough. In one piece where one is large enough. */
export function allocate(
  table: BlockTable,
  totalBlocks: number,
  blocks: number,
): Allocation | null {
  if (blocks === 0) return { extents: [], nextBlock: table.nextBlock };
  const free = fromHere(freeExtents(table, totalBlocks), table.nextBlock);
  const whole = free.find(([, length]) => length >= blocks);
  if (whole) return { extents: [[whole[0], blocks]], nextBlock: whole[0] + blocks };
  const extents: Extent[] = [];
  let missing = blocks;
  for (const [first, length] of free) {
    const taken = Math.min(length, missing);
    extents.push([first, taken]);
    missing -= taken;
    if (missing === 0) return { extents, nextBlock: first + taken };
  }
  return null;
}

/** A file's blocks made more or fewer; those that it keeps stay where they are. Null as above. */
export function resize(
  table: BlockTable,
  totalBlocks: number,
  extents: readonly Extent[],
  blocks: number,
): Allocation | null {
  const kept: Extent[] = [];
  let missing = blocks;
  for (const [first, length] of extents) {
    if (missing === 0) break;
    kept.push([first, Math.min(length, missing)]);
    missing -= Math.min(length, missing);
  }
  const more = allocate(table, totalBlocks, missing);
  return more && { extents: [...kept, ...more.extents], nextBlock: more.nextBlock };
}

/** The same ranges in the order in which they come from a block on, and around. */
function fromHere(free: readonly Extent[], nextBlock: number): Extent[] {
  const behind: Extent[] = [];
  const before: Extent[] = [];
  for (const [first, blocks] of free) {
    const cut = Math.min(Math.max(nextBlock - first, 0), blocks);
    if (cut > 0) before.push([first, cut]);
    if (cut < blocks) behind.push([first + cut, blocks - cut]);
  }
  return [...behind, ...before];
}

/** Of a file's content: where on the device each part of [offset, offset + length) lies; bytes. */
export function placesOf(
  extents: readonly Extent[],
  offset: number,
  length: number,
): { at: number; from: number; bytes: number }[] {
  const places: { at: number; from: number; bytes: number }[] = [];
  let begin = 0;
  for (const [first, blocks] of extents) {
    const end = begin + blocks * BLOCK_BYTES;
    const low = Math.max(offset, begin);
    const high = Math.min(offset + length, end);
    if (low < high) {
      const at = first * BLOCK_BYTES + (low - begin);
      places.push({ at, from: low - offset, bytes: high - low });
    }
    begin = end;
  }
  return places;
}

export function capacityBytes(extents: readonly Extent[]): number {
  return extents.reduce((sum, [, blocks]) => sum + blocks, 0) * BLOCK_BYTES;
}
