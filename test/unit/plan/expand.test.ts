// From plans to cells: the product, its order, what constraints take away, and what is said when
// they take everything.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Level, Levels } from '../../../src/domain/cell.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { completeLevels, expandPlan } from '../../../src/plan/expand.ts';
import { mailbox } from '../../../src/workload/mailbox.ts';
import { WORKLOADS } from '../../../src/workload/workloads.ts';
import { declared, planOf, refusalOf } from './workshop.ts';

const LETTERS = declared('letters', [
  { name: 'a', kind: 'count', fallback: 0 },
  { name: 'b', kind: 'count', fallback: 1 },
  { name: 'c', kind: 'count', fallback: 2 },
]);

function letters(factors: Record<string, Level[]>, constraints: readonly string[] = []): Plan {
  return {
    ...planOf({ arms: [{ workload: 'letters' }] }, [LETTERS]),
    arms: [{ workload: 'letters', factors, constraints }],
  };
}

describe('expandPlan', () => {
  test('the product, first factor slowest, indexed from 0', () => {
    const plan = planOf({
      arms: [
        {
          workload: 'mailbox',
          factors: { unit: ['4KiB', '16KiB'], writer: ['buffered', 'direct'] },
        },
        { workload: 'append', factors: { writers: 2 } },
      ],
    });
    expect(expandPlan(plan, WORKLOADS)).toEqual([
      { index: 0, levels: { workload: 'mailbox', unit: 4096, writer: 'buffered' } },
      { index: 1, levels: { workload: 'mailbox', unit: 4096, writer: 'direct' } },
      { index: 2, levels: { workload: 'mailbox', unit: 16384, writer: 'buffered' } },
      { index: 3, levels: { workload: 'mailbox', unit: 16384, writer: 'direct' } },
      { index: 4, levels: { workload: 'append', writers: 2 } },
    ]);
  });

  test('without constraints: as many as the product, no two alike (property)', () => {
    const levels = fc.uniqueArray(fc.nat(50), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(levels, levels, levels, (a, b, c) => {
        const cells = expandPlan(letters({ a, b, c }), [LETTERS]);
        expect(cells.length).toBe(a.length * b.length * c.length);
        expect(new Set(cells.map((cell) => JSON.stringify(cell.levels))).size).toBe(cells.length);
        expect(cells.map((cell) => cell.index)).toEqual(cells.map((_, at) => at));
      }),
    );
  });

  test('a constraint keeps exactly the cells for which it holds (property)', () => {
    const levels = fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(levels, levels, (a, b) => {
        fc.pre(Math.min(...a) <= Math.max(...b));
        const cells = expandPlan(letters({ a, b }, ['a <= b']), [LETTERS]);
        const right = a.flatMap((x) => b.filter((y) => x <= y).map((y) => [x, y]));
        expect(cells.map((cell) => [cell.levels.a, cell.levels.b])).toEqual(right);
      }),
    );
  });

  test('constraints see the defaults of factors that the plan does not name', () => {
    expect(expandPlan(letters({ a: [1, 2, 3] }, ['a <= c']), [LETTERS]).length).toBe(2);
  });

  test('the constraints of the workload hold besides those of the plan', () => {
    const plan = planOf({
      arms: [{ workload: 'mailbox', factors: { unit: ['1KiB', '4KiB'], chunk: ['512B', '4KiB'] } }],
    });
    const pairs = expandPlan(plan, WORKLOADS).map(({ levels }) => [levels.unit, levels.chunk]);
    expect(pairs).toEqual([
      [1024, 512],
      [4096, 512],
      [4096, 4096],
    ]);
  });

  test('several places become a factor; one does not', () => {
    const input = { arms: [{ workload: 'append' }] };
    const one = planOf({ ...input, places: { x: '/mnt/x' } });
    const two = planOf({ ...input, places: { x: '/mnt/x', y: '/mnt/y' } });
    expect(expandPlan(one, WORKLOADS).map((cell) => cell.levels)).toEqual([{ workload: 'append' }]);
    expect(expandPlan(two, WORKLOADS).map((cell) => cell.levels.place)).toEqual(['x', 'y']);
  });

  test('an impossible constraint is named, with how much it forbids', () => {
    const error = refusalOf(() => expandPlan(letters({ a: [3, 4] }, ['a <= c']), [LETTERS]));
    expect(error.code).toBe('impossible-constraint');
    expect(error.message).toBe(
      'the arm letters has no cell left: the constraint "a <= c" forbids 2 of 2',
    );
  });

  test('more cells than anybody can mean are refused before they are made', () => {
    const many = Array.from({ length: 101 }, (_, at) => at);
    const error = refusalOf(() => expandPlan(letters({ a: many, b: many, c: many }), [LETTERS]));
    expect(error.message).toContain('1030301 cells; at most 1000000');
  });
});

test('completeLevels fills in the defaults and overrides none', () => {
  const levels: Levels = { workload: 'mailbox', unit: 512 };
  const complete = completeLevels(levels, mailbox);
  expect(complete).toMatchObject({ ...levels, chunk: 0, writer: 'buffered', readers: 1 });
  expect(Object.keys(complete).length).toBe(mailbox.factors.length + 1);
});
