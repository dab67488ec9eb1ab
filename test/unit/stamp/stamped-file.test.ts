// Stamped files on a real file system: written, damaged, scanned; the errors that a user can meet.

import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import type { DamagedBlocks } from '../../../src/stamp/block-check.ts';
import { encodeBlocks, readHeader } from '../../../src/stamp/reference.ts';
import {
  type ScanOptions,
  type StampedFileOptions,
  scanStampedFile,
  writeStampedFile,
} from '../../../src/stamp/stamped-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'stamped-'));
afterAll(() => rmSync(folder, { recursive: true }));

const OPTIONS: StampedFileOptions = {
  sizeBytes: 3 * 2 ** 20 + 5000,
  blockBytes: 4096,
  generation: 7,
  pattern: 'stamp',
  seed: 'one',
};
let files = 0;
const freshPath = () => join(folder, `file-${files++}`);

async function stamped(options: Partial<StampedFileOptions> = {}): Promise<string> {
  const path = freshPath();
  await writeStampedFile(path, { ...OPTIONS, ...options });
  return path;
}

async function scan(path: string, options?: ScanOptions) {
  const ranges: DamagedBlocks[] = [];
  const result = await scanStampedFile(path, (range) => ranges.push(range), undefined, options);
  return { ...result, ranges };
}

function damage(path: string, offset: number, bytes: Uint8Array): void {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, bytes, 0, bytes.length, offset);
  closeSync(descriptor);
}

describe('writeStampedFile', () => {
  it('writes the bytes of the reference, with time 0 when there is a seed', async () => {
    const path = freshPath();
    const stream = await writeStampedFile(path, OPTIONS);
    const blocks = Math.ceil(OPTIONS.sizeBytes / 4096);
    const reference = encodeBlocks(stream, 0, blocks, 7, 0n).subarray(0, OPTIONS.sizeBytes);
    expect(Buffer.compare(readFileSync(path), reference)).toBe(0);
  });

  it('is fixed by the seed, changed by it, and new without one', async () => {
    const read = async (seed: string | undefined) =>
      readFileSync(await stamped({ seed, sizeBytes: 8192 }));
    expect(await read('one')).toEqual(await read('one'));
    expect(await read('one')).not.toEqual(await read('two'));
    const [first, second] = [await read(undefined), await read(undefined)];
    expect(readHeader(first, 0)?.hunt).not.toBe(readHeader(second, 0)?.hunt);
    expect(readHeader(first, 0)?.timeNs).toBeGreaterThan(0n);
  });

  it('writes the same past the cache', async () => {
    const direct = readFileSync(await stamped({ direct: true }));
    expect(Buffer.compare(direct, readFileSync(await stamped()))).toBe(0);
  });

  it('overwrites nothing', async () => {
    const path = freshPath();
    writeFileSync(path, 'mine');
    await expect(writeStampedFile(path, OPTIONS)).rejects.toMatchObject({ code: 'file-exists' });
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  it('says what is wrong with an absent directory, a size or a block size', async () => {
    const lost = join(folder, 'absent', 'file');
    await expect(writeStampedFile(lost, OPTIONS)).rejects.toMatchObject({ code: 'no-such-place' });
    for (const wrong of [{ sizeBytes: 0 }, { sizeBytes: 2 ** 44 }, { blockBytes: 1000 }]) {
      await expect(stamped(wrong)).rejects.toMatchObject({ code: 'invalid-size' });
    }
    await expect(stamped({ generation: -1 })).rejects.toMatchObject({ code: 'invalid-option' });
  });

  it('keeps the intact beginning when it is interrupted', async () => {
    const path = freshPath();
    const signal = AbortSignal.abort();
    await expect(writeStampedFile(path, { ...OPTIONS, signal })).rejects.toThrow('abort');
    const begun = readFileSync(path);
    expect(begun).toHaveLength(2 ** 20);
    expect(
      readFileSync(await stamped())
        .subarray(0, 2 ** 20)
        .equals(begun),
    ).toBe(true);
  });

  const source = new URL('../../../src/stamp/stamped-file.ts', import.meta.url).pathname;
  const script = (path: string) => `import { existsSync } from 'node:fs';
    import { writeStampedFile } from '${source}';
    const error = await writeStampedFile('${path}', { sizeBytes: ${8 * 2 ** 20},
      blockBytes: 4096, generation: 1, pattern: 'stamp' }).catch((error) => error);
    console.log(error.code, error.remedy, existsSync('${path}'));`;

  it('removes the unfinished file when it may not grow', async () => {
    const command = `ulimit -f 2048; exec "${process.execPath}" --input-type=module`;
    const { stdout } = await execa('bash', ['-c', command], { input: script(freshPath()) });
    expect(stdout).toMatch(/^write-failed .*ulimit -f.* false$/);
  });

  it.skipIf(process.getuid?.() !== 0)('removes it when the space is used up', async () => {
    // A file system of 4 MiB in a mount namespace of its own, which ends with the command.
    const command = `mount -t tmpfs -o size=4m none ${folder} &&
      exec "${process.execPath}" --input-type=module`;
    const { stdout } = await execa('unshare', ['-m', 'bash', '-c', command], {
      input: script(freshPath()),
    });
    expect(stdout).toMatch(/^no-space .*smaller --size.* false$/);
  });
});

describe('scanStampedFile', () => {
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
