// Builds in a plan: what they add to the arms that use them, and the mistakes that are named.

import { describe, expect, test } from 'vitest';
import { normalisePlan } from '../../../src/plan/define-plan.ts';
import { expandPlan } from '../../../src/plan/expand.ts';
import { flipLevels } from '../../../src/plan/flip.ts';
import { onlyCells, onlyOptions, withFactors } from '../../../src/plan/only.ts';
import { planFile } from '../../../src/plan/plan-file.ts';
import { command } from '../../../src/workload/command.ts';
import { WORKLOADS } from '../../../src/workload/workloads.ts';

const COPIER = {
  sources: 'copy.c',
  command: 'gcc {optimise} -o {out} {source}',
  factors: { optimise: ['-O2', '-O3'] },
};

function planOf(builds: object, factors: object = {}): unknown {
  const program = ['{build:copier} {canary} {out}'];
  const arms = [
    { workload: 'command', factors: { program, size: '4KiB', ...factors } },
    { workload: 'append' },
  ];
  return { name: 'p', arms, builds };
}

const normalised = (builds: object, factors: object = {}) =>
  normalisePlan(planOf(builds, factors), 'p', WORKLOADS);

describe('factors of builds', () => {
  test('are factors of the cells whose commands name the build, and of no others', () => {
    const cells = expandPlan(normalised({ copier: COPIER }), WORKLOADS);
    expect(cells.map(({ levels }) => [levels.workload, levels.optimise])).toEqual([
      ['command', '-O2'],
      ['command', '-O3'],
      ['append', undefined],
    ]);
  });

  test('may be narrowed by the arm, and take part in constraints', () => {
    const plan = normalised({ copier: COPIER }, { optimise: '-O3' });
    expect(plan.arms[0]?.factors.optimise).toEqual(['-O3']);
  });

  test('host makes the factor built-on', () => {
    const plan = normalised({ copier: { ...COPIER, host: ['local', 'other'] } });
    expect(plan.arms[0]?.factors['built-on']).toEqual(['local', 'other']);
  });

  test('are narrowed, replaced and flipped from the command line as any other', () => {
    const plan = normalised({ copier: COPIER });
    const cells = expandPlan(plan, WORKLOADS);
    const [cell] = onlyCells(cells, ['optimise=-O3'], WORKLOADS);
    expect(cell?.levels.optimise).toBe('-O3');
    expect(onlyOptions(cell?.levels ?? {}, WORKLOADS)).toBe(
      "--only workload=command --only 'program={build:copier} {canary} {out}' " +
        '--only size=4KiB --only optimise=-O3',
    );
    const replaced = withFactors(plan, ['optimise=-O0,-Os'], WORKLOADS);
    expect(replaced.arms[0]?.factors.optimise).toEqual(['-O0', '-Os']);
    const flipped = flipLevels(cell?.levels ?? {}, [['optimise', '-O2']], command, []);
    expect(flipped.optimise).toBe('-O2');
  });

  test('a plan that is written out again is the same plan', () => {
    const plan = normalised({ copier: { ...COPIER, host: 'local', directory: '/src' } });
    expect(normalisePlan(planFile(plan, WORKLOADS), 'again', WORKLOADS)).toEqual(plan);
  });
});

test.each<[string, object, RegExp]>([
  ['no such build', { other: COPIER }, /\{build:copier\} is no build of the plan.*builds: other/],
  ['no {out}', { copier: { ...COPIER, command: 'gcc {optimise} {source}' } }, /names no \{out\}/],
  [
    'a slip',
    { copier: { ...COPIER, command: 'gcc {optimize} -o {out} {source}' } },
    /\{optimize\} in its command is none of its factors; did you mean "\{optimise\}"/,
  ],
  ['an idle factor', { copier: { ...COPIER, command: 'gcc -o {out}' } }, /does not use its factor/],
  [
    'a name that is taken',
    { copier: { ...COPIER, command: 'gcc {size} -o {out}', factors: { size: '1' } } },
    /"size" has the name of one that cells have already/,
  ],
  ['an unknown field', { copier: { ...COPIER, source: 'x' } }, /builds\.copier has the unknown/],
])('%s is refused with its place', (_name, builds, message) => {
  expect(() => normalised(builds)).toThrow(message);
});

test('the writer must be named', () => {
  const plan = { name: 'p', arms: [{ workload: 'command', factors: { size: '4KiB' } }] };
  expect(() => normalisePlan(plan, 'p', WORKLOADS)).toThrow(/needs program, the writer/);
});
