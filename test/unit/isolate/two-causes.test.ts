// Two causes at once: found together where their failures show, and never called the need of all
// failures, however rare they are. A single cause is never made into two.

import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import type { Levels } from '../../../src/domain/cell.ts';
import { conclude } from '../../../src/isolate/conclude.ts';
import { type Conjunction, literalsOf } from '../../../src/isolate/conjunction.ts';
import { Isolator } from '../../../src/isolate/isolator.ts';
import { proposeTwo } from '../../../src/isolate/two-causes.ts';
import { expectGrounds } from './grounds.ts';
import {
  causesOf,
  conjunction,
  countsOf,
  drive,
  failingAt,
  literalsName,
  PLAN,
} from './virtual-plan.ts';

const isKernelAsync = ({ kernel, sync }: Levels) => kernel === '5.1' && sync === 'async';
const isSmallNfs = ({ storage, size }: Levels) => storage === 'nfs' && size === 1;
const BOTH = ['kernel=5.1 and sync=async', 'size=1 and storage=nfs'];

describe('proposeTwo', () => {
  const names = (causes: readonly Conjunction[] | null) =>
    causes?.map((cause) => literalsName(literalsOf(cause, PLAN.space))).toSorted() ?? null;
  const first = conjunction(PLAN.space, { kernel: ['5.1'], sync: ['async'] });
  const counts = countsOf(PLAN, (levels) => [
    (isKernelAsync(levels) ? 2 : 0) + (isSmallNfs(levels) ? 2 : 0),
    200,
  ]);

  test('finds the second where the first explains half', () => {
    expect(names(proposeTwo(PLAN.space, counts, first, 0.6))).toEqual(BOTH);
  });

  test('from a first one that is too narrow as well', () => {
    const narrow = conjunction(PLAN.space, { kernel: ['5.1'], sync: ['async'], size: [4, 16, 64] });
    expect(names(proposeTwo(PLAN.space, counts, narrow, 0.6))).toEqual(BOTH);
  });

  test('near misses: one cause, one and a stray failure, no factor', () => {
    const one = countsOf(PLAN, (levels) => [isKernelAsync(levels) ? 2 : 0, 200]);
    expect(proposeTwo(PLAN.space, one, first, 0.6)).toBeNull();
    one.add(0, true);
    expect(proposeTwo(PLAN.space, one, first, 0.6)).toBeNull();
    const even = countsOf(PLAN, () => [1, 200]);
    expect(proposeTwo(PLAN.space, even, [], 0.6)).toBeNull();
    expect(proposeTwo(PLAN.space, even, first, 0.6)).toBeNull();
  });
});

function hunt(rate: (levels: Levels) => number, seed: string, most = 6000) {
  const isolator = new Isolator(PLAN.space, createRng(seed));
  drive(isolator, PLAN, failingAt(rate), { seed, most });
  const facts = conclude(isolator, true);
  expectGrounds(facts);
  return facts;
}

describe('hunted', () => {
  const either = (rate: number) => (levels: Levels) =>
    isKernelAsync(levels) || isSmallNfs(levels) ? rate : 0;

  test('frequent: both are named, and neither is called a need', () => {
    let named = 0;
    for (let seed = 0; seed < 15; seed++) {
      const facts = hunt(either(0.2), `hunt ${seed}`);
      expect(['any-of', 'raises', 'none'], `hunt ${seed}`).toContain(facts.claim);
      if (facts.claim !== 'any-of') continue;
      named++;
      expect(causesOf(facts)).toEqual(BOTH);
    }
    expect(named).toBeGreaterThan(10);
  });

  test('rare, so that one may be certified before the other is seen: not a need either', () => {
    const needs: string[] = [];
    for (let seed = 0; seed < 30; seed++) {
      const facts = hunt(either(0.02), `hunt ${seed}`);
      if (facts.claim === 'needs') needs.push(`hunt ${seed}: needs ${causesOf(facts)}`);
    }
    expect(needs).toEqual([]);
  });
});
