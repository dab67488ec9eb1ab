// Isolation of trials that nobody chose for it: a planted cause is claimed, and nothing else ever
// is. Tables are drawn from a seed, so that a claim which is wrong once is wrong always.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import type { Level, Levels } from '../../../src/domain/cell.ts';
import type { FactorSpec, IsolationFacts, TrialRow } from '../../../src/domain/isolation.ts';
import { isolateRows } from '../../../src/isolate/stored-trials.ts';
import { expectGrounds } from './grounds.ts';
import { causesOf, type VirtualPlan, virtualPlan } from './virtual-plan.ts';

const PLAN = virtualPlan(
  { kernel: ['5.0', '5.1', '5.2'], sync: ['sync', 'async'], size: ['1MiB', '4MiB'] },
  { ordered: ['size'] },
);

/** `trials` rows of each cell. */
function table(
  { cells }: VirtualPlan,
  trials: number,
  verdict: (levels: Levels, uniform: number) => TrialRow['verdict'],
  seed = 'table',
): TrialRow[] {
  const rng = createRng(seed);
  return cells.flatMap(({ levels }) =>
    Array.from({ length: trials }, () => ({
      levels,
      verdict: verdict(levels, rng.uniform()),
      count: 1,
    })),
  );
}

/** `trials` of each cell, which fails at the rate of its levels. */
function rated(
  plan: VirtualPlan,
  trials: number,
  rate: number | ((levels: Levels) => number),
  seed?: string,
): TrialRow[] {
  const of = typeof rate === 'number' ? () => rate : rate;
  return table(plan, trials, (each, drawn) => (drawn < of(each) ? 'failing' : 'clean'), seed);
}

const all = (trials: number, verdict: TrialRow['verdict']) => table(PLAN, trials, () => verdict);

function isolated(plan: VirtualPlan, rows: readonly TrialRow[], seed = 'seed'): IsolationFacts {
  const facts = isolateRows(plan.factors, rows, { seed });
  expectGrounds(facts);
  return facts;
}

const isKernelAsync = ({ kernel, sync }: Levels) => kernel === '5.1' && sync === 'async';
const guilty = (trials: number) =>
  rated(PLAN, trials, (levels) => (isKernelAsync(levels) ? 0.2 : 0));

describe('a planted cause', () => {
  test('is claimed, with what does not matter', () => {
    const facts = isolated(PLAN, guilty(100));
    expect(facts).toMatchObject({
      claim: 'needs',
      irrelevant: ['size'],
      designed: false,
      trials: 1200,
      outside: { failures: 0, trials: 1000 },
    });
    expect(causesOf(facts)).toEqual(['kernel=5.1 and sync=async']);
    expect(facts.needed).toEqual([]);
  });

  test('also where it is rare: 1 in 100', () => {
    const facts = isolated(
      PLAN,
      rated(PLAN, 4000, (levels) => (isKernelAsync(levels) ? 0.01 : 0)),
    );
    expect(causesOf(facts)).toEqual(['kernel=5.1 and sync=async']);
    expect(facts.claim).toBe('needs');
  });

  test('with a background it raises the rate, and "needs" is not said', () => {
    const rows = rated(PLAN, 400, (levels) => (isKernelAsync(levels) ? 0.2 : 0.004));
    const facts = isolated(PLAN, rows);
    expect(facts.claim).toBe('raises');
    expect(facts.outside.failures).toBeGreaterThan(0);
    expect(causesOf(facts)).toEqual(['kernel=5.1 and sync=async']);
  });

  test('whatever the seed divides, the claim is that one or none', () => {
    const rows = guilty(60);
    let claimed = 0;
    for (let seed = 0; seed < 60; seed++) {
      const facts = isolated(PLAN, rows, String(seed));
      if (facts.claim === 'none') continue;
      claimed++;
      expect(causesOf(facts)).toEqual(['kernel=5.1 and sync=async']);
    }
    expect(claimed).toBeGreaterThan(20);
  });

  test('the same seed gives the same answer, another one divides anew', () => {
    const rows = guilty(60);
    expect(isolated(PLAN, rows, 'a')).toEqual(isolated(PLAN, rows, 'a'));
    const certificates = ['a', 'b', 'c', 'd'].map((seed) =>
      JSON.stringify(isolated(PLAN, rows, seed).suspicions),
    );
    expect(new Set(certificates).size).toBeGreaterThan(1);
  });

  test('a row with a count is so many rows, and their order changes nothing', () => {
    const rows = guilty(50);
    const counted = PLAN.cells.flatMap(({ levels }) =>
      (['failing', 'clean'] as const).map((verdict) => ({
        levels,
        verdict,
        count: rows.filter((row) => row.levels === levels && row.verdict === verdict).length,
      })),
    );
    expect(
      isolated(
        PLAN,
        counted.filter(({ count }) => count > 0),
      ),
    ).toEqual(isolated(PLAN, rows));
  });
});

