// The course of a hunt as the isolator steers it, over virtual cells: what it comes to, that it is
// decided by its seed and by what it was told alone.

import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import type { Levels } from '../../../src/domain/cell.ts';
import { conclude } from '../../../src/isolate/conclude.ts';
import { Isolator } from '../../../src/isolate/isolator.ts';
import { expectGrounds } from './grounds.ts';
import {
  causesOf,
  drive,
  failingAt,
  type Nature,
  PLAN,
  type VirtualPlan,
  virtualPlan,
} from './virtual-plan.ts';

const isKernelAsync = ({ kernel, sync }: Levels) => kernel === '5.1' && sync === 'async';
const guilty = failingAt((levels) => (isKernelAsync(levels) ? 1 / 5 : 0));

function hunt(plan: VirtualPlan, nature: Nature, seed: string, most = 20_000) {
  const isolator = new Isolator(plan.space, createRng(seed));
  const trials = drive(isolator, plan, nature, { seed, most });
  const facts = conclude(isolator, true);
  expectGrounds(facts);
  return { isolator, trials, facts };
}

const SEEDS = Array.from({ length: 30 }, (_, seed) => `hunt ${seed}`);

describe('the claim', () => {
  test('at 1 in 5 it is the planted one in 30 of 30 hunts, with what does not matter', () => {
    for (const seed of SEEDS) {
      const { facts, isolator } = hunt(PLAN, guilty, seed);
      expect(isolator.stage).toBe('settled');
      expect([facts.claim, causesOf(facts)], seed).toEqual([
        'needs',
        ['kernel=5.1 and sync=async'],
      ]);
      expect(facts.irrelevant.length).toBeGreaterThan(0);
    }
  });

  test('at 1 in 50 as well', () => {
    for (const seed of SEEDS.slice(0, 4)) {
      const { facts } = hunt(
        PLAN,
        failingAt((levels) => (isKernelAsync(levels) ? 0.02 : 0)),
        seed,
      );
      expect([facts.claim, causesOf(facts)], seed).toEqual([
        'needs',
        ['kernel=5.1 and sync=async'],
      ]);
    }
  });

  test.each<[string, (levels: Levels) => boolean]>([
    ['sync=async', ({ sync }) => sync === 'async'],
    ['size=16|64 and sync=async', ({ size, sync }) => Number(size) >= 16 && sync === 'async'],
    [
      'kernel=5.1 and storage=nfs and sync=async',
      (levels) => isKernelAsync(levels) && levels.storage === 'nfs',
    ],
  ])('%s', (name, fails) => {
    for (const seed of SEEDS.slice(0, 6)) {
      const { facts } = hunt(
        PLAN,
        failingAt((levels) => (fails(levels) ? 0.25 : 0)),
        seed,
      );
      expect([facts.claim, causesOf(facts)], seed).toEqual(['needs', [name]]);
    }
  });

  test('near miss: where all fail alike, no factor matters', () => {
    for (const [at, seed] of SEEDS.slice(0, 3).entries()) {
      const { facts } = hunt(
        PLAN,
        failingAt(() => [0.5, 0.2, 0.05][at % 3] as number),
        seed,
      );
      expect(facts.claim, seed).toBe('no-factor');
    }
  });
});

