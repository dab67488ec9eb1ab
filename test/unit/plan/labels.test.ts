// Labels and planted faults of a plan: factors for which nothing is done, and damage in the cells
// that a constraint names.

import { describe, expect, it } from 'vitest';
import type { Workload } from '../../../src/domain/workload.ts';
import { normalisePlan, type PlanInput } from '../../../src/plan/define-plan.ts';
import { expandPlan } from '../../../src/plan/expand.ts';
import { planFile } from '../../../src/plan/plan-file.ts';
import { isPlantedIn } from '../../../src/plan/planted.ts';
import { WORKLOADS } from '../../../src/workload/workloads.ts';

const MATRIX: PlanInput = {
  name: 'matrix',
  labels: { linux: ['4.14', '5.1', '5.2'], hardware: 'R610' },
  arms: [{ workload: 'roundtrip', factors: { mode: ['buffered', 'sync'], steps: 1 } }],
  faults: [
    {
      ...{ kind: 'flip', op: 'write', mask: '0xff', chance: '1/300' },
      where: 'linux = 5.1 and mode = buffered',
    },
  ],
};

const planned = (input: object = {}) =>
  normalisePlan({ ...MATRIX, ...input }, 'plan.json', WORKLOADS);
const roundtrip = WORKLOADS.find(({ name }) => name === 'roundtrip') as Workload;

describe('labels of a plan', () => {
  it('are factors of every cell', () => {
    const cells = expandPlan(planned(), WORKLOADS);
    expect(cells).toHaveLength(6);
    expect(new Set(cells.map(({ levels }) => levels.linux))).toEqual(
      new Set(['4.14', '5.1', '5.2']),
    );
    expect(cells.every(({ levels }) => levels.hardware === 'R610')).toBe(true);
  });

  it('may be narrowed by an arm and named in its constraints', () => {
    const factors = { linux: '5.1' };
    const [arm] = planned({ arms: [{ workload: 'roundtrip', factors }] }).arms;
    expect(arm?.factors.linux).toEqual(['5.1']);
    const constraints = ['linux = 5.1 => mode != buffered'];
    const arms = [{ ...MATRIX.arms[0], constraints }];
    expect(expandPlan(planned({ arms }), WORKLOADS)).toHaveLength(5);
  });

  it.each([
    [{ kernel: ['a'] }, /labels\.kernel has the name of a factor that cells have already/],
    [{ Linux: ['a'] }, /labels\.Linux is no name of a factor/],
    [{ linux: [] }, /labels\.linux/],
  ])('%o is refused', (labels, message) => {
    expect(() => planned({ labels, faults: [] })).toThrow(message);
  });
});

describe('faults of a plan', () => {
  it('are planted where their constraint holds', () => {
    const { faults } = planned();
    const [fault] = faults ?? [];
    if (!fault) throw new Error('the plan has a fault');
    const planted = expandPlan(planned(), WORKLOADS).filter(({ levels }) =>
      isPlantedIn(fault, levels, roundtrip),
    );
    expect(planted.map(({ levels }) => [levels.linux, levels.mode])).toEqual([['5.1', 'buffered']]);
  });

  it('stay what they are when the plan is written and read again', () => {
    const plan = planned();
    expect(normalisePlan(planFile(plan, WORKLOADS), 'again', WORKLOADS)).toEqual(plan);
  });

  it.each([
    [{ kind: 'melt' }, /there is no fault "melt"/],
    [{ kind: 'flip', probability: '2' }, /is not a probability/],
    [{ kind: 'flip', where: 'linx = 5.1' }, /names no factor/],
    [{ kind: 'errno' }, /errno needs errno/],
    [{ kind: 'lost', chance: 0 }, /chance: "0" is not a probability/],
  ])('%o is refused', (fault, message) => {
    expect(() => planned({ faults: [fault] })).toThrow(message);
  });
});
