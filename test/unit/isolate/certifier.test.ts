// The certificate: what is compared with what, which trials count for it, and when it is complete
// or given up. A comparison of cells that differ in two things would certify the wrong one.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import type { Level } from '../../../src/domain/cell.ts';
import { CellCounts } from '../../../src/isolate/cell-counts.ts';
import { Certifier, type Round } from '../../../src/isolate/certifier.ts';
import { Cover } from '../../../src/isolate/cover.ts';
import { Coverage } from '../../../src/isolate/coverage.ts';
import { pairsNeeded } from '../../../src/isolate/pair-evidence.ts';
import { Witnesses } from '../../../src/isolate/witnesses.ts';
import { conjunction, countsOf, type VirtualPlan, virtualPlan } from './virtual-plan.ts';

type Wanted = Readonly<Record<string, readonly Level[]>>;

const ALPHA = 0.036;
const LEVELS = {
  kernel: ['5.0', '5.1', '5.2'],
  sync: ['sync', 'async'],
  storage: ['local', 'nfs'],
  size: [1, 4, 16],
};
const PLAN = virtualPlan(LEVELS, { ordered: ['size'] });
const KERNEL_ASYNC: Wanted = { kernel: ['5.1'], sync: ['async'] };
const NFS_SMALL: Wanted = { storage: ['nfs'], size: [1] };

function certifierOf(
  plan: VirtualPlan,
  causes: readonly Wanted[],
  counts = new CellCounts(plan.cells.length),
  seed = 'certificate',
) {
  const { space } = plan;
  const cover = new Cover(
    space,
    causes.map((wanted) => conjunction(space, wanted)),
  );
  const witnesses = causes.map((_, cause) => new Witnesses(space, cover, cause, counts));
  const coverage = new Coverage(space, cover, counts);
  const wanted = { witnesses, coverage };
  return { cover, certifier: new Certifier(space, cover, ALPHA, createRng(seed), wanted) };
}

/** Factors in which two cells differ. */
function difference({ space }: VirtualPlan, a: number, b: number): number[] {
  return space.factors.flatMap((_, factor) =>
    space.levelOf(a, factor) === space.levelOf(b, factor) ? [] : [factor],
  );
}

/** Settles rounds in which only the trial inside fails, until none is left open. */
function certify(certifier: Certifier, most = 500): Round[] {
  const rounds: Round[] = [];
  while (certifier.open.length > 0 && rounds.length < most) {
    const round = certifier.nextRound();
    round.settle(round.cells.map((_, at) => at === 0));
    rounds.push(round);
  }
  return rounds;
}

