// A proof under way: when it stops, what it says meanwhile, and how many more trials it would need.

import { describe, expect, test } from 'vitest';
import type { ProofSide } from '../../../src/domain/proof.ts';
import {
  ProofWatch,
  type ProofTerms as Terms,
  trialsNeeded,
} from '../../../src/isolate/proof-watch.ts';

const TERMS: Terms = { withoutControl: null, under: null, before: { trials: 600, failures: 2 } };

/** Pairs, each as `of`: in which of the two it failed. */
function fed(pairs: readonly string[], terms: Terms = TERMS): ProofWatch {
  const watch = new ProofWatch(terms);
  for (const pair of pairs) {
    const sides: ProofSide[] = terms.withoutControl === null ? ['old', 'fixed'] : ['fixed'];
    for (const side of sides) watch.add(side, pair.includes(side));
  }
  return watch;
}

const pairs = (count: number, failing = ''): string[] => Array(count).fill(failing);

describe('concluded', () => {
  test('not before six failures of the old side without one of the fixed', () => {
    expect(fed([...pairs(300), ...pairs(5, 'old')]).concluded()).toBeNull();
    expect(fed([...pairs(300), ...pairs(6, 'old')]).concluded()).toBe('the fix is proven');
  });

  test('two clean sides never conclude', () => {
    const watch = fed(pairs(5000));
    expect(watch.concluded()).toBeNull();
    expect(watch.proof().outcome).toBe('open');
  });

  test('what has failed three times, with nothing speaking for it, is given up', () => {
    const twice = fed(['old', 'fixed', 'old', 'fixed']);
    expect(twice.concluded()).toBeNull();
    expect(fed(['old', 'fixed', 'old', 'fixed', 'fixed']).concluded()).toMatch(/fails, too/);
  });

  test('where both nearly always fail, ten failures of the fixed side are enough', () => {
    expect(fed(pairs(9, 'old fixed')).concluded()).toBeNull();
    expect(fed(pairs(10, 'old fixed')).concluded()).toMatch(/fails, too/);
  });

  test('rarer is concluded, and is no proof', () => {
    const watch = fed(['fixed', ...pairs(20, 'old')]);
    expect(watch.proof().outcome).toBe('rarer');
    expect(watch.concluded()).toMatch(/less often, but it fails/);
  });

  test('--under goes on after the proof until the bound is as low', () => {
    const terms = { ...TERMS, under: 0.01 };
    const proven = [...pairs(6, 'old')];
    expect(fed(proven, terms).proof().outcome).toBe('open');
    expect(fed([...proven, ...pairs(292)], terms).concluded()).toBeNull();
    // 0 of 299: under 1 %, as the rule of three has it.
    expect(fed([...proven, ...pairs(293)], terms).concluded()).toBe('the fix is proven');
  });

  test('seven clean trials prove nothing: 5 % takes 59, unless another bound is given', () => {
    const six = pairs(6, 'old');
    expect(fed([...six, ...pairs(1)]).proof().outcome).toBe('open');
    expect(fed([...six, ...pairs(52)]).proof().outcome).toBe('open');
    expect(fed([...six, ...pairs(53)]).proof().outcome).toBe('proven');
    expect(fed(six, { ...TERMS, under: 0.5 }).proof().outcome).toBe('proven');
  });

  test('every fixed cell is tried ten times, or its share of what the bound takes', () => {
    const cells = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ old: 0, fixed: at + 1 }));
    const terms = { ...TERMS, withoutControl: 0.5 };
    const outcome = (count: number, trials: number) =>
      fed(pairs(trials), { ...terms, pairs: cells(count) }).proof().outcome;
    expect([outcome(2, 58), outcome(2, 59)]).toEqual(['open', 'proven']);
    expect([outcome(80, 79), outcome(80, 80)]).toEqual(['open', 'proven']);
    expect([outcome(5, 59), outcome(50, 99), outcome(50, 100)]).toEqual([
      'proven',
      'open',
      'proven',
    ]);
  });

  test('a fixed cell that failed in the hunt itself is never proven, at best rarer', () => {
    const failedBefore = [{ levels: {}, trials: 158, failures: 7 }];
    const watch = fed([...pairs(300), ...pairs(6, 'old')], { ...TERMS, failedBefore });
    expect(watch.proof().outcome).toBe('rarer');
    expect(watch.concluded()).toMatch(/it failed in the hunt/);
    const given = { ...TERMS, withoutControl: 1 / 4, failedBefore };
    expect(fed(pairs(500), given).proof().outcome).toBe('rarer');
  });

  test('without a control clean trials alone prove, and the first failure ends it', () => {
    const terms = { ...TERMS, withoutControl: 1 / 300 };
    expect(fed(pairs(897), terms).concluded()).toBeNull();
    expect(fed(pairs(898), terms).concluded()).toBe('the fix is proven');
    expect(fed([...pairs(10), 'fixed'], terms).concluded()).toMatch(/fails, too/);
  });
});

describe('news', () => {
  test('whenever something has failed, and once when it is shown', () => {
    const watch = fed(pairs(3));
    expect(watch.news()).toBeNull();
    watch.add('old', true);
    expect(watch.news()).toBe('old failed in 1 of 4, fixed in 0 of 3');
    expect(watch.news()).toBeNull();
    for (let pair = 0; pair < 8; pair++) {
      watch.add('fixed', false);
      watch.add('old', true);
    }
    expect(watch.news()).toMatch(/: the fixed side fails less often$/);
    watch.add('old', true);
    expect(watch.news()).toBeNull();
  });
});

describe('trialsNeeded', () => {
  const needed = (watch: ProofWatch, terms: Terms) => trialsNeeded(watch.proof(), terms);

  test('at first by the rate that was seen before: 6 failures at 2 of 600, on both sides', () => {
    expect(needed(fed([]), TERMS)).toBe(2 * 6 * 300);
  });

  test('then by the rate of the old side as it is now', () => {
    expect(needed(fed([...pairs(9), 'old']), TERMS)).toBe(2 * 5 * 10);
  });

  test('nobody can say where the old side was never seen to fail', () => {
    const terms = { ...TERMS, before: { trials: 600, failures: 0 } };
    expect(needed(fed(pairs(50)), terms)).toBeNull();
  });

  test('nothing helps once the fixed side has failed', () => {
    expect(needed(fed(['old', 'fixed']), TERMS)).toBeNull();
  });

  test('without a control 898 clean trials against 1 in 300', () => {
    const terms = { ...TERMS, withoutControl: 1 / 300 };
    expect(needed(fed([], terms), terms)).toBe(898);
    expect(needed(fed(pairs(100), terms), terms)).toBe(798);
  });

  test('a bound that is asked for besides', () => {
    const terms = { ...TERMS, under: 0.01 };
    expect(needed(fed(pairs(6, 'old'), terms), terms)).toBe(2 * (299 - 6));
  });
});
