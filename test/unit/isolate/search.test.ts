// What a search proposes, and what it thinks of a claim that was frozen: two causes are sought
// wherever one would be said, or none.

import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import type { Level, Levels } from '../../../src/domain/cell.ts';
import type { CellCounts } from '../../../src/isolate/cell-counts.ts';
import { literalsOf } from '../../../src/isolate/conjunction.ts';
import { Posterior } from '../../../src/isolate/posterior.ts';
import { type Proposal, Search } from '../../../src/isolate/search.ts';
import { conjunction, countsOf, literalsName, PLAN } from './virtual-plan.ts';

const TRIALS = 200;
const KERNEL_ASYNC = { kernel: ['5.1'], sync: ['async'] };
const SMALL_NFS = { storage: ['nfs'], size: [1] };
const BOTH = ['kernel=5.1 and sync=async', 'size=1 and storage=nfs'];

type Wanted = Readonly<Record<string, readonly Level[]>>;

const holds = (wanted: Wanted, levels: Levels) =>
  Object.entries(wanted).every(([factor, all]) => all.includes(levels[factor] as Level));

/** A search after 200 trials of each cell, two of which failed where one of the causes holds. */
function searchAfter(...causes: readonly Wanted[]): Search {
  return searchOf(
    countsOf(PLAN, (levels) => [2 * causes.filter((each) => holds(each, levels)).length, TRIALS]),
  );
}

function searchOf(counts: CellCounts): Search {
  const posterior = new Posterior(PLAN.space);
  const search = new Search(PLAN.space, counts, posterior, createRng('search'));
  for (const { index } of PLAN.cells) {
    const failures = counts.failures[index] as number;
    if (failures > 0) search.failedAt(index);
    if (failures > 0) posterior.observe(index, true, failures);
    posterior.observe(index, false, (counts.trials[index] as number) - failures);
  }
  return search;
}

function frozen(...causes: readonly Wanted[]): Proposal {
  return { causes: causes.map((wanted) => conjunction(PLAN.space, wanted)), byCells: false };
}

function names(proposal: Proposal | null): string[] | null {
  if (proposal === null) return null;
  return proposal.causes.map((cause) => literalsName(literalsOf(cause, PLAN.space))).toSorted();
}

describe('propose', () => {
  test('two causes, at whatever look a claim would be frozen', () => {
    for (let looks = 0; looks < 5; looks++) {
      const search = searchAfter(KERNEL_ASYNC, SMALL_NFS);
      for (let look = 0; look < looks; look++) search.propose(0);
      const said = names(search.propose(0));
      if (said !== null) expect(said, `look ${looks}`).toEqual(BOTH);
    }
    expect(names(searchAfter(KERNEL_ASYNC, SMALL_NFS).propose(0))).toEqual(BOTH);
  });

  test('near miss: one where there is one', () => {
    expect(names(searchAfter(KERNEL_ASYNC).propose(0))).toEqual([BOTH[0]]);
  });
});

describe('betterThan', () => {
  test('a second cause beside the frozen one that left failures outside', () => {
    const search = searchAfter(KERNEL_ASYNC, SMALL_NFS);
    expect(names(search.betterThan(frozen(KERNEL_ASYNC)))).toEqual(BOTH);
    expect(names(search.betterThan(frozen(SMALL_NFS)))).toEqual(BOTH);
  });

  test('two causes where no factor seemed to matter', () => {
    const search = searchAfter(KERNEL_ASYNC, SMALL_NFS);
    expect(names(search.betterThan(frozen({})))).toEqual(BOTH);
  });

  test('near misses: one cause, a stray failure beside it, failures everywhere', () => {
    expect(searchAfter(KERNEL_ASYNC).betterThan(frozen(KERNEL_ASYNC))).toBeNull();
    const stray = countsOf(PLAN, (levels) => [holds(KERNEL_ASYNC, levels) ? 2 : 0, TRIALS]);
    stray.add(0, true);
    expect(searchOf(stray).betterThan(frozen(KERNEL_ASYNC))).toBeNull();
    expect(searchOf(countsOf(PLAN, () => [1, TRIALS])).betterThan(frozen({}))).toBeNull();
  });

  test('of two causes nothing is better', () => {
    const search = searchAfter(KERNEL_ASYNC, SMALL_NFS);
    expect(search.betterThan(frozen(KERNEL_ASYNC, SMALL_NFS))).toBeNull();
  });
});

describe('isDoubtful', () => {
  test('two that were frozen, where two others explain the failures', () => {
    const search = searchAfter(KERNEL_ASYNC, SMALL_NFS);
    expect(search.isDoubtful(frozen(KERNEL_ASYNC, { storage: ['local'], sync: ['sync'] }))).toBe(
      true,
    );
  });

  test('near miss: the two that do explain them, in either order', () => {
    const both = [KERNEL_ASYNC, SMALL_NFS];
    for (const causes of [both, both.toReversed()]) {
      expect(searchAfter(...both).isDoubtful(frozen(...causes))).toBe(false);
    }
  });
});
