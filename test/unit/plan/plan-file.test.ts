// A plan written to a file is the same plan when it is read again, to the byte of every level.

import { expect, test } from 'vitest';
import { normalisePlan } from '../../../src/plan/define-plan.ts';
import { expandPlan } from '../../../src/plan/expand.ts';
import { armOf, planFile } from '../../../src/plan/plan-file.ts';
import { PRESETS } from '../../../src/plan/presets.ts';
import { WORKLOADS } from '../../../src/workload/workloads.ts';
import { planOf } from './workshop.ts';

const readAgain = (plan: Parameters<typeof planFile>[0]) =>
  normalisePlan(JSON.parse(JSON.stringify(planFile(plan, WORKLOADS))), 'file', WORKLOADS);

test.each(Object.keys(PRESETS))('the preset %s', (name) => {
  const plan = { ...planOf(PRESETS[name] as never), places: { a: '/mnt/a', b: '/mnt/b' } };
  expect(readAgain(plan)).toEqual(plan);
});

test('levels that no unit divides, limits, constraints and flags', () => {
  const plan = planOf({
    arms: [
      {
        workload: 'mailbox',
        factors: { unit: 65_536, stall: 1.5, time: 61_234, readers: [1, 3] },
        constraints: ['readers <= 3'],
      },
      { workload: 'replace', factors: { sync: [true, false] } },
    ],
    schedule: 'adaptive',
    stop: { for: '1234.5ms', trials: 7, findings: 1, isolated: true },
  });
  expect(readAgain(plan)).toEqual(plan);
});

test('a balanced plan is written without an end that a balanced hunt never reaches', () => {
  const arms = [{ workload: 'append' }];
  const plan = planOf({ arms, schedule: 'balanced', stop: { isolated: true } });
  expect(readAgain(plan)).toEqual({ ...plan, stop: { ...plan.stop, isolated: false } });
});

test('the arm of a cell has this cell alone, without its place', () => {
  const levels = { workload: 'mailbox', place: 'xfs', unit: 4096, writer: 'direct' };
  const arm = armOf(levels);
  const [cell, ...others] = expandPlan({ arms: [arm], places: {} }, WORKLOADS);
  expect(cell?.levels).toEqual({ workload: 'mailbox', unit: 4096, writer: 'direct' });
  expect(others).toEqual([]);
});
