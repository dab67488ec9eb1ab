// What may be said, and when: looked at after every trial of simulated hunts, no claim is ever made
// before its grounds are there, and each is taken back where they are lost.

import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import type { Levels } from '../../../src/domain/cell.ts';
import type { ClaimKind, IsolationFacts } from '../../../src/domain/isolation.ts';
import { conclude } from '../../../src/isolate/conclude.ts';
import { Cover } from '../../../src/isolate/cover.ts';
import type { IsolationState } from '../../../src/isolate/isolation-state.ts';
import { Isolator } from '../../../src/isolate/isolator.ts';
import { Witnesses } from '../../../src/isolate/witnesses.ts';
import { expectGrounds } from './grounds.ts';
import {
  causesOf,
  conjunction,
  countsOf,
  failingAt,
  type Nature,
  type VirtualPlan,
  virtualPlan,
} from './virtual-plan.ts';

const PLAN = virtualPlan(
  { kernel: ['5.0', '5.1', '5.2'], sync: ['sync', 'async'], size: [1, 4, 16] },
  { ordered: ['size'] },
);
const isKernelAsync = ({ kernel, sync }: Levels) => kernel === '5.1' && sync === 'async';

/** Facts after every trial, until it is settled. */
function* hunted(plan: VirtualPlan, nature: Nature, seed: string, most = 6000) {
  const isolator = new Isolator(plan.space, createRng(seed));
  const chance = createRng(`nature ${seed}`);
  for (let trial = 0; trial < most && !isolator.isSettled; trial++) {
    const cell = isolator.next();
    isolator.learn(cell, nature((plan.cells[cell] as { levels: Levels }).levels, chance.uniform()));
    const facts = conclude(isolator, true);
    expectGrounds(facts);
    yield { facts, isolator };
  }
}

/** The claims that were made in turn, each once. */
function claimsOf(plan: VirtualPlan, nature: Nature, seed: string): ClaimKind[] {
  const claims: ClaimKind[] = [];
  for (const { facts } of hunted(plan, nature, seed)) {
    if (facts.claim !== claims.at(-1)) claims.push(facts.claim);
  }
  return claims;
}

function lastOf(plan: VirtualPlan, nature: Nature, seed: string): IsolationFacts {
  let last: IsolationFacts | null = null;
  for (const { facts } of hunted(plan, nature, seed)) last = facts;
  return last as IsolationFacts;
}

describe('after every trial of a hunt', () => {
  const guilty = failingAt((levels) => (isKernelAsync(levels) ? 0.2 : 0));

  test('"needs" comes last: first nothing, then at most that it raises the rate', () => {
    for (const seed of ['a', 'b', 'c', 'd']) {
      const claims = claimsOf(PLAN, guilty, seed);
      expect(claims[0]).toBe('none');
      expect(claims.at(-1)).toBe('needs');
      expect(claims.indexOf('needs')).toBe(claims.length - 1);
    }
  });

  test('before the certificate nothing is claimed, and what is missing is said', () => {
    for (const { facts, isolator } of hunted(PLAN, guilty, 'a')) {
      if (['discover', 'search', 'certify'].includes(isolator.stage)) {
        expect(facts).toMatchObject({ claim: 'none', certificate: null });
      }
      const steps = facts.needed.map(({ step }) => step);
      switch (isolator.stage) {
        case 'discover':
          expect(['failure', 'search']).toContain(steps[0]);
          break;
        case 'search':
          expect(steps).toEqual(['search']);
          break;
        case 'certify':
          expect(steps[0]).toBe('certificate');
          break;
        case 'witness':
          expect(steps[0]).toBe('witness');
          break;
        case 'settled':
          expect(steps).toEqual([]);
      }
    }
  });

  test('the counts, the certificate and the milestones of a claim add up', () => {
    const facts = lastOf(PLAN, guilty, 'a');
    const { causes, outside, certificate, milestones, trials, failures } = facts;
    expect(causesOf(facts)).toEqual(['kernel=5.1 and sync=async']);
    expect((causes[0]?.inside.trials ?? 0) + outside.trials).toBe(trials);
    expect((causes[0]?.inside.failures ?? 0) + outside.failures).toBe(failures);
    expect(certificate?.freshTrials).toBeLessThan(trials);
    expect(certificate?.contrasts.length).toBe(3);
    const { failure = 0, frozen = 0, settled = 0 } = milestones;
    expect(failure).toBeLessThan(frozen);
    expect(frozen).toBeLessThan(settled);
    expect(settled).toBe(trials);
    for (const { levels } of facts.factors) {
      const sum = levels.reduce((total, level) => total + level.trials, 0);
      expect(sum).toBe(causes[0]?.inside.trials);
    }
  });

  test('with a background it is never "needs" once that was seen', () => {
    for (const seed of ['a', 'b', 'c']) {
      const nature = failingAt((levels) => (isKernelAsync(levels) ? 0.25 : 0.01));
      for (const { facts } of hunted(PLAN, nature, seed)) {
        if (facts.outside.failures > 0) expect(facts.claim).not.toBe('needs');
      }
    }
  });

  test('no factor matters: with a failure at every level of each, and only then', () => {
    const facts = lastOf(
      PLAN,
      failingAt(() => 0.2),
      'a',
    );
    expect(facts).toMatchObject({ claim: 'no-factor', needs: [], outside: { trials: 0 } });
    expect(facts.irrelevant).toEqual(['kernel', 'sync', 'size']);
    expect(facts.certificate?.contrasts).toEqual([]);
  });

  test('a level of the claim that never fails is not seen, and its factor not irrelevant', () => {
    const nature = failingAt((levels) => (isKernelAsync(levels) && levels.size !== 16 ? 0.3 : 0));
    const { irrelevant, causes, factors, claim } = lastOf(PLAN, nature, 'a');
    expect(claim).not.toBe('none');
    const named = causes.flatMap(({ literals }) => literals.map(({ factor }) => factor));
    // Either the claim names the sizes that fail, or it says that one was not seen.
    if (!named.includes('size')) {
      expect(irrelevant).not.toContain('size');
      const size = factors.find(({ factor }) => factor === 'size');
      expect(size?.levels.find(({ level }) => level === 16)?.seen).toBe('not-seen');
    }
  });
});

