// The example in docs/plans.md is a plan, and its table names every workload, factor and promise.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PROMISES } from '../../../src/domain/promise.ts';
import { normalisePlan } from '../../../src/plan/define-plan.ts';
import { expandPlan } from '../../../src/plan/expand.ts';
import { PROVOCATIONS } from '../../../src/provoke/provocations.ts';
import { WORKLOADS } from '../../../src/workload/workloads.ts';

const textOf = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const text = textOf('../../../docs/plans.md');
const provocations = textOf('../../../docs/provocations.md');
const PROVOKING = new Set(PROVOCATIONS.map(({ factor }) => factor.name));

test('the example normalises and has the cells that its constraints leave', () => {
  const [, json = ''] = /```json\n([\s\S]*?)```/.exec(text) ?? [];
  const plan = normalisePlan(JSON.parse(json), 'docs/plans.md', WORKLOADS);
  const cells = expandPlan({ ...plan, places: { here: '.' } }, WORKLOADS);
  expect(cells.length).toBeGreaterThan(0);
  for (const { levels } of cells) {
    expect(Number(levels.chunk)).toBeLessThanOrEqual(Number(levels.unit));
    if (levels.writer === 'direct') expect(Number(levels.chunk)).toBeGreaterThanOrEqual(4096);
  }
});

test.each(WORKLOADS.map((workload) => [workload.name, workload] as const))(
  'the table has %s with all its factors and choices',
  (name, workload) => {
    const row = text.split('\n').find((line) => line.startsWith(`| \`${name}\``)) ?? '';
    for (const factor of workload.factors) {
      if (PROVOKING.has(factor.name)) continue;
      expect(row).toContain(`\`${factor.name}\``);
      for (const choice of factor.choices ?? []) expect(row).toContain(choice);
    }
    for (const promise of workload.promises) expect(row).toContain(`\`${promise}\``);
  },
);

test.each(PROVOCATIONS)(
  'the provocation $factor.name of every workload is explained',
  ({ factor }) => {
    const [, section = ''] = text.split('## Workloads and their factors');
    expect(section).toContain(`\`${factor.name}\``);
    expect(provocations).toMatch(new RegExp(`^\\| \`${factor.name}\``, 'm'));
  },
);

test.each(PROMISES)('the promise %s is explained', (promise) => {
  expect(text.split('The promises in words')[1]).toContain(`\`${promise}\``);
});
