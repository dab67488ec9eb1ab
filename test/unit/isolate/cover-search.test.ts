// Causes told apart cell by cell, where failures are frequent: on the table of torn reads of ext4
// and XFS, and on tables whose causes are known.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import type { Levels } from '../../../src/domain/cell.ts';
import type { CellCounts } from '../../../src/isolate/cell-counts.ts';
import { literalsOf } from '../../../src/isolate/conjunction.ts';
import { proposeCauses, scoreCauses } from '../../../src/isolate/cover-search.ts';
import {
  conjunction,
  countsOf,
  literalsName,
  type VirtualPlan,
  virtualPlan,
} from './virtual-plan.ts';

function causesIn(plan: VirtualPlan, counts: CellCounts): string[] {
  const { causes } = proposeCauses(plan.space, counts);
  return causes.map((cause) => literalsName(literalsOf(cause, plan.space))).toSorted();
}

/** `trials` of each cell, which fails at the rate of its levels. */
function drawn(
  plan: VirtualPlan,
  trials: number,
  rate: (levels: Levels) => number,
  seed: string,
): CellCounts {
  const rng = createRng(seed);
  return countsOf(plan, (levels) => {
    const failed = Array.from({ length: trials }, () => rng.uniform() < rate(levels));
    return [failed.filter(Boolean).length, trials];
  });
}

const KIB = 1024;
const TORN = virtualPlan(
  {
    place: ['ext4', 'xfs'],
    unit: [4 * KIB, 16 * KIB, 64 * KIB],
    chunk: [0, 512],
    writer: ['buffered', 'direct'],
    reader: ['buffered', 'direct'],
  },
  { ordered: ['unit', 'chunk'] },
);
const TORN_CAUSES = [
  'chunk=512',
  'place=ext4 and reader=buffered and writer=buffered',
  'reader=buffered and unit=16384|65536 and writer=direct',
];

/** As measured: a unit in pieces always tears; a whole one where pages are read without a lock. */
function tornRate({ place, unit, chunk, writer, reader }: Levels): number {
  if (chunk === 512) return 1;
  if (reader === 'direct') return 0;
  if (writer === 'direct')
    return Number(unit) === 4 * KIB ? 0 : Number(unit) === 16 * KIB ? 0.7 : 1;
  if (place !== 'ext4') return 0;
  return Number(unit) === 4 * KIB ? 0.35 : 0.95;
}

describe('torn reads on ext4 and XFS', () => {
  test.each(['a', 'b', 'c', 'd', 'e', 'f'])(
    'twelve trials of each cell: three causes (%s)',
    (seed) => {
      expect(causesIn(TORN, drawn(TORN, 12, tornRate, seed))).toEqual(TORN_CAUSES);
    },
  );

  test('near miss: XFS alone has two', () => {
    const xfs = virtualPlan(
      {
        unit: [4 * KIB, 16 * KIB, 64 * KIB],
        chunk: [0, 512],
        writer: ['buffered', 'direct'],
        reader: ['buffered', 'direct'],
      },
      { ordered: ['unit', 'chunk'] },
    );
    const counts = drawn(xfs, 12, (levels) => tornRate({ ...levels, place: 'xfs' }), 'xfs');
    expect(causesIn(xfs, counts)).toEqual([TORN_CAUSES[0], TORN_CAUSES[2]]);
  });

  test('near miss: a medium that keeps its promise has the writer alone to blame', () => {
    const counts = drawn(TORN, 12, ({ chunk }) => (chunk === 512 ? 1 : 0), 'kept');
    expect(causesIn(TORN, counts)).toEqual(['chunk=512']);
  });

  test('cells that were not tried yet change nothing', () => {
    const all = drawn(TORN, 12, tornRate, 'a');
    const counts = countsOf(TORN, (levels) => {
      const cell = TORN.cells.findIndex((each) => each.levels === levels);
      const untried = levels.chunk === 512 && levels.unit === 64 * KIB;
      return untried ? [0, 0] : [all.failures[cell] as number, 12];
    });
    expect(causesIn(TORN, counts)).toEqual(TORN_CAUSES);
  });
});