describe('of a state by hand', () => {
  const space = PLAN.space;
  const cover = new Cover(space, [conjunction(space, { kernel: ['5.1'], sync: ['async'] })]);

  /** All certified and settled; outside was looked at as far as `coverage` is told. */
  function stateOf(
    of: (levels: Levels) => readonly [failures: number, trials: number],
    parts: Partial<IsolationState> = {},
  ): IsolationState {
    const counts = countsOf(PLAN, of);
    const claimed = parts.cover ?? cover;
    return {
      space,
      counts,
      unknown: 7,
      attempt: 2,
      cover: claimed,
      certifier: {
        alpha: 0.0094,
        contrasts: [],
        open: [],
      } as unknown as IsolationState['certifier'],
      coverage: { missing: () => 0 } as unknown as IsolationState['coverage'],
      witnesses: claimed.causes.map((_, cause) => new Witnesses(space, claimed, cause, counts)),
      milestones: { frozen: 100, witness: 350 },
      frozenAt: 100,
      isHalved: false,
      isEven: true,
      isCertified: true,
      isSettled: true,
      beliefs: () => [],
      ...parts,
    };
  }
  const clean = (levels: Levels): readonly [number, number] =>
    isKernelAsync(levels) ? [5, 20] : [0, 40];

  test('certified, and clean outside: needs', () => {
    expect(conclude(stateOf(clean), true)).toMatchObject({
      claim: 'needs',
      needs: [
        { factor: 'kernel', levels: ['5.1'] },
        { factor: 'sync', levels: ['async'] },
      ],
      irrelevant: ['size'],
      certificate: { alpha: 0.0094, attempt: 2, freshTrials: 250 },
      unknown: 7,
      trials: 3 * 20 + 15 * 40,
    });
  });

  test('one failure outside, of six hundred: raises', () => {
    const facts = conclude(
      stateOf((levels) => {
        const one = levels.kernel === '5.0' && levels.sync === 'sync' && levels.size === 1;
        return isKernelAsync(levels) ? [5, 20] : [one ? 1 : 0, 40];
      }),
      true,
    );
    expect(facts.claim).toBe('raises');
    expect(facts.needs.length).toBe(2);
  });

  test('outside was not looked at: raises, though nothing failed there', () => {
    const missing = { missing: () => 3 } as unknown as IsolationState['coverage'];
    expect(conclude(stateOf(clean, { coverage: missing }), true).claim).toBe('raises');
    const untried = stateOf((levels) => (isKernelAsync(levels) ? [5, 20] : [0, 0]));
    expect(conclude(untried, true).claim).toBe('raises');
  });

  test('not certified: none, whatever the counts', () => {
    const facts = conclude(stateOf(clean, { isCertified: false, isSettled: false }), true);
    expect(facts).toMatchObject({ claim: 'none', needs: [], irrelevant: [], certificate: null });
  });

  test('two causes: any of them, and no literal is that of the failure', () => {
    const two = new Cover(space, [
      conjunction(space, { kernel: ['5.1'] }),
      conjunction(space, { sync: ['async'] }),
    ]);
    const facts = conclude(
      stateOf(({ kernel, sync }) => (kernel === '5.1' || sync === 'async' ? [5, 20] : [0, 40]), {
        cover: two,
      }),
      true,
    );
    expect(facts).toMatchObject({ claim: 'any-of', needs: [], outside: { failures: 0 } });
    // Cells that both explain are counted for neither.
    expect(facts.causes.map(({ inside }) => inside.trials)).toEqual([3 * 20, 6 * 20]);
  });

  test.each<[string, readonly [number, number], string, string]>([
    ['failed', [5, 20], 'failed', 'irrelevant'],
    ['clean for long', [0, 80], 'not-seen', 'modulates'],
    ['clean, not for long', [0, 3], 'too-few', 'open'],
    ['failed far too seldom', [1, 200], 'failed', 'modulates'],
  ])('a level that %s: %s is %s, its factor %s', (_, count, seen, standing) => {
    const { factors, irrelevant } = conclude(
      stateOf((levels) => {
        if (!isKernelAsync(levels)) return [0, 40];
        return levels.size === 16 ? count : [10, 40];
      }),
      true,
    );
    const size = factors.find(({ factor }) => factor === 'size');
    expect(size).toMatchObject({ standing });
    expect(size?.levels.find(({ level }) => level === 16)).toMatchObject({ seen });
    expect(irrelevant.includes('size')).toBe(standing === 'irrelevant');
  });

  test('no factor matters only where each has failed at every level', () => {
    const everywhere = new Cover(space, [[]]);
    const of = (of: (levels: Levels) => readonly [number, number]) =>
      conclude(stateOf(of, { cover: everywhere }), true);
    expect(of(() => [2, 40]).claim).toBe('no-factor');
    expect(of(({ size }) => (size === 16 ? [0, 400] : [2, 40])).claim).toBe('none');
    expect(of(({ size }) => (size === 16 ? [0, 1] : [2, 40])).claim).toBe('none');
  });
});
