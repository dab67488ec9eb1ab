// Nothing is found where nothing was done: every word of every pattern, through the same scan as
// `verify` of a file of any length.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { diagnoseFiles, verifyFile } from '../../src/diagnose/files.ts';
import { PATTERNS } from '../../src/domain/observation.ts';
import { writeStampedFile } from '../../src/stamp/stamped-file.ts';
import { scratch } from './damaged-files.ts';

const files = scratch();
afterAll(files.remove);

const SIZE = 64 * 2 ** 20 + 777;

describe('files as they were stamped', () => {
  it.each(PATTERNS)('64 MiB of pattern %s', { timeout: 60_000 }, async (pattern) => {
    const path = join(files.folder, pattern);
    const options = { sizeBytes: SIZE, blockBytes: 4096, generation: 16_385, pattern };
    await writeStampedFile(path, options);
    expect(await verifyFile(path)).toMatchObject({ verdict: 'clean', bytes: SIZE, damage: [] });
    expect(await diagnoseFiles(path, path)).toMatchObject({ verdict: 'clean', damage: [] });
    rmSync(path);
  });

  it('any size, block, generation and pattern', { timeout: 60_000 }, async () => {
    const options = fc.record({
      sizeBytes: fc.integer({ min: 64, max: 300_000 }),
      blockBytes: fc.integer({ min: 9, max: 20 }).map((shift) => 2 ** shift),
      generation: fc.nat(40_000),
      pattern: fc.constantFrom(...PATTERNS),
    });
    let number = 0;
    await fc.assert(
      fc.asyncProperty(options, async (one) => {
        const path = join(files.folder, `any-${number++}`);
        await writeStampedFile(path, one);
        const found = await verifyFile(path);
        expect(found).toMatchObject({ verdict: 'clean', damage: [], damageNotListed: 0 });
        rmSync(path);
      }),
      { numRuns: 60 },
    );
  });
});
