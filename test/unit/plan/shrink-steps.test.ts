// What is tried to make a trial cheaper: every numeric factor that its workload declares to shrink,
// provocations where they can do something, and never a level that the claim excludes.

import { describe, expect, test } from 'vitest';
import type { Literal } from '../../../src/domain/isolation.ts';
import type { ShrinkStep } from '../../../src/domain/shrink.ts';
import { completeLevels, expandPlan } from '../../../src/plan/expand.ts';
import { shrinkArm, shrinkSteps } from '../../../src/plan/shrink-steps.ts';
import { WORKLOADS } from '../../../src/workload/workloads.ts';

function start(name: string, levels: Record<string, number | string> = {}) {
  const workload = WORKLOADS.find((each) => each.name === name) as (typeof WORKLOADS)[number];
  return { workload, levels: completeLevels({ workload: name, ...levels }, workload) };
}

function stepsOf(
  name: string,
  levels: Record<string, number | string> = {},
  claim: readonly Literal[] = [],
): ShrinkStep[] {
  const from = start(name, levels);
  return shrinkSteps(from.levels, from.workload, claim);
}

const levelsOf = (steps: readonly ShrinkStep[], factor: string, aim = 'cheaper') =>
  steps.find((step) => step.factor === factor && step.aim === aim)?.levels;

describe('shrinkSteps', () => {
  test('time first, then provocations, then sizes and actors', () => {
    const steps = stepsOf('mailbox', { unit: 4096, writers: 4 });
    expect(steps.map(({ factor, aim }) => `${aim} ${factor}`)).toEqual([
      'cheaper time',
      'stronger writers',
      'stronger readers',
      'cheaper unit',
      'cheaper writers',
    ]);
    expect(levelsOf(steps, 'time')).toEqual([100, 50, 25, 12, 10]);
    expect(levelsOf(steps, 'unit')).toEqual([2048, 1024, 512]);
    expect(levelsOf(steps, 'writers')).toEqual([2, 1]);
    expect(levelsOf(steps, 'writers', 'stronger')).toEqual([8, 16]);
  });

  test('a pause and smaller pieces are tried only where the unit is written in pieces', () => {
    const whole = stepsOf('mailbox');
    expect(whole.some(({ factor }) => ['stall', 'chunk'].includes(factor))).toBe(false);
    const pieces = stepsOf('mailbox', { unit: 65_536, chunk: 16_384 });
    expect(levelsOf(pieces, 'chunk', 'stronger')).toEqual([4096, 1024]);
    expect(levelsOf(pieces, 'stall', 'stronger')).toEqual([1, 4]);
  });

  test('a factor that the claim names keeps to the levels that it names', () => {
    const claim = [{ factor: 'unit', levels: [16_384, 65_536] }];
    const steps = stepsOf('mailbox', { unit: 65_536 }, claim);
    expect(levelsOf(steps, 'unit')).toEqual([16_384]);
    const alone = [{ factor: 'unit', levels: [65_536] }];
    expect(levelsOf(stepsOf('mailbox', { unit: 65_536 }, alone), 'unit')).toBeUndefined();
  });

  test.each(WORKLOADS.map(({ name }) => name))('%s: all levels are those of a plan', (name) => {
    const from = start(name);
    const steps = shrinkSteps(from.levels, from.workload, []);
    // Of a command of the user's only the size of the canary is ours.
    expect(steps.length).toBeGreaterThan(name === 'command' ? 0 : 1);
    const { arm } = shrinkArm(from.levels, from.workload, steps, []);
    const cells = expandPlan({ arms: [arm], places: {} }, WORKLOADS);
    expect(cells.length).toBeGreaterThan(steps.length);
    for (const { factor, levels } of steps) {
      const { min = 0, max = Number.POSITIVE_INFINITY } =
        from.workload.factors.find((each) => each.name === factor) ?? {};
      for (const level of levels) {
        expect(Number(level)).toBeGreaterThanOrEqual(min);
        expect(Number(level)).toBeLessThanOrEqual(max);
      }
    }
  });
});

describe('shrinkArm', () => {
  test('has the first cell, and every factor of the workload but idle provocations', () => {
    const from = start('mailbox', { unit: 4096 });
    const steps = shrinkSteps(from.levels, from.workload, []);
    const { arm } = shrinkArm({ ...from.levels, place: 'a' }, from.workload, steps, []);
    const cells = expandPlan({ arms: [arm], places: {} }, WORKLOADS);
    expect(cells.filter(({ levels }) => levels === cells[0]?.levels)).toHaveLength(1);
    expect(completeLevels(cells[0]?.levels ?? {}, from.workload)).toEqual(from.levels);
  });

  test('a provocation is a factor of it only where it does something', () => {
    const stop = 'writer every=50ms for=10ms';
    const from = start('mailbox', { unit: 4096, stop });
    const { arm } = shrinkArm(from.levels, from.workload, [], []);
    expect(arm.factors.stop).toEqual([stop]);
    expect(arm.factors).not.toHaveProperty('memory');
    expect(arm.factors.writers).toEqual([1]);
  });

  test('too many combinations are thinned out, the cheapest level staying', () => {
    const from = start('mailbox', { unit: 1_048_576, chunk: 524_288, time: 600_000 });
    const steps = shrinkSteps(from.levels, from.workload, []);
    const thin = shrinkArm(from.levels, from.workload, steps, []);
    const product = Object.values(thin.arm.factors).reduce((n, each) => n * each.length, 1);
    expect(product).toBeLessThanOrEqual(3000);
    expect(levelsOf(thin.steps, 'time')?.at(-1)).toBe(10);
    expect(levelsOf(thin.steps, 'unit')?.at(-1)).toBe(512);
  });
});
