// Which cells stand for a failure: those inside of the claim, the surest first, the best few of
// them.

import { describe, expect, test } from 'vitest';
import type { CellReport, HuntReport } from '../../../src/domain/hunt-report.ts';
import type { Isolation } from '../../../src/domain/isolation.ts';
import { fewBest, guiltyCells } from '../../../src/isolate/guilty-cells.ts';
import { cellReport } from '../../fixtures/report/builder.ts';

function cell(index: number, damaged: number, trials: number, mode: string): CellReport {
  return cellReport(index, { levels: { workload: 'w', mode }, trials, damaged });
}

function guilty(cells: readonly CellReport[], claim: Isolation['claim'] = 'none', mode = 'a') {
  const literals = [{ factor: 'mode', levels: [mode] }];
  const isolation = { claim, causes: [{ literals }] } as unknown as Isolation;
  return guiltyCells({ cells, isolation } as Pick<HuntReport, 'cells' | 'isolation'>);
}

describe('guiltyCells', () => {
  const CELLS = [
    cell(0, 1, 1, 'a'),
    cell(1, 9, 20, 'a'),
    cell(2, 0, 20, 'a'),
    cell(3, 15, 20, 'b'),
  ];

  test('every one has failed, and what failed surely comes before what failed once', () => {
    expect(guilty(CELLS).map(({ index }) => index)).toEqual([3, 1, 0]);
  });

  test('those inside of the claim, where there is one', () => {
    expect(guilty(CELLS, 'needs').map(({ index }) => index)).toEqual([1, 0]);
    expect(guilty(CELLS, 'raises', 'b').map(({ index }) => index)).toEqual([3]);
  });

  test('a claim that no failing cell is inside of does not leave nothing', () => {
    expect(guilty(CELLS, 'needs', 'c').length).toBe(3);
  });

  test('trials that could not be judged are in no count; failed ones are failures', () => {
    const one = { ...cell(0, 2, 10, 'a'), failed: 1, unknown: 4 };
    expect(guilty([one])[0]).toMatchObject({ trials: 6, failures: 3 });
  });

  test('without a failure there is none', () => {
    expect(guilty([cell(0, 0, 10, 'a')])).toEqual([]);
  });
});

describe('fewBest', () => {
  test('at most four, and none that fails far more seldom than the best', () => {
    const many = guilty([0, 1, 2, 3, 4, 5].map((index) => cell(index, 10, 20, 'a')));
    expect(fewBest(many).length).toBe(4);
    const mixed = guilty([cell(0, 10, 20, 'a'), cell(1, 1, 20, 'a'), cell(2, 9, 20, 'a')]);
    expect(fewBest(mixed).map(({ index }) => index)).toEqual([0, 2]);
  });

  test('all where none has failed, and none of none', () => {
    const clean = [0, 1, 2, 3, 4].map((index) => ({ index, failures: 0, trials: 5 }));
    expect(fewBest(clean)).toEqual(clean);
    expect(fewBest([])).toEqual([]);
  });
});
