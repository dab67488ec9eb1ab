// --only and --factor: what they keep and replace, that a replay command picks its cell alone, and
// that slips are named.

import { describe, expect, test } from 'vitest';
import { expandPlan } from '../../../src/plan/expand.ts';
import { onlyCells, onlyOptions, withFactors } from '../../../src/plan/only.ts';
import { PRESETS } from '../../../src/plan/presets.ts';
import { WORKLOADS } from '../../../src/workload/workloads.ts';
import { planOf, refusalOf } from './workshop.ts';

const SURVEY = planOf(PRESETS.survey as never);
const CELLS = expandPlan(SURVEY, WORKLOADS);

function only(...wanted: string[]) {
  return onlyCells(CELLS, wanted, WORKLOADS);
}

describe('--only', () => {
  test('keeps the cells with the level, indices unchanged', () => {
    const kept = only('workload=mailbox', 'unit=16KiB');
    expect(kept.length).toBe(4);
    for (const cell of kept) {
      expect(cell).toBe(CELLS[cell.index]);
      expect(cell.levels).toMatchObject({ workload: 'mailbox', unit: 16_384 });
    }
  });

  test('a level that only one of several workloads has is no mistake', () => {
    const kept = only('writer=direct');
    expect(new Set(kept.map((cell) => cell.levels.workload))).toEqual(new Set(['mailbox']));
    expect(new Set(only('sync=fsync').map((cell) => cell.levels.workload))).toEqual(
      new Set(['roundtrip']),
    );
  });

  test('a default counts as the level', () => {
    expect(only('sync=false').every((cell) => cell.levels.sync === undefined)).toBe(true);
    expect(only('program=builtin').length).toBe(12);
  });

  test.each(['survey', 'torn', 'roundtrip'])(
    'the replay options of every cell of %s pick this cell alone',
    (preset) => {
      const cells = expandPlan(planOf(PRESETS[preset] as never), WORKLOADS);
      for (const cell of cells.filter((_, at) => at % 17 === 0 || cells.length < 60)) {
        const options = onlyOptions(cell.levels, WORKLOADS).split(' ');
        const wanted = options.filter((word) => word !== '--only');
        expect(onlyCells(cells, wanted, WORKLOADS)).toEqual([cell]);
      }
    },
  );

  test('slips are named', () => {
    expect(refusalOf(() => only('unti=4KiB')).message).toMatch(
      /has a factor "unti"; did you mean "unit"\?/,
    );
    expect(refusalOf(() => only('unit=4kB')).message).toContain('--only unit: "4kB" is not a size');
    expect(refusalOf(() => only('mode=dirct')).message).toContain('did you mean "direct"?');
    expect(refusalOf(() => only('unit')).message).toContain('--only takes FACTOR=LEVEL');
    expect(refusalOf(() => only('unit=')).code).toBe('invalid-option');
    expect(refusalOf(() => only('=4KiB')).code).toBe('invalid-option');
  });

  test('a level that no cell has is refused with those there are', () => {
    const error = refusalOf(() => only('workload=mailbox', 'unit=8KiB'));
    expect(error).toMatchObject({ code: 'unknown-level', exitCode: 2 });
    expect(error.message).toBe(
      'no cell of the plan has --only unit=8KiB (levels of unit left in it: 4KiB, 16KiB, 64KiB)',
    );
    expect(refusalOf(() => only('place=x')).message).toContain(
      '(levels of place left in it: none)',
    );
  });
});

describe('--factor', () => {
  test('replaces the levels in every arm that has the factor, once each', () => {
    const plan = withFactors(SURVEY, ['unit=8KiB,8192,32KiB'], WORKLOADS);
    const mailboxes = plan.arms.filter((arm) => arm.workload === 'mailbox');
    expect(mailboxes.map((arm) => arm.factors.unit)).toEqual([
      [8192, 32_768],
      [8192, 32_768],
    ]);
    expect(plan.arms.find((arm) => arm.workload === 'append')).toEqual(
      SURVEY.arms.find((arm) => arm.workload === 'append'),
    );
    expect(SURVEY.arms[1]?.factors.unit).toEqual([4096, 16_384, 65_536]);
  });

  test('a level that only one of several workloads has goes to that one', () => {
    const plan = withFactors(SURVEY, ['writer=sync'], WORKLOADS);
    const writers = plan.arms.map((arm) => [arm.workload, arm.factors.writer]);
    expect(writers).toContainEqual(['mailbox', ['sync']]);
    expect(writers).toContainEqual(['append', undefined]);
  });

  test('slips are named', () => {
    const refused = (text: string) => refusalOf(() => withFactors(SURVEY, [text], WORKLOADS));
    expect(refused('patern=ones').message).toMatch(/did you mean "pattern"\?/);
    expect(refused('pattern=one').message).toContain('did you mean "ones"?');
    expect(refused('pattern').message).toContain('--factor takes FACTOR=LEVEL');
    expect(refused('unit=4KiB,').message).toContain('--factor unit: "" is not a size');
  });

  test('factors of workloads that are not in the plan are not offered', () => {
    const plan = planOf({ arms: [{ workload: 'append' }] });
    const error = refusalOf(() => withFactors(plan, ['unit=4KiB'], WORKLOADS));
    expect(error.message).toContain('(factors: writers, record, records, writer, stop');
  });
});
