// Evidence of matched pairs against arithmetic by hand, and how often it would certify a literal
// whose flipping changes nothing when one looks after every pair.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import {
  betEvidence,
  PairEvidence,
  pairEvidence,
  pairsNeeded,
} from '../../../src/isolate/pair-evidence.ts';

const byHand = (only: number, onlyOther: number) =>
  0.85 * (2 * 0.99) ** only * (2 * 0.01) ** onlyOther +
  0.15 * (2 * 0.85) ** only * (2 * 0.15) ** onlyOther;

describe('pairEvidence', () => {
  test.each([
    [0, 0, 1],
    [1, 0, 1.938],
    [5, 0, byHand(5, 0)],
    [9, 1, byHand(9, 1)],
    [14, 3, byHand(14, 3)],
    [0, 3, byHand(0, 3)],
  ])('%i to %i', (only, onlyOther, value) => {
    expect(pairEvidence(only, onlyOther)).toBeCloseTo(value, 9);
  });

  test('no count breaks it', () => {
    expect(pairEvidence(1e6, 0)).toBe(Number.POSITIVE_INFINITY);
    expect(pairEvidence(0, 1e6)).toBe(0);
    expect(pairEvidence(3000, 3000)).toBe(0);
  });

  test('one more pair does not raise it on average, if flipping lowers nothing', () => {
    const count = fc.integer({ min: 0, max: 80 });
    fc.assert(
      fc.property(count, count, fc.double({ min: 0, max: 0.5, noNaN: true }), (a, b, share) => {
        const next = share * pairEvidence(a + 1, b) + (1 - share) * pairEvidence(a, b + 1);
        expect(next).toBeLessThanOrEqual(pairEvidence(a, b) * (1 + 1e-12));
      }),
    );
  });

  test('pairs that certify: at 5 % five, and one less does not', () => {
    expect(pairsNeeded(0.05)).toBe(5);
    for (const alpha of [0.05, 0.036, 0.0094, 0.0041, 1e-4, 1e-9]) {
      const pairs = pairsNeeded(alpha);
      expect(pairEvidence(pairs, 0)).toBeGreaterThanOrEqual(1 / alpha);
      expect(pairEvidence(pairs - 1, 0)).toBeLessThan(1 / alpha);
    }
  });
});

describe('betEvidence', () => {
  const BETS = [
    { share: 0.9, weight: 0.5 },
    { share: 0.7, weight: 0.5 },
  ];

  test('against a share of its own', () => {
    const expected = 0.5 * (0.9 / 0.6) ** 4 * (0.1 / 0.4) + 0.5 * (0.7 / 0.6) ** 4 * (0.3 / 0.4);
    expect(betEvidence(BETS, 4, 1, 0.6)).toBeCloseTo(expected, 12);
  });

  test('is a sum of its bets', () => {
    const both = BETS.reduce((sum, bet) => sum + betEvidence([bet], 6, 2, 0.5), 0);
    expect(betEvidence(BETS, 6, 2, 0.5)).toBeCloseTo(both, 12);
  });
});

describe('PairEvidence', () => {
  test('counts only pairs in which one side alone failed', () => {
    const evidence = new PairEvidence();
    for (const [failed, otherFailed] of [
      [true, false],
      [false, false],
      [true, true],
      [false, true],
      [true, false],
    ] as const) {
      evidence.add(failed, otherFailed);
    }
    expect(evidence).toMatchObject({ only: 2, onlyOther: 1, pairs: 5 });
    expect(evidence.value).toBe(pairEvidence(2, 1));
  });
});

/** Of `runs` series of pairs, how many ever reach 1 / alpha when looked at after every pair. */
function reaching(
  runs: number,
  { inside, flipped, alpha }: { inside: number; flipped: number; alpha: number },
  seed: string,
): number {
  const rng = createRng(seed);
  let reached = 0;
  for (let run = 0; run < runs; run++) {
    const evidence = new PairEvidence();
    for (let pair = 0; pair < 400; pair++) {
      evidence.add(rng.uniform() < inside, rng.uniform() < flipped);
      if (evidence.value < 1 / alpha) continue;
      reached++;
      break;
    }
  }
  return reached;
}

/** The same of so many discordant pairs, each to either side at one half, without drawing. */
function probabilityOfReaching(alpha: number, pairs: number): number {
  let reached = 0;
  let open = new Map([[0, 1]]);
  for (let pair = 1; pair <= pairs; pair++) {
    const next = new Map<number, number>();
    for (const [only, probability] of open) {
      for (const now of [only, only + 1]) {
        if (pairEvidence(now, pair - now) >= 1 / alpha) reached += probability / 2;
        else next.set(now, (next.get(now) ?? 0) + probability / 2);
      }
    }
    open = next;
  }
  return reached;
}

describe('looked at after every pair', () => {
  const RUNS = 2000;

  test.each([0.05, 0.045, 0.036, 0.0094, 0.0045, 0.0041, 0.00025, 0.000125])(
    'at %f it certifies with less than that probability, and not for want of trying',
    (alpha) => {
      const probability = probabilityOfReaching(alpha, 500);
      expect(probability).toBeLessThan(alpha);
      expect(probability).toBeGreaterThan(alpha / 3);
    },
  );

  test.each([
    [0.05, 0.3, 0.3],
    [0.05, 0.05, 0.05],
    [0.05, 0.9, 0.9],
    [0.05, 0.2, 0.3],
  ])('at %f, failing at %f against %f, less than that share certify', (alpha, inside, flipped) => {
    const reached = reaching(RUNS, { inside, flipped, alpha }, 'null');
    expect(reached).toBeLessThan(alpha * RUNS);
  });

  test('the same simulation certifies what does matter', () => {
    const reached = reaching(500, { inside: 0.2, flipped: 0, alpha: 0.036 }, 'planted');
    expect(reached).toBe(500);
    const background = reaching(500, { inside: 0.2, flipped: 0.01, alpha: 0.036 }, 'background');
    expect(background).toBeGreaterThan(490);
  });
});
