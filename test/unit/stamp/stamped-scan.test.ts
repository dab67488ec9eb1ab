// The scan of a stamped file, by one thread and by two: what it finds, in which order, and what it
// says where a file cannot be read.

import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DamagedBlocks } from '../../../src/stamp/block-check.ts';
import { encodeBlocks } from '../../../src/stamp/reference.ts';
import { type ScanOptions, scanStampedFile } from '../../../src/stamp/stamped-scan.ts';
import { OPTIONS, stampedScratch } from './stamped-scratch.ts';

const MIB = 2 ** 20;
const { folder, freshPath, stamped } = stampedScratch();

function damage(path: string, offset: number, bytes: Uint8Array): void {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, bytes, 0, bytes.length, offset);
  closeSync(descriptor);
}

async function scanBy(threads: 1 | 2, path: string, options?: ScanOptions) {
  const ranges: DamagedBlocks[] = [];
  const add = (range: DamagedBlocks) => ranges.push(range);
  const result = await scanStampedFile(path, add, undefined, { ...options, threads });
  return { ...result, ranges };
}

describe.each([1, 2] as const)('scanStampedFile by %i', (threads) => {
  const scan = (path: string, options?: ScanOptions) => scanBy(threads, path, options);

  it.each([512, 4096, 2 ** 20])('finds nothing in a good file of blocks of %i', async (size) => {
    const path = await stamped({ blockBytes: size });
    const found = await scan(path);
    expect(found.ranges).toEqual([]);
    expect(found).toMatchObject({ generation: 7, checkedBytes: OPTIONS.sizeBytes });
    expect(found.stream).toMatchObject({ blockBytes: size, fileBytes: OPTIONS.sizeBytes });
    expect((await scan(path, { direct: true })).ranges).toEqual([]);
  });

  it('gives damaged blocks as ranges, joined across reads, to the cut end', async () => {
    const path = await stamped();
    const end = OPTIONS.sizeBytes;
    damage(path, 2 ** 20 - 1, Buffer.from('xx'));
    damage(path, 2 ** 21 + 4096 + 5, Buffer.from('x'));
    damage(path, end - 1, Buffer.from('x'));
    const { ranges, damagedBlocks } = await scan(path);
    expect(damagedBlocks).toBe(4);
    expect(ranges).toEqual([
      { firstBlock: 255, blocks: 2, offset: 255 * 4096, length: 8192 },
      { firstBlock: 513, blocks: 1, offset: 513 * 4096, length: 4096 },
      { firstBlock: 769, blocks: 1, offset: 769 * 4096, length: end - 769 * 4096 },
    ]);
  });

  it('knows the file though its beginning and blocks of another are in the way', async () => {
    const path = await stamped();
    const other = await stamped({ seed: 'two', blockBytes: 512 });
    damage(path, 0, readFileSync(other).subarray(0, 2 ** 20 + 4096));
    const { stream, ranges } = await scan(path);
    expect(stream.blockBytes).toBe(4096);
    expect(ranges).toEqual([{ firstBlock: 0, blocks: 257, offset: 0, length: 257 * 4096 }]);
  });

  it('learns the generation of most blocks, so that an old one is found', async () => {
    const path = await stamped();
    const old = readFileSync(await stamped({ generation: 6 }));
    damage(path, 0, old.subarray(0, 4096));
    const { generation, ranges } = await scan(path);
    expect(generation).toBe(7);
    expect(ranges).toMatchObject([{ firstBlock: 0, blocks: 1 }]);
  });

  it('knows a file whose data are all displaced', async () => {
    const path = freshPath();
    const good = readFileSync(await stamped());
    writeFileSync(path, Buffer.concat([Buffer.from('prefix'), good]));
    const { stream, damagedBlocks } = await scan(path);
    expect(stream).toMatchObject({ blockBytes: 4096, fileBytes: OPTIONS.sizeBytes });
    expect(damagedBlocks).toBe(770);
  });

  it('tells a truncated file from its stated length, and checks no further than that', async () => {
    const path = await stamped();
    truncateSync(path, 10_000);
    const short = await scan(path);
    expect(short).toMatchObject({ fileBytes: 10_000, checkedBytes: 10_000, ranges: [] });
    expect(short.stream.fileBytes).toBe(OPTIONS.sizeBytes);
    const long = await stamped({ sizeBytes: 9000 });
    damage(long, 9000, Buffer.alloc(5000));
    expect(await scan(long)).toMatchObject({ fileBytes: 14_000, checkedBytes: 9000, ranges: [] });
  });

  it('counts beyond 2^32 bytes: one block of a sparse file at 90 GiB', async () => {
    const path = await stamped({ sizeBytes: 4096 });
    const stream = (await scan(path)).stream;
    const sparse = freshPath();
    writeFileSync(sparse, '');
    const offset = 90 * 2 ** 30;
    const long = { ...stream, fileBytes: offset + 3 * 4096 };
    truncateSync(sparse, long.fileBytes);
    damage(sparse, offset + 4096, encodeBlocks(long, offset / 4096 + 1, 1, 7, 0n));
    const { ranges, checkedBytes } = await scan(sparse, { fromBytes: offset });
    expect(checkedBytes).toBe(3 * 4096);
    const firstBlock = offset / 4096;
    expect(ranges).toEqual([
      { firstBlock, blocks: 1, offset, length: 4096 },
      { firstBlock: firstBlock + 2, blocks: 1, offset: offset + 8192, length: 4096 },
    ]);
  });

  it('says that a file is absent, empty, not stamped or no file', async () => {
    const code = (path: string) => scan(path).catch((error) => error.code);
    expect(await code(join(folder, 'absent'))).toBe('no-such-file');
    expect(await code(folder)).toBe('not-readable');
    const path = freshPath();
    writeFileSync(path, '');
    expect(await code(path)).toBe('not-stamped');
    writeFileSync(path, Buffer.alloc(3 * 2 ** 20, 'other'));
    expect(await code(path)).toBe('not-stamped');
  });
});