const PLAN = virtualPlan(
  { kernel: ['5.0', '5.1', '5.2'], sync: ['sync', 'async'], size: [1, 4, 16], mode: ['b', 'd'] },
  { ordered: ['size'] },
);
const always = (fails: (levels: Levels) => boolean) =>
  countsOf(PLAN, (levels) => [fails(levels) ? 8 : 0, 8]);

describe('proposeCauses', () => {
  test.each<[string, (levels: Levels) => boolean]>([
    ['sync=async', ({ sync }) => sync === 'async'],
    ['kernel=5.1 and sync=async', ({ kernel, sync }) => kernel === '5.1' && sync === 'async'],
    ['kernel=5.0|5.2', ({ kernel }) => kernel !== '5.1'],
    ['size=4|16 and sync=async', ({ size, sync }) => Number(size) >= 4 && sync === 'async'],
    [
      'kernel=5.1 and mode=d and size=1',
      ({ kernel, mode, size }) => {
        return kernel === '5.1' && mode === 'd' && size === 1;
      },
    ],
  ])('without noise a single cause is one: %s', (name, fails) => {
    expect(causesIn(PLAN, always(fails))).toEqual([name]);
  });

  test('two causes, also where they overlap', () => {
    const fails = ({ kernel, sync, mode, size }: Levels) =>
      (kernel === '5.1' && sync === 'async') || (mode === 'd' && size === 16);
    expect(causesIn(PLAN, always(fails))).toEqual([
      'kernel=5.1 and sync=async',
      'mode=d and size=16',
    ]);
  });

  test('whatever single cause there is, it is that one', () => {
    const literals = fc.record<Record<string, readonly (string | number)[]>>(
      {
        kernel: fc.constantFrom(['5.0'], ['5.1'], ['5.1', '5.2']),
        sync: fc.constantFrom(['sync'], ['async']),
        size: fc.constantFrom([1], [16], [4, 16]),
        mode: fc.constantFrom(['b'], ['d']),
      },
      { requiredKeys: [] },
    );
    const wanted = literals.filter((each) => [1, 2, 3].includes(Object.keys(each).length));
    fc.assert(
      fc.property(wanted, (cause) => {
        const counts = always((levels) =>
          Object.entries(cause).every(([name, all]) => all.includes(levels[name] as string)),
        );
        const named = literalsOf(conjunction(PLAN.space, cause), PLAN.space);
        expect(causesIn(PLAN, counts)).toEqual([literalsName(named)]);
      }),
      { numRuns: 25 },
    );
  });

  test('everything fails: no factor, and not six causes that cover all of it', () => {
    expect(
      causesIn(
        PLAN,
        always(() => true),
      ),
    ).toEqual(['']);
    const often = drawn(PLAN, 20, () => 0.4, 'often');
    expect(causesIn(PLAN, often)).toEqual(['']);
  });

  test('nothing failed: no cause', () => {
    expect(
      proposeCauses(
        PLAN.space,
        always(() => false),
      ),
    ).toEqual({ causes: [], score: 0 });
  });

  test('one stray failure among hundreds of clean trials is no cause', () => {
    const counts = countsOf(PLAN, ({ kernel, sync, size, mode }) => {
      const stray = kernel === '5.0' && sync === 'sync' && size === 1 && mode === 'b';
      return [stray ? 1 : 0, 400];
    });
    expect(causesIn(PLAN, counts)).toEqual([]);
  });
});

describe('scoreCauses', () => {
  test('is the score with which they were proposed, and no other causes have a higher one', () => {
    for (const [plan, counts] of [
      [TORN, drawn(TORN, 12, tornRate, 'a')],
      [PLAN, drawn(PLAN, 10, ({ sync }) => (sync === 'async' ? 0.5 : 0.01), 'noisy')],
    ] as const) {
      const { causes, score } = proposeCauses(plan.space, counts);
      expect(scoreCauses(plan.space, counts, causes)).toBeCloseTo(score, 8);
      for (let without = 0; without < causes.length; without++) {
        const fewer = causes.filter((_, at) => at !== without);
        expect(scoreCauses(plan.space, counts, fewer)).toBeLessThan(score);
      }
    }
  });
});
