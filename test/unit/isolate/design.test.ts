// Which trials are asked for: those that tell the likely hypotheses apart, where they are cheap,
// and only such as the plan has.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import type { Level } from '../../../src/domain/cell.ts';
import { bestDesign, designCells, drawCells } from '../../../src/isolate/design.ts';
import type { Belief } from '../../../src/isolate/posterior.ts';
import { conjunction, type VirtualPlan, virtualPlan } from './virtual-plan.ts';

const [KEEP, RANDOM, DIFFERENT] = [0, 1, 2];
const BATCH = 25;
const LEVELS = { kernel: ['5.0', '5.1', '5.2'], sync: ['sync', 'async'], size: [1, 4, 16, 64] };
const PLAN = virtualPlan(LEVELS);

function believed(
  { space }: VirtualPlan,
  probability: number,
  wanted: Readonly<Record<string, readonly Level[]>>,
  inside = 1 / 300,
): Belief {
  return { conjunction: conjunction(space, wanted), probability, inside, outside: inside / 300 };
}

/** The anchor is the first cell with these levels. */
function designOf(plan: VirtualPlan, wanted: object, beliefs: readonly Belief[]) {
  const anchor = plan.cells.findIndex(({ levels }) =>
    Object.entries(wanted).every(([factor, level]) => levels[factor] === level),
  );
  const design = bestDesign(plan.space, anchor, beliefs, BATCH);
  const treatments = plan.factors.map(({ name }, at) => [name, design.treatments[at]]);
  return { design, anchor, treatment: Object.fromEntries(treatments) };
}

const GUILTY = { kernel: '5.1', sync: 'async', size: 1 };

describe('bestDesign', () => {
  test('keeps what all hypotheses name and changes what only one of them does', () => {
    const { treatment } = designOf(PLAN, GUILTY, [
      believed(PLAN, 0.5, { sync: ['async'] }),
      believed(PLAN, 0.5, { sync: ['async'], kernel: ['5.1'] }),
    ]);
    expect(treatment.sync).toBe(KEEP);
    expect(treatment.kernel).not.toBe(KEEP);
    // Nobody suspects the size, so that trials may as well look everywhere.
    expect(treatment.size).toBe(RANDOM);
  });

  test('of two rivals it tries one without the other', () => {
    const { treatment } = designOf(PLAN, GUILTY, [
      believed(PLAN, 0.5, { sync: ['async'] }),
      believed(PLAN, 0.5, { kernel: ['5.1'] }),
    ]);
    const changed = [treatment.sync, treatment.kernel].filter((each) => each === DIFFERENT);
    expect(changed.length).toBe(1);
    expect([treatment.sync, treatment.kernel]).toContain(KEEP);
  });

  test('a factor that nobody suspects is kept once it is dear to change, and only then', () => {
    const beliefs = (plan: VirtualPlan) => [
      believed(plan, 0.5, { sync: ['async'] }),
      believed(plan, 0.5, { sync: ['async'], size: [1] }),
    ];
    const dear = virtualPlan(LEVELS, { cost: { kernel: 200 } });
    expect(designOf(dear, GUILTY, beliefs(dear)).treatment.kernel).toBe(KEEP);
    expect(designOf(PLAN, GUILTY, beliefs(PLAN)).treatment.kernel).toBe(RANDOM);
  });

  test('where only a dear factor is open, it is changed all the same', () => {
    const dear = virtualPlan(LEVELS, { cost: { kernel: 200 } });
    const { treatment } = designOf(dear, GUILTY, [
      believed(dear, 0.5, { sync: ['async'] }),
      believed(dear, 0.5, { sync: ['async'], kernel: ['5.1'] }),
    ]);
    expect(treatment).toMatchObject({ sync: KEEP });
    expect(treatment.kernel).not.toBe(KEEP);
  });

  test('between a dear and a cheap way to tell as much, the cheap one', () => {
    // Symmetrical but for the cost: sync or mode is the cause.
    const levels = { sync: ['sync', 'async'], mode: ['buffered', 'direct'] };
    for (const [dear, cheap] of [
      ['sync', 'mode'],
      ['mode', 'sync'],
    ] as const) {
      const plan = virtualPlan(levels, { cost: { [dear]: 50 } });
      const { treatment } = designOf(plan, { sync: 'async', mode: 'direct' }, [
        believed(plan, 0.5, { sync: ['async'] }),
        believed(plan, 0.5, { mode: ['direct'] }),
      ]);
      expect(treatment[dear]).toBe(KEEP);
      expect(treatment[cheap]).not.toBe(KEEP);
    }
  });

  test('of more factors than can be weighed in every way, the same', () => {
    const many = Object.fromEntries(
      Array.from({ length: 9 }, (_, at): [string, readonly Level[]] => [`f${at}`, [0, 1]]),
    );
    const plan = virtualPlan(many, { cost: { f8: 200 } });
    const anchor = Object.fromEntries(Object.keys(many).map((name) => [name, 1]));
    const { treatment } = designOf(plan, anchor, [
      believed(plan, 0.5, { f0: [1] }),
      believed(plan, 0.5, { f0: [1], f1: [1] }),
    ]);
    expect(treatment).toMatchObject({ f0: KEEP, f8: KEEP, f5: RANDOM });
    expect(treatment.f1).not.toBe(KEEP);
  });
});

describe('designCells', () => {
  test('are exactly the cells that the treatments allow', () => {
    const treatments = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(fc.nat(PLAN.space.cellCount - 1), treatments, (anchor, wanted) => {
        const design = { anchor, treatments: Uint8Array.from(wanted) };
        const cells = new Set(designCells(PLAN.space, design));
        for (let cell = 0; cell < PLAN.space.cellCount; cell++) {
          const fits = wanted.every((treatment, factor) => {
            const same = PLAN.space.levelOf(cell, factor) === PLAN.space.levelOf(anchor, factor);
            return treatment === RANDOM || same === (treatment === KEEP);
          });
          expect(cells.has(cell)).toBe(fits);
        }
      }),
    );
  });

  test('where constraints leave none, there are none', () => {
    const plan = virtualPlan({ a: [0, 1], b: [0, 1] }, { where: ({ a, b }) => a === b });
    const design = { anchor: 0, treatments: Uint8Array.from([KEEP, DIFFERENT]) };
    expect(designCells(plan.space, design)).toEqual([]);
  });
});

describe('drawCells', () => {
  test('each once before any a second time', () => {
    const cells = [3, 5, 8, 13];
    const drawn = drawCells(cells, 10, createRng('draw'));
    expect(drawn.length).toBe(10);
    expect(drawn.slice(0, 4).toSorted((a, b) => a - b)).toEqual(cells);
    expect(drawn.slice(4, 8).toSorted((a, b) => a - b)).toEqual(cells);
    expect(new Set(drawn.slice(8)).size).toBe(2);
  });

  test('by the seed alone', () => {
    const cells = Array.from({ length: 40 }, (_, at) => at);
    expect(drawCells(cells, 25, createRng('a'))).toEqual(drawCells(cells, 25, createRng('a')));
    expect(drawCells(cells, 25, createRng('a'))).not.toEqual(drawCells(cells, 25, createRng('b')));
  });
});
