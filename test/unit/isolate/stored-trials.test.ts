// Isolation of a stored hunt: followed again it has the certificate that it had while it ran, and
// trials that nobody chose for it are looked at in retrospect instead.

import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import type { Cell, Levels } from '../../../src/domain/cell.ts';
import type { FactorDeclaration } from '../../../src/domain/plan.ts';
import { hasFailed, type Verdict } from '../../../src/domain/trial.ts';
import { conclude } from '../../../src/isolate/conclude.ts';
import { factorSpaceOf, IsolationAccount, isolatorOf } from '../../../src/isolate/stored-trials.ts';
import { expectGrounds } from './grounds.ts';
import { causesOf, virtualPlan } from './virtual-plan.ts';

const { cells: NUMBERED } = virtualPlan({
  unit: [4096, 16_384, 65_536],
  writer: ['buffered', 'direct'],
  reader: ['buffered', 'direct'],
  program: ['builtin'],
});
/** As a plan numbers them of which some cells did not fit the place. */
const CELLS: readonly Cell[] = NUMBERED.map((cell) => ({ ...cell, index: 3 * cell.index + 1 }));

const DECLARED: readonly FactorDeclaration[] = [
  { name: 'unit', kind: 'size', about: '', fallback: 4096, switchTrials: 2 },
  { name: 'writer', kind: 'choice', about: '', fallback: 'buffered' },
];

const isTorn = ({ writer, reader }: Levels) => writer === 'direct' && reader === 'buffered';

type Trial = readonly [index: number, verdict: Verdict];

/** A hunt that is steered as the flow does it, with its trials and the facts of its end. */
function steered(seed: string, most = 3000) {
  const space = factorSpaceOf(CELLS, DECLARED);
  const isolator = isolatorOf(space, seed);
  const chance = createRng(`nature ${seed}`);
  const trials: Trial[] = [];
  while (!isolator.isSettled && trials.length < most) {
    const position = isolator.next();
    const { index, levels } = CELLS[position] as Cell;
    const drawn = chance.uniform();
    const verdict = drawn > 0.97 ? 'unknown' : isTorn(levels) && drawn < 0.2 ? 'damaged' : 'clean';
    isolator.learn(position, hasFailed(verdict));
    trials.push([index, verdict]);
  }
  return { trials, facts: conclude(isolator, true) };
}

function account(trials: readonly Trial[], seed: string, adaptive = true) {
  const space = factorSpaceOf(CELLS, DECLARED);
  const stored = new IsolationAccount(CELLS, space, seed, adaptive);
  for (const [index, verdict] of trials) stored.add(index, verdict, 0.1);
  return stored.facts();
}

describe('factorSpaceOf', () => {
  test('factors that vary, ordered where their kind has an order, with their cost', () => {
    const { factors } = factorSpaceOf(CELLS, DECLARED);
    expect(factors).toEqual([
      { name: 'unit', ordered: true, levels: [4096, 16_384, 65_536], cost: 2 },
      { name: 'writer', ordered: false, levels: ['buffered', 'direct'], cost: 0 },
      { name: 'reader', ordered: false, levels: ['buffered', 'direct'], cost: 0 },
    ]);
  });

  test('a factor that some arms do not have has "n/a" as a level, and no order then', () => {
    const arms: readonly Cell[] = [
      { index: 0, levels: { workload: 'append', record: 512 } },
      { index: 1, levels: { workload: 'mailbox', unit: 4096 } },
      { index: 2, levels: { workload: 'mailbox', unit: 512 } },
    ];
    const { factors } = factorSpaceOf(arms, DECLARED);
    expect(factors.find(({ name }) => name === 'unit')).toMatchObject({
      ordered: false,
      levels: ['n/a', 4096, 512],
    });
  });
});

test('only clean is clean, and unknown is neither', () => {
  expect((['clean', 'damaged', 'failed', 'unknown'] as const).map(hasFailed)).toEqual([
    false,
    true,
    true,
    null,
  ]);
});

describe('IsolationAccount', () => {
  test.each(['a', 'b', 'c'])('followed again: the facts of the live hunt (%s)', (seed) => {
    const { trials, facts } = steered(seed);
    expect(facts.claim).toBe('needs');
    expect(causesOf(facts)).toEqual(['reader=buffered and writer=direct']);
    expect(facts.unknown).toBeGreaterThan(0);
    expect(account(trials, seed)).toMatchObject(facts);
  });

  test('and those of its middle, where it was cut off', () => {
    const { trials } = steered('a');
    for (const most of [trials.length >> 1, trials.length - 1]) {
      const { facts } = steered('a', most);
      expect(account(trials.slice(0, most), 'a')).toMatchObject(facts);
    }
  });

  test('trials that it would not have asked for are looked at in retrospect', () => {
    const { trials } = steered('a');
    const other = account(trials, 'another seed');
    expectGrounds(other as NonNullable<typeof other>);
    expect(other?.milestones).toEqual({});
    expect(other?.trials).toBe(trials.filter(([, verdict]) => verdict !== 'unknown').length);
    const balanced = account(trials, 'a', false);
    expect(balanced?.milestones).toEqual({});
  });

  test('the same seed divides them in the same way', () => {
    const { trials } = steered('a');
    expect(account(trials, 'a', false)).toEqual(account(trials, 'a', false));
  });

  test('a balanced hunt is isolated too, once it is long', () => {
    const chance = createRng('balanced');
    const trials = Array.from({ length: 400 }, () =>
      CELLS.map(({ index, levels }): Trial => {
        return [index, isTorn(levels) && chance.uniform() < 0.2 ? 'damaged' : 'clean'];
      }),
    ).flat();
    const facts = account(trials, 'balanced', false);
    expect(facts?.claim).toBe('needs');
    expect(causesOf(facts as NonNullable<typeof facts>)).toEqual([
      'reader=buffered and writer=direct',
    ]);
  });

  test('without a failure, or with nothing varied, there is nothing to isolate', () => {
    const clean = CELLS.map(({ index }): Trial => [index, 'clean']);
    expect(account(clean, 'a', false)).toBeNull();
    expect(account([], 'a')).toBeNull();
    const one = CELLS.slice(0, 1);
    const stored = new IsolationAccount(one, factorSpaceOf(one, DECLARED), 'a', true);
    stored.add(one[0]?.index ?? 0, 'damaged', 0.1);
    expect(stored.facts()).toBeNull();
  });

  test('trials of cells that the plan no longer has are left out', () => {
    const { trials, facts } = steered('a');
    const strangers = trials.flatMap((trial): Trial[] => [trial, [0, 'damaged']]);
    expect(account(strangers, 'a')).toMatchObject(facts);
  });

  test('how long trials took is kept for the time to failure', () => {
    const { trials } = steered('a');
    const guilty = CELLS.filter(({ levels }) => isTorn(levels)).map(({ index }) => index);
    const inside = trials.filter(([index, verdict]) => {
      return guilty.includes(index) && verdict !== 'unknown';
    });
    const time = account(trials, 'a')?.timeToFailure;
    expect(time?.seconds).toBeCloseTo(0.1 * inside.length, 6);
    expect(time?.failures).toBe(inside.filter(([, verdict]) => verdict === 'damaged').length);
    expect(time?.rate).toBeCloseTo((time?.failures ?? 0) / (time?.seconds ?? 1), 9);
  });
});
