// Everything that is wrong in a read, as ranges of whole blocks: zeros told from other bytes, and
// what was not read at all.

import { expect, test } from 'vitest';
import type { StampStream } from '../../../src/domain/observation.ts';
import { createStampKernel } from '../../../src/stamp/kernel.ts';
import { wrongRanges } from '../../../src/workload/run-check.ts';

const BLOCK = 4096;
const BLOCKS = 8;
const STREAM: StampStream = {
  hunt: '0123456789abcdef',
  file: 3,
  writer: 0,
  blockBytes: BLOCK,
  pattern: 'alternating',
  fileBytes: 0,
};
const FIRST = 16;
const WRITTEN = { stream: STREAM, runs: [{ firstBlock: 0, blocks: 64, generation: 1 }] };

function written() {
  const kernel = createStampKernel(BLOCKS * BLOCK);
  kernel.use(STREAM);
  kernel.encode(0, FIRST, BLOCKS, 1, 0n);
  return kernel;
}

const at = (block: number) => (FIRST + block) * BLOCK;

test('nothing where all is as it was written', () => {
  expect(wrongRanges(written(), WRITTEN, FIRST, BLOCKS, BLOCKS * BLOCK)).toEqual([]);
});

test('neighbours are one range, and zeros are told from the rest', () => {
  const kernel = written();
  kernel.memory.fill(0, BLOCK, 3 * BLOCK);
  kernel.memory[3 * BLOCK + 100] = (kernel.memory[3 * BLOCK + 100] as number) ^ 1;
  kernel.memory.fill(0, 6 * BLOCK, 7 * BLOCK);
  expect(wrongRanges(kernel, WRITTEN, FIRST, BLOCKS, BLOCKS * BLOCK)).toEqual([
    { offset: at(1), length: 2 * BLOCK, zeros: true },
    { offset: at(3), length: BLOCK, zeros: false },
    { offset: at(6), length: BLOCK, zeros: true },
  ]);
});

test('what was not read is wrong, and not zeros', () => {
  expect(wrongRanges(written(), WRITTEN, FIRST, BLOCKS, 5 * BLOCK)).toEqual([
    { offset: at(5), length: 3 * BLOCK, zeros: false },
  ]);
});
