// Stamped files on a real file system: how they are written, and the errors that a user can meet.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { encodeBlocks, readHeader } from '../../../src/stamp/reference.ts';
import { writeStampedFile } from '../../../src/stamp/stamped-file.ts';
import { OPTIONS, stampedScratch } from './stamped-scratch.ts';

const { folder, freshPath, stamped } = stampedScratch();

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