describe('decisions', () => {
  const cells = (seed: string, nature = guilty) =>
    hunt(PLAN, nature, seed).trials.map(([cell]) => cell);

  test('the same seed and outcomes give the same cells, another seed others', () => {
    expect(cells('a')).toEqual(cells('a'));
    expect(cells('a')).not.toEqual(cells('b'));
  });

  test('outcomes decide as well, from the first that differs on', () => {
    const trials = hunt(PLAN, guilty, 'a').trials;
    const first = trials.findIndex(([, failed]) => failed);
    const never = new Isolator(PLAN.space, createRng('a'));
    const asked = drive(never, PLAN, () => false, { seed: 'a', most: trials.length });
    const same = asked.findIndex(([cell], at) => cell !== trials[at]?.[0]);
    expect(same).toBeGreaterThan(first);
  });

  test('told again of its trials, it goes on as it would have', () => {
    const { trials } = hunt(PLAN, guilty, 'a');
    for (const cut of [1, 50, 100, 150, trials.length - 1]) {
      const again = new Isolator(PLAN.space, createRng('a'));
      for (const [cell, failed] of trials.slice(0, cut)) {
        expect(again.next()).toBe(cell);
        again.learn(cell, failed);
      }
      expect(again.next()).toBe(trials[cut]?.[0]);
    }
  });

  test('without a failure it stays balanced: every cell once a round, nothing settled', () => {
    const isolator = new Isolator(PLAN.space, createRng('null'));
    const count = PLAN.cells.length;
    const trials = drive(isolator, PLAN, () => false, { seed: 'null', most: 20 * count });
    expect(trials.length).toBe(20 * count);
    expect(isolator.stage).toBe('discover');
    for (let round = 0; round < 20; round++) {
      const part = trials.slice(round * count, (round + 1) * count).map(([cell]) => cell);
      expect(new Set(part).size).toBe(count);
    }
    expect(conclude(isolator, true)).toMatchObject({
      claim: 'none',
      failures: 0,
      needed: [{ step: 'failure' }],
    });
  });

  test('after the first failure the guilty cells and their neighbours are tried most', () => {
    const large = virtualPlan({
      ...Object.fromEntries(PLAN.factors.map(({ name, levels }) => [name, levels])),
      build: [1, 2, 3, 4, 5, 6, 7, 8, 9],
    });
    const seldom = failingAt((levels) => (isKernelAsync(levels) ? 1 / 20 : 0));
    const { trials, facts } = hunt(large, seldom, 'large');
    expect(facts.claim).toBe('needs');
    // Until one looks outside of the claim, and there alone.
    const { failure, sweep } = facts.milestones as { failure: number; sweep: number };
    const inside = trials.slice(failure, sweep).filter(([cell]) => {
      return isKernelAsync((large.cells[cell] as { levels: Levels }).levels);
    });
    // A sixth of the plan.
    expect(inside.length / (sweep - failure)).toBeGreaterThan(0.3);
  });
});

describe('unknown outcomes', () => {
  test('enter no count, and do not change the claim', () => {
    for (const seed of SEEDS.slice(0, 6)) {
      let unknown = 0;
      const nature: Nature = (levels, uniform) => {
        // A third of the trials, drawn apart from failing.
        if ((uniform * 7919) % 1 < 1 / 3) {
          unknown++;
          return null;
        }
        return guilty(levels, uniform);
      };
      const { facts, trials, isolator } = hunt(PLAN, nature, seed);
      expect(unknown).toBeGreaterThan(0);
      expect(facts).toMatchObject({ unknown, trials: trials.length - unknown });
      expect(isolator.counts.allTrials).toBe(trials.length - unknown);
      expect([facts.claim, causesOf(facts)]).toEqual(['needs', ['kernel=5.1 and sync=async']]);
    }
  });

  test('nothing but unknown: nothing is learnt, and it goes on', () => {
    const { facts, trials } = hunt(PLAN, () => null, 'unknown', 500);
    expect(trials.length).toBe(500);
    expect(facts).toMatchObject({ claim: 'none', trials: 0, failures: 0, unknown: 500 });
  });
});

describe('plans at the edge', () => {
  test('one cell: it is tried, and nothing is claimed', () => {
    const plan = virtualPlan({ a: [0, 1] }, { where: ({ a }) => a === 0 });
    for (const rate of [0, 0.5, 1]) {
      const { facts } = hunt(
        plan,
        failingAt(() => rate),
        'one',
        300,
      );
      expect(facts.claim).toBe('none');
    }
  });

  test('factors that always change together are not told apart, and the hunt goes on', () => {
    const plan = virtualPlan(
      { host: ['h', 'i'], kernel: ['5.0', '5.1'], sync: ['sync', 'async'] },
      { where: ({ host, kernel }) => (host === 'h') === (kernel === '5.0') },
    );
    const { facts } = hunt(
      plan,
      failingAt(({ host }) => (host === 'i' ? 0.3 : 0)),
      'both',
      2000,
    );
    for (const cause of causesOf(facts)) expect(cause).not.toMatch(/host|kernel/);
    expect(facts.claim === 'none' || facts.claim === 'no-factor').toBe(facts.claim === 'none');
  });

  test('a factor that is dear to change is changed seldom', () => {
    const changes = (plan: VirtualPlan) => {
      const { trials, facts } = hunt(plan, guilty, 'dear');
      expect(causesOf(facts)).toEqual(['kernel=5.1 and sync=async']);
      const kernels = trials.map(([cell]) => plan.space.levelOf(cell, 0));
      const changed = kernels.filter((level, at) => at > 0 && level !== kernels[at - 1]);
      return changed.length / trials.length;
    };
    const levels = Object.fromEntries(PLAN.factors.map(({ name, levels: all }) => [name, all]));
    const dear = virtualPlan(levels, { ordered: ['size'], cost: { kernel: 200 } });
    expect(changes(dear)).toBeLessThan(changes(PLAN) / 1.2);
  });
});
