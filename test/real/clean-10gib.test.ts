// The negative control of the checker itself: 10 GiB of clean data, of every pattern and several
// block sizes, give no finding. Written and checked on tmpfs, one GiB at a time.

import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { verifyFile } from '../../src/diagnose/files.ts';
import { PATTERNS } from '../../src/domain/observation.ts';
import { writeStampedFile } from '../../src/stamp/stamped-file.ts';

const GIB = 2 ** 30;
const MEMORY = statfsSync('/dev/shm');
const roomy = MEMORY.bavail * MEMORY.bsize > 2 * GIB;
const folder = mkdtempSync(join(roomy ? '/dev/shm' : '.', 'heisenwrite-clean-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Ten files of 1 GiB: each pattern once, and the default pattern with other block sizes. */
const FILES = [
  ...PATTERNS.map((pattern) => ({ pattern, blockBytes: 4096 })),
  { pattern: 'stamp' as const, blockBytes: 512 },
  { pattern: 'stamp' as const, blockBytes: GIB / 1024 },
];

test.each(FILES)('1 GiB of $pattern in blocks of $blockBytes', async (file) => {
  const path = join(folder, `${file.pattern}-${file.blockBytes}`);
  await writeStampedFile(path, { ...file, sizeBytes: GIB, generation: 7 });
  const result = await verifyFile(path);
  expect(result).toMatchObject({ verdict: 'clean', bytes: GIB, damage: [], signature: null });
  rmSync(path);
});

test('the files are 10 GiB together', () => {
  expect(FILES.length * GIB).toBe(10 * GIB);
});
