// The generation map against a naive model: an array of blocks, changed one by one.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GenerationMap } from '../../../src/workload/generation-map.ts';

interface Block {
  readonly generation: number;
  readonly writer: number;
}

const BLOCKS = 24;
const CHANGE = fc.oneof(
  fc.record({
    first: fc.nat(BLOCKS - 1),
    blocks: fc.integer({ min: 0, max: BLOCKS }),
    generation: fc.integer({ min: 1, max: 3 }),
    writer: fc.nat(2),
  }),
  fc.record({ cut: fc.nat(BLOCKS) }),
);

test('runs say of every block what was last done to it', () => {
  fc.assert(
    fc.property(fc.array(CHANGE, { maxLength: 12 }), (changes) => {
      const map = new GenerationMap(BLOCKS);
      const model = Array.from({ length: BLOCKS }, (): Block => ({ generation: 0, writer: 0 }));
      for (const change of changes) {
        if ('cut' in change) {
          map.cut(change.cut);
          model.fill({ generation: 0, writer: 0 }, change.cut);
        } else {
          const { first, generation, writer } = change;
          const blocks = Math.min(change.blocks, BLOCKS - first);
          map.mark(first, blocks, generation, writer);
          model.fill({ generation, writer }, first, first + blocks);
        }
      }
      const said = Array.from({ length: BLOCKS }, (): Block => ({ generation: 0, writer: 0 }));
      const runs = map.runs();
      for (const { firstBlock, blocks, generation, writer = -1 } of runs) {
        expect(blocks).toBeGreaterThan(0);
        said.fill({ generation, writer }, firstBlock, firstBlock + blocks);
      }
      expect(said).toEqual(model);
      // Ascending, and maximal: two that touch differ.
      runs.slice(1).forEach((run, at) => {
        const before = runs[at] as (typeof runs)[number];
        const end = before.firstBlock + before.blocks;
        expect(run.firstBlock).toBeGreaterThanOrEqual(end);
        if (run.firstBlock === end) {
          expect([run.generation, run.writer]).not.toEqual([before.generation, before.writer]);
        }
      });
    }),
  );
});

test('a file of which nothing was written has no runs', () => {
  expect(new GenerationMap(5).runs()).toEqual([]);
  expect(new GenerationMap(0).runs()).toEqual([]);
});
