// Which cells fit a place: what is left out is counted with its reason, and nothing left is an
// error that says why.

import { describe, expect, test } from 'vitest';
import type { PlaceCapabilities } from '../../../src/domain/workload.ts';
import { expandPlan } from '../../../src/plan/expand.ts';
import { fitCells } from '../../../src/plan/fit.ts';
import { WORKLOADS } from '../../../src/workload/workloads.ts';
import { planOf, refusalOf } from './workshop.ts';

const ANY: PlaceCapabilities = { directAlignmentBytes: 512, directRefusal: null, client: null };
const BLOCKS_4K: PlaceCapabilities = {
  directAlignmentBytes: 4096,
  directRefusal: null,
  client: null,
};
const NO_DIRECT: PlaceCapabilities = {
  directAlignmentBytes: null,
  directRefusal: 'EINVAL',
  client: null,
};

const UNITS = planOf({
  arms: [
    { workload: 'mailbox', factors: { unit: ['512B', '4KiB'], writer: ['buffered', 'direct'] } },
  ],
});
const CELLS = expandPlan(UNITS, WORKLOADS);

describe('fitCells', () => {
  test('everything fits where everything is possible', () => {
    expect(fitCells(CELLS, WORKLOADS, { x: ANY }, 2 ** 30)).toEqual({ cells: CELLS, leftOut: [] });
  });

  test('O_DIRECT refused: the buffered cells stay, the others are counted', () => {
    const { cells, leftOut } = fitCells(CELLS, WORKLOADS, { x: NO_DIRECT }, 2 ** 30);
    expect(cells.map((cell) => cell.levels.writer)).toEqual(['buffered', 'buffered']);
    expect(leftOut).toEqual(['2 of 4 cells left out: O_DIRECT is refused here (EINVAL)']);
  });

  test('O_DIRECT with an alignment: what it does not divide is left out', () => {
    const { cells, leftOut } = fitCells(CELLS, WORKLOADS, { x: BLOCKS_4K }, 2 ** 30);
    expect(cells.length).toBe(3);
    expect(leftOut).toEqual(['1 of 4 cells left out: O_DIRECT takes only multiples of 4KiB here']);
  });

  test('each place answers for its own cells', () => {
    const plan = { ...UNITS, places: { x: '/x', y: '/y' } };
    const places = { x: ANY, y: NO_DIRECT };
    const { cells } = fitCells(expandPlan(plan, WORKLOADS), WORKLOADS, places, 2 ** 30);
    const direct = cells.filter((cell) => cell.levels.writer === 'direct');
    expect(direct.map((cell) => cell.levels.place)).toEqual(['x', 'x']);
    expect(cells.length).toBe(6);
  });

  test('what needs more than the space allowed is left out', () => {
    const plan = planOf({
      arms: [{ workload: 'roundtrip', factors: { size: ['64KiB', '16MiB'] } }],
    });
    const { cells, leftOut } = fitCells(
      expandPlan(plan, WORKLOADS),
      WORKLOADS,
      { x: ANY },
      8 * 2 ** 20,
    );
    expect(cells.map((cell) => cell.levels.size)).toEqual([65_536]);
    expect(leftOut).toEqual([
      '1 of 2 cells left out: they need more than 4MiB (of 8MiB allowed half is for evidence)',
    ]);
  });

  test('nothing left for want of space is no-space; of O_DIRECT, an impossible plan', () => {
    const small = refusalOf(() => fitCells(CELLS, WORKLOADS, { x: ANY }, 4096));
    expect(small.code).toBe('no-space');
    expect(small.message).toBe(
      'nothing can be tried here: 4 of 4 cells left out: they need more than 2KiB ' +
        '(of 4KiB allowed half is for evidence)',
    );
    const direct = CELLS.filter((cell) => cell.levels.writer === 'direct');
    const refused = refusalOf(() => fitCells(direct, WORKLOADS, { x: NO_DIRECT }, 2 ** 30));
    expect(refused.code).toBe('impossible-constraint');
    expect(refused.message).toContain('O_DIRECT is refused here (EINVAL)');
  });
});
