// Which sets of levels a hypothesis may name, and that what is believed of them before any trial is
// a probability.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { levelSet } from '../../../src/isolate/conjunction.ts';
import type { FactorSpace } from '../../../src/isolate/factor-space.ts';
import { logPriorOfSet, setsHolding } from '../../../src/isolate/level-sets.ts';
import { virtualPlan } from './virtual-plan.ts';

function spaceOf(count: number, ordered: boolean): FactorSpace {
  const levels = Array.from({ length: count }, (_, level) => level);
  return virtualPlan({ n: levels }, { ordered: ordered ? ['n'] : [] }).space;
}

/** Of all levels: members as text to log prior; each set once for each level that it holds. */
function priorsOf(space: FactorSpace): Map<string, number> {
  const priors = new Map<string, number>();
  for (let level = 0; level < space.levelCount(0); level++) {
    for (const { set, logPrior } of setsHolding(space, 0, level)) {
      const name = set.member.join('');
      expect(set.member[level], name).toBe(1);
      expect(priors.get(name) ?? logPrior, name).toBe(logPrior);
      priors.set(name, logPrior);
    }
  }
  return priors;
}

const COUNT = fc.integer({ min: 2, max: 16 });

describe('setsHolding', () => {
  test('every set is proper, named once for a level, and its size is that of its members', () => {
    fc.assert(
      fc.property(COUNT, fc.boolean(), fc.nat(), (count, ordered, at) => {
        const sets = setsHolding(spaceOf(count, ordered), 0, at % count);
        const names = sets.map(({ set }) => set.member.join(''));
        expect(new Set(names).size).toBe(names.length);
        for (const { set } of sets) {
          const members = set.member.reduce((sum, each) => sum + each, 0);
          expect(members).toBe(set.size);
          expect(members).toBeGreaterThan(0);
          expect(members).toBeLessThan(count);
        }
        expect(sets[0]?.set.size).toBe(1);
      }),
    );
  });

  test('sets of an ordered factor are ranges', () => {
    fc.assert(
      fc.property(COUNT, (count) => {
        for (const name of priorsOf(spaceOf(count, true)).keys()) {
          expect(name).toMatch(/^0*1+0*$/);
        }
      }),
    );
  });

  test('by hand: three sizes, three kernels, two modes', () => {
    expect([...priorsOf(spaceOf(3, true)).keys()].toSorted()).toEqual(
      ['001', '010', '011', '100', '110'].toSorted(),
    );
    expect([...priorsOf(spaceOf(3, false)).keys()].toSorted()).toEqual(
      ['001', '010', '011', '100', '101', '110'].toSorted(),
    );
    expect([...priorsOf(spaceOf(2, true)).keys()].toSorted()).toEqual(['01', '10']);
  });

  test('of many levels not every set is one, but each range that is open on one side', () => {
    const ordered = [...priorsOf(spaceOf(16, true)).keys()];
    for (let low = 1; low < 15; low++) {
      expect(ordered).toContain('0'.repeat(low) + '1'.repeat(16 - low));
      expect(ordered).toContain('1'.repeat(low) + '0'.repeat(16 - low));
    }
    expect(ordered).not.toContain(`0${'1'.repeat(14)}0`);
    // Pairs, and all but one, and single levels.
    expect(priorsOf(spaceOf(9, false)).size).toBe(36 + 9 + 9);
  });
});

describe('priors', () => {
  test('sum to 1 over the sets of a factor, however many levels it has', () => {
    fc.assert(
      fc.property(COUNT, fc.boolean(), (count, ordered) => {
        const priors = [...priorsOf(spaceOf(count, ordered)).values()];
        const sum = priors.reduce((total, log) => total + Math.exp(log), 0);
        expect(sum).toBeCloseTo(1, 12);
      }),
    );
  });

  test('one level is believed more than any set of several', () => {
    const space = spaceOf(4, false);
    const [single, ...several] = setsHolding(space, 0, 2);
    for (const { logPrior } of several) expect(logPrior).toBeLessThan(single?.logPrior as number);
  });

  test('that of a set is found again, and a set that is no hypothesis has none', () => {
    fc.assert(
      fc.property(COUNT, fc.boolean(), fc.nat(), (count, ordered, at) => {
        const space = spaceOf(count, ordered);
        for (const { set, logPrior } of setsHolding(space, 0, at % count)) {
          expect(logPriorOfSet(space, set)).toBe(logPrior);
        }
      }),
    );
    const gap = levelSet(0, [0, 2], 4);
    expect(logPriorOfSet(spaceOf(4, true), gap)).toBe(Number.NEGATIVE_INFINITY);
    expect(logPriorOfSet(spaceOf(4, false), gap)).toBeGreaterThan(-10);
  });
});
