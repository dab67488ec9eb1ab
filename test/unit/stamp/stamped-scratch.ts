// Stamped files in a folder of their own, which goes with the tests that made it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type StampedFileOptions, writeStampedFile } from '../../../src/stamp/stamped-file.ts';

export const OPTIONS: StampedFileOptions = {
  sizeBytes: 3 * 2 ** 20 + 5000,
  blockBytes: 4096,
  generation: 7,
  pattern: 'stamp',
  seed: 'one',
};

/** To be called once in a test file. */
export function stampedScratch() {
  const folder = mkdtempSync(join(tmpdir(), 'stamped-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  let files = 0;
  const freshPath = () => join(folder, `file-${files++}`);
  const stamped = async (options: Partial<StampedFileOptions> = {}): Promise<string> => {
    const path = freshPath();
    await writeStampedFile(path, { ...OPTIONS, ...options });
    return path;
  };
  return { folder, freshPath, stamped };
}
