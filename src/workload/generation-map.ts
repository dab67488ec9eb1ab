// Which generation and writer each block of a file was last written with: what a check expects.

import type { GenerationRun } from '../domain/observation.ts';

/** Blocks of generation 0 were never written, or were cut off: a hole, which reads as zeros. */
export class GenerationMap {
  private readonly generations: Uint32Array;
  private readonly writers: Uint8Array;

  constructor(blocks: number) {
    this.generations = new Uint32Array(blocks);
    this.writers = new Uint8Array(blocks);
  }

  mark(firstBlock: number, blocks: number, generation: number, writer: number): void {
    this.generations.fill(generation, firstBlock, firstBlock + blocks);
    this.writers.fill(writer, firstBlock, firstBlock + blocks);
  }

  /** Everything from this block on is cut off (and stretched back as a hole). */
  cut(fromBlock: number): void {
    this.generations.fill(0, fromBlock);
    this.writers.fill(0, fromBlock);
  }

  /** Maximal runs of one generation and writer, ascending; holes are not listed. */
  runs(): GenerationRun[] {
    const runs: GenerationRun[] = [];
    let first = 0;
    for (let block = 1; block <= this.generations.length; block++) {
      const generation = this.generations[first] as number;
      const writer = this.writers[first] as number;
      const same = this.generations[block] === generation && this.writers[block] === writer;
      if (same) continue;
      if (generation > 0)
        runs.push({ firstBlock: first, blocks: block - first, generation, writer });
      first = block;
    }
    return runs;
  }
}

/** The largest block up to 4 KiB that divides the I/O, so that every write carries whole blocks. */
export function blockBytesOf(ioBytes: number): number {
  let block = 4096;
  while (ioBytes % block !== 0) block /= 2;
  return block;
}