describe('never a claim', () => {
  const nothing = (rows: readonly TrialRow[], plan = PLAN) => {
    const facts = isolated(plan, rows);
    expect(facts).toMatchObject({ claim: 'none', needs: [], irrelevant: [] });
    return facts;
  };

  test('where nothing failed', () => {
    const facts = nothing(all(50, 'clean'));
    expect(facts).toMatchObject({ failures: 0, trials: 600, needed: [{ step: 'failure' }] });
  });

  test('where a single trial failed', () => {
    const rows = all(50, 'clean');
    nothing([...rows, { levels: rows[0]?.levels as Levels, verdict: 'failing', count: 1 }]);
  });

  test('where nothing is known', () => {
    expect(nothing(all(50, 'unknown'))).toMatchObject({ unknown: 600, trials: 0 });
    expect(nothing([])).toMatchObject({ unknown: 0, trials: 0 });
  });

  test('where each column has one level', () => {
    const plan = virtualPlan({ kernel: ['5.1'], sync: ['async'] });
    for (const rate of [0.3, 1]) {
      expect(nothing(rated(plan, 200, rate), plan).needed).toMatchObject([{ step: 'cells' }]);
    }
  });

  test('where few trials were made', () => {
    nothing(rated(PLAN, 2, (levels) => (isKernelAsync(levels) ? 1 : 0)));
  });

  test('unknown trials are left out on both sides', () => {
    const rows = guilty(100);
    const unknown = all(500, 'unknown');
    const { unknown: count, ...facts } = isolated(PLAN, [...rows, ...unknown]);
    const { unknown: none, ...expected } = isolated(PLAN, rows);
    expect([count, none]).toEqual([6000, 0]);
    expect(facts).toEqual(expected);
  });
});

describe('all failed', () => {
  test('no factor matters, or nothing is claimed: never a cause', () => {
    for (const trials of [1, 3, 20, 200]) {
      const facts = isolated(PLAN, all(trials, 'failing'));
      expect(['no-factor', 'none']).toContain(facts.claim);
      expect(facts.needs).toEqual([]);
    }
    expect(isolated(PLAN, all(200, 'failing')).claim).toBe('no-factor');
  });

  test('the same of trials that all fail alike, often or seldom', () => {
    let noFactor = 0;
    for (const [rate, trials] of [
      [0.5, 40],
      [0.1, 100],
      [0.02, 400],
    ] as const) {
      for (let seed = 0; seed < 12; seed++) {
        const facts = isolated(PLAN, rated(PLAN, trials, rate, `${rate} ${seed}`));
        expect(['no-factor', 'none']).toContain(facts.claim);
        if (facts.claim === 'no-factor') noFactor++;
      }
    }
    expect(noFactor).toBeGreaterThan(18);
  });
});

describe('columns that always change together', () => {
  const CONFOUNDED = virtualPlan(
    { host: ['h', 'i', 'j'], kernel: ['5.0', '5.1', '5.2'], sync: ['sync', 'async'] },
    {
      where: ({ host, kernel }) =>
        ['h', 'i', 'j'].indexOf(String(host)) === ['5.0', '5.1', '5.2'].indexOf(String(kernel)),
    },
  );

  test('neither is claimed, since it may be the other', () => {
    for (let seed = 0; seed < 20; seed++) {
      const rows = rated(CONFOUNDED, 200, ({ kernel }) => (kernel === '5.1' ? 0.3 : 0), `${seed}`);
      expect(isolated(CONFOUNDED, rows, `${seed}`).claim).toBe('none');
    }
  });

  test('a cause beside them is claimed without them', () => {
    const rows = rated(CONFOUNDED, 200, ({ sync }) => (sync === 'async' ? 0.3 : 0));
    const facts = isolated(CONFOUNDED, rows);
    expect(causesOf(facts)).toEqual(['sync=async']);
  });
});

describe('whatever the table', () => {
  const level = (count: number) => fc.integer({ min: 0, max: count - 1 });
  const ROW = fc.record({
    levels: fc.record({ a: level(3), b: level(2), c: level(4) }),
    verdict: fc.constantFrom<TrialRow['verdict']>('clean', 'clean', 'failing', 'unknown'),
    count: fc.integer({ min: 1, max: 60 }),
  });
  const SPECS: readonly FactorSpec[] = ['a', 'b', 'c'].map((name, at) => ({
    name,
    ordered: name === 'c',
    levels: Array.from({ length: [3, 2, 4][at] as number }, (_, each): Level => each),
  }));

  test('no claim says more than its counts allow', () => {
    fc.assert(
      fc.property(fc.array(ROW, { maxLength: 60 }), fc.string({ maxLength: 3 }), (rows, seed) => {
        expectGrounds(isolateRows(SPECS, rows, { seed }));
      }),
      { numRuns: 150 },
    );
  });

  test('chance alone is called a cause in less than one of twenty tables', () => {
    // Every factor is irrelevant; some cells were simply tried more than others.
    let causes = 0;
    const TABLES = 200;
    for (let seed = 0; seed < TABLES; seed++) {
      const rng = createRng(`chance ${seed}`);
      const rate = 0.02 + 0.3 * rng.uniform();
      const rows = PLAN.cells.map(({ levels }) => {
        const trials = rng.integer(5, 60);
        const failures = Array.from({ length: trials }, rng.uniform).filter((u) => u < rate).length;
        return [
          { levels, verdict: 'failing' as const, count: failures },
          { levels, verdict: 'clean' as const, count: trials - failures },
        ];
      });
      const facts = isolated(
        PLAN,
        rows.flat().filter(({ count }) => count > 0),
      );
      if (facts.claim !== 'none' && facts.claim !== 'no-factor') causes++;
    }
    expect(causes).toBeLessThan(TABLES / 20);
  });
});
