// A stamped file that was begun is gone on with to the same bytes; what is not an intact beginning
// of what is asked for is left as it stands.

import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, it } from 'vitest';
import { resumeStampedFile } from '../../../src/stamp/stamp-resumption.ts';
import { type StampedFileOptions, writeStampedFile } from '../../../src/stamp/stamped-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'resumed-'));
afterAll(() => rmSync(folder, { recursive: true }));

const SIZE = 3 * 2 ** 20 + 5000;
const OPTIONS: StampedFileOptions = {
  sizeBytes: SIZE,
  blockBytes: 4096,
  generation: 7,
  pattern: 'stamp',
};
let files = 0;
const freshPath = () => join(folder, `file-${files++}`);

async function begun(bytes: number, seed?: string): Promise<{ path: string; whole: Buffer }> {
  const path = freshPath();
  await writeStampedFile(path, { ...OPTIONS, seed });
  const whole = readFileSync(path);
  truncateSync(path, bytes);
  return { path, whole };
}

// A header, inside a block, at a multiple of the writes, one byte short, and all of it.
it.each([64, 5001, 2 ** 21, SIZE - 1, SIZE])('goes on after %i bytes', async (bytes) => {
  for (const seed of ['one', undefined]) {
    const { path, whole } = await begun(bytes, seed);
    // Without a seed, hunt and time are new: they are taken from what stands there.
    const { stoodBytes } = await resumeStampedFile(path, { ...OPTIONS, seed });
    expect(stoodBytes).toBe(bytes);
    expect(readFileSync(path).equals(whole)).toBe(true);
  }
});

it('begins where nothing is there', async () => {
  const path = freshPath();
  const { stoodBytes } = await resumeStampedFile(path, { ...OPTIONS, seed: 'one' });
  expect(stoodBytes).toBe(0);
  expect(readFileSync(path).equals((await begun(0, 'one')).whole)).toBe(true);
});

it.each([
  [{ sizeBytes: SIZE + 1 }, 'size'],
  [{ blockBytes: 512 }, 'block size'],
  [{ generation: 8 }, 'generation'],
  [{ pattern: 'text' as const }, 'pattern'],
  [{ seed: 'two' }, 'hunt'],
])('leaves alone what has another %j', async (other, word) => {
  const { path } = await begun(2 ** 20, 'one');
  const before = readFileSync(path);
  const refused = resumeStampedFile(path, { ...OPTIONS, seed: 'one', ...other });
  await expect(refused).rejects.toMatchObject({ code: 'file-exists' });
  await expect(refused).rejects.toThrow(word);
  expect(readFileSync(path).equals(before)).toBe(true);
});

it('leaves alone what is damaged, longer, too short, or not stamped', async () => {
  const { path, whole } = await begun(2 ** 21, 'one');
  const damaged = Buffer.from(whole.subarray(0, 2 ** 21));
  damaged.fill(0, 2 ** 21 - 4096);
  const cases: [Buffer, string][] = [
    [damaged, 'file-exists'],
    [Buffer.concat([whole, Buffer.from('x')]), 'file-exists'],
    [Buffer.alloc(0), 'file-exists'],
    [Buffer.from('mine'.repeat(100)), 'not-stamped'],
  ];
  for (const [bytes, code] of cases) {
    writeFileSync(path, bytes);
    await expect(resumeStampedFile(path, { ...OPTIONS, seed: 'one' })).rejects.toMatchObject({
      code,
    });
    expect(readFileSync(path).equals(bytes)).toBe(true);
  }
});

it('survives `kill -9`: what stood is an intact beginning', { timeout: 60_000 }, async () => {
  const path = freshPath();
  const sizeBytes = 512 * 2 ** 20;
  const source = new URL('../../../src/stamp/stamped-file.ts', import.meta.url).pathname;
  const options = { ...OPTIONS, sizeBytes, seed: 'one' };
  const script = `import { writeStampedFile } from '${source}';
    const onProgress = (done) => done >= ${64 * 2 ** 20} && process.kill(process.pid, 'SIGKILL');
    await writeStampedFile('${path}', { ...${JSON.stringify(options)}, onProgress });`;
  const killed = await execa(process.execPath, ['--input-type=module'], {
    input: script,
    reject: false,
  });
  expect(killed.signal).toBe('SIGKILL');
  const { stoodBytes } = await resumeStampedFile(path, options);
  expect(stoodBytes).toBeGreaterThanOrEqual(64 * 2 ** 20);
  expect(stoodBytes).toBeLessThan(sizeBytes);
  const scan = await resumeStampedFile(path, options);
  expect(scan.stoodBytes).toBe(sizeBytes);
  rmSync(path);
});