describe('two threads', () => {
  it('tell what one tells, in its order, of more pieces than may wait', async () => {
    const sizeBytes = 150 * MIB + 700;
    const path = await stamped({ sizeBytes, blockBytes: 512 });
    // Every other block of a stretch, whole stretches, and single bytes at the ends of pieces.
    for (let at = 0; at < 3 * MIB; at += 1024) damage(path, 70 * MIB + at, Buffer.from('x'));
    damage(path, 5 * MIB - 3, Buffer.alloc(2 * MIB));
    damage(path, 128 * MIB - 1, Buffer.from('xx'));
    damage(path, sizeBytes - 1, Buffer.from('x'));
    const [one, two] = [await scanBy(1, path), await scanBy(2, path)];
    expect(two).toEqual(one);
    expect(one.ranges.length).toBeGreaterThan(3000);
    expect(one.ranges.map(({ offset }) => offset)).toEqual(
      one.ranges.map(({ offset }) => offset).toSorted((a, b) => a - b),
    );
  });

  it('all of a file is wrong: it is told in one range', async () => {
    const path = await stamped({ sizeBytes: 100 * MIB });
    const { stream } = await scanBy(1, path);
    const identity = { ...(await scanBy(1, path)), stream: { ...stream, hunt: stream.hunt + 1n } };
    const { ranges, damagedBlocks } = await scanBy(2, path, { identity });
    expect(damagedBlocks).toBe(25_600);
    expect(ranges).toEqual([{ firstBlock: 0, blocks: 25_600, offset: 0, length: 100 * MIB }]);
  });

  it('end with the reason of whoever stops them', async () => {
    const path = await stamped({ sizeBytes: 100 * MIB });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(scanBy(2, path, { signal })).rejects.toThrow('enough');
  });
});