describe('rounds', () => {
  const LITERALS = fc.record<Record<string, readonly Level[]>>(
    {
      kernel: fc.constantFrom(['5.0'], ['5.1'], ['5.1', '5.2']),
      sync: fc.constantFrom(['sync'], ['async']),
      storage: fc.constantFrom(['local'], ['nfs']),
      size: fc.constantFrom([1], [1, 4], [4, 16]),
    },
    { requiredKeys: [] },
  );
  const CAUSES = fc.array(
    LITERALS.filter((each) => [1, 2, 3].includes(Object.keys(each).length)),
    { minLength: 1, maxLength: 3 },
  );

  test('flip one factor of the cause, and never into a cell that is explained', () => {
    const holes = fc.constantFrom('5.0', '5.1', '5.2', null);
    fc.assert(
      fc.property(CAUSES, holes, fc.string({ maxLength: 4 }), (causes, hole, seed) => {
        const plan = virtualPlan(LEVELS, {
          where: ({ kernel, sync, size }) => !(kernel === hole && sync === 'async' && size === 4),
        });
        const { cover, certifier } = certifierOf(plan, causes, undefined, seed);
        for (let at = 0; at < 40 && certifier.open.length > 0; at++) {
          const { cells, settle } = certifier.nextRound();
          const [inside = -1, ...flipped] = cells;
          const cause = cover.explainedBy[inside] as number;
          expect(cause).toBeGreaterThanOrEqual(0);
          expect(flipped.length).toBeGreaterThan(0);
          expect(new Set(cells).size).toBe(cells.length);
          for (const cell of flipped) {
            expect(cover.explainedBy[cell]).toBe(-1);
            const [factor, ...more] = difference(plan, inside, cell);
            expect(more).toEqual([]);
            const literal = cover.causes[cause]?.find((set) => set.factor === factor);
            expect(literal?.member[plan.space.levelOf(cell, factor as number)]).toBe(0);
          }
          settle(cells.map((_, position) => (position === 0 ? at % 2 === 0 : false)));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('the same seed chooses the same cells, another one others', () => {
    const cells = (seed: string) =>
      certify(certifierOf(PLAN, [KERNEL_ASYNC], undefined, seed).certifier).map(
        (round) => round.cells,
      );
    expect(cells('a')).toEqual(cells('a'));
    expect(cells('a')).not.toEqual(cells('b'));
  });

  test('serve every contrast of their cause that is still open, and no other', () => {
    const { certifier } = certifierOf(PLAN, [KERNEL_ASYNC]);
    expect(certifier.contrasts.length).toBe(3);
    const rounds = certify(certifier);
    expect(rounds.length).toBe(pairsNeeded(ALPHA));
    for (const { cells } of rounds) expect(cells.length).toBe(4);
  });
});

describe('what counts', () => {
  test('a pair of which one trial has no outcome is void, and no other', () => {
    const { certifier } = certifierOf(PLAN, [KERNEL_ASYNC]);
    certifier.nextRound().settle([null, true, true, true]);
    const pairs = () => certifier.contrasts.map(({ evidence }) => evidence.pairs);
    expect(pairs()).toEqual([0, 0, 0]);
    certifier.nextRound().settle([true, false, null, false]);
    expect(pairs().toSorted()).toEqual([0, 1, 1]);
    const void_ = certifier.contrasts.find(({ evidence }) => evidence.pairs === 0);
    expect(void_).toMatchObject({
      inside: { trials: 0, failures: 0 },
      flipped: { trials: 0, failures: 0 },
    });
  });

  test('both sides are counted, and pairs in which one alone failed', () => {
    const { certifier } = certifierOf(PLAN, [{ sync: ['async'] }]);
    for (const failed of [
      [true, false],
      [true, true],
      [false, true],
      [true, false],
      [false, false],
    ]) {
      certifier.nextRound().settle(failed);
    }
    expect(certifier.contrasts).toMatchObject([
      {
        inside: { trials: 5, failures: 3 },
        flipped: { trials: 5, failures: 2 },
        evidence: { only: 2, onlyOther: 1, pairs: 5 },
      },
    ]);
  });

  test('the certificate is complete when each contrast has 1 / alpha, and not before', () => {
    const { certifier } = certifierOf(PLAN, [KERNEL_ASYNC, NFS_SMALL]);
    expect(certifier.contrasts.length).toBe(3 + 3);
    expect(certifier.isComplete).toBe(false);
    while (!certifier.isComplete) {
      expect(certifier.open.length).toBeGreaterThan(0);
      const { cells, settle } = certifier.nextRound();
      settle(cells.map((_, at) => at === 0));
    }
    for (const { evidence } of certifier.contrasts) {
      expect(evidence.value).toBeGreaterThanOrEqual(1 / ALPHA);
    }
  });

  test('a claim without a literal has nothing to certify', () => {
    const { certifier } = certifierOf(PLAN, [{}]);
    expect(certifier.contrasts).toEqual([]);
    expect(certifier.isComplete).toBe(false);
    expect(certifier.isHopeless).toBe(false);
  });
});

describe('contrasts without a partner', () => {
  // 5.2 is only installed where the storage is local.
  const HOLED = virtualPlan(LEVELS, {
    where: ({ kernel, storage }) => kernel !== '5.2' || storage === 'local',
  });

  test('have no cells and are left out of the certificate', () => {
    const { certifier } = certifierOf(HOLED, [{ kernel: ['5.1'], storage: ['nfs'] }]);
    const untestable = certifier.contrasts.filter(({ cells }) => cells.length === 0);
    expect(untestable.map(({ against }) => LEVELS.kernel[against])).toEqual(['5.2']);
    expect(certifier.testable.length).toBe(certifier.contrasts.length - 1);
    certify(certifier);
    expect(certifier.isComplete).toBe(true);
    expect(untestable[0]?.evidence.pairs).toBe(0);
  });

  test('cells that another cause explains are no partners', () => {
    // Whatever the kernel is, async fails by the other cause.
    const { certifier, cover } = certifierOf(PLAN, [{ kernel: ['5.1'] }, { sync: ['async'] }]);
    for (const { cause, cells, set, against } of certifier.testable) {
      for (const cell of cells) {
        expect(cover.explainedBy[cell]).toBe(cause);
        expect(cover.explainedBy[PLAN.space.flip(cell, set.factor, against)]).toBe(-1);
      }
    }
    expect(cover.explainedBy.some((by) => by === -2)).toBe(true);
  });
});

describe('a level that is left out of a set of several', () => {
  const WIDE: Wanted = { size: [4, 16] };
  const counts = countsOf(PLAN, ({ size }) => (size === 1 ? [0, 0] : [2, 10]));

  test('must be clean for long: failing less is not enough', () => {
    const { certifier } = certifierOf(PLAN, [WIDE], counts);
    for (let pair = 0; pair < pairsNeeded(ALPHA); pair++) {
      const { cells, settle } = certifier.nextRound();
      settle(cells.map((_, at) => at === 0));
    }
    expect(certifier.contrasts[0]?.evidence.value).toBeGreaterThanOrEqual(1 / ALPHA);
    expect(certifier.isComplete).toBe(false);
    // At a rate of 0.2, 45 clean trials leave it out.
    const further = certify(certifier).length;
    expect(further + pairsNeeded(ALPHA)).toBeGreaterThan(40);
    expect(further).toBeLessThan(60);
    expect(certifier.isComplete).toBe(true);
  });

  test('or have shown that it fails by itself', () => {
    const { certifier } = certifierOf(PLAN, [WIDE], counts);
    certifier.nextRound().settle([false, true]);
    let rounds = 0;
    for (; !certifier.isComplete; rounds++) certifier.nextRound().settle([true, false]);
    expect(rounds).toBeLessThan(30);
  });
});

describe('isHopeless', () => {
  const counts = countsOf(PLAN, ({ sync }) => (sync === 'async' ? [30, 100] : [0, 0]));

  /** Pairs until it is; in every second one the trial inside fails. */
  function pairsUntil(flippedFails: (insideFails: boolean) => boolean): number {
    const { certifier } = certifierOf(PLAN, [{ sync: ['async'] }], counts);
    let pairs = 0;
    for (; !certifier.isHopeless && pairs < 1000; pairs++) {
      const even = pairs % 2 === 0;
      certifier.nextRound().settle([even, flippedFails(even)]);
    }
    return pairs;
  }

  test('after many pairs that certify nothing', () => {
    const pairs = pairsUntil((insideFails) => insideFails);
    // Forty failures inside, at a rate of 0.3.
    expect(pairs).toBeGreaterThan(100);
    expect(pairs).toBeLessThan(200);
  });

  test('at once where the flipped side fails as often: no need to wait for forty', () => {
    const pairs = pairsUntil((insideFails) => !insideFails);
    expect(pairs).toBeGreaterThan(8);
    expect(pairs).toBeLessThan(30);
  });

  test('near miss: a flipped side that fails a third as often, first of all', () => {
    const { certifier } = certifierOf(PLAN, [{ sync: ['async'] }], counts);
    let pairs = 0;
    for (; !certifier.isComplete && pairs < 1000; pairs++) {
      const other = pairs % 4 === 0;
      certifier.nextRound().settle([!other, other]);
      expect(certifier.isHopeless).toBe(false);
    }
    expect(certifier.isComplete).toBe(true);
  });

  test('near miss: no contrast that certified is hopeless, however long it goes on', () => {
    const { certifier } = certifierOf(PLAN, [{ sync: ['async'] }], counts);
    certify(certifier);
    expect(certifier.isComplete).toBe(true);
    expect(certifier.isHopeless).toBe(false);
  });
});
