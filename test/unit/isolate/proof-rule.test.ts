// The rule on hand-made sequences, its evidence against arithmetic by hand, and how often it claims
// a fix that is none when one looks after every trial (a rule that peeks at Fisher's p is caught).

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvariantError } from '../../../src/base/assert.ts';
import { binomialInterval } from '../../../src/base/binomial-interval.ts';
import type { Proof, ProofSide } from '../../../src/domain/proof.ts';
import { fisherOneSided } from '../../../src/isolate/fisher.ts';
import { oddsEvidence, ProofRule } from '../../../src/isolate/proof-rule.ts';

/** Feeds pairs; `old` and `fixed` say in which pairs that side fails. */
function feedPairs(
  rule: ProofRule,
  pairs: number,
  { old = [], fixed = [] }: { old?: readonly number[]; fixed?: readonly number[] },
): Proof {
  for (let pair = 0; pair < pairs; pair++) {
    rule.add('old', old.includes(pair));
    rule.add('fixed', fixed.includes(pair));
  }
  return rule.proof();
}

function feedClean(rule: ProofRule, side: ProofSide, trials: number): Proof {
  for (let trial = 0; trial < trials; trial++) rule.add(side, false);
  return rule.proof();
}

const THIRDS = [0, 300, 600, 900, 1200, 1500, 1800, 2100];

describe('oddsEvidence', () => {
  test('pairs by hand', () => {
    expect(oddsEvidence(0, 0)).toBeCloseTo(1, 15);
    expect(oddsEvidence(6, 0)).toBeCloseTo(0.3 * 1.7 ** 6 + 0.7 * 1.96 ** 6, 10);
    expect(oddsEvidence(9, 2)).toBeCloseTo(
      0.3 * 1.7 ** 9 * 0.3 ** 2 + 0.7 * 1.96 ** 9 * 0.04 ** 2,
      10,
    );
    const share = 3 / 4;
    expect(oddsEvidence(9, 1, 3)).toBeCloseTo(
      0.3 * (0.85 / share) ** 9 * (0.15 / 0.25) + 0.7 * (0.98 / share) ** 9 * (0.02 / 0.25),
      10,
    );
  });

  test('bets below the factor are dropped, and no count breaks it', () => {
    expect(oddsEvidence(3, 0, 9)).toBeCloseTo(0.7 * (0.98 / 0.9) ** 3, 12);
    expect(oddsEvidence(100, 0, 49)).toBe(0);
    expect(oddsEvidence(2000, 2000)).toBe(0);
    expect(oddsEvidence(1e6, 0)).toBe(Infinity);
  });

  test('one more pair does not raise it on average while the factor is no greater', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 60 }),
        fc.double({ min: 1, max: 40, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (onlyOld, onlyFixed, factor, part) => {
          const share = (part * factor) / (1 + factor);
          const next =
            share * oddsEvidence(onlyOld + 1, onlyFixed, factor) +
            (1 - share) * oddsEvidence(onlyOld, onlyFixed + 1, factor);
          expect(next).toBeLessThanOrEqual(oddsEvidence(onlyOld, onlyFixed, factor) * (1 + 1e-12));
        },
      ),
    );
  });
});

describe('ProofRule with the old build as its control', () => {
  test('six failures of the old build against none prove it, five do not', () => {
    const rule = new ProofRule();
    const five = feedPairs(rule, 1500, { old: THIRDS });
    expect(five).toMatchObject({ outcome: 'open', onlyOld: 5, oldFailuresNeeded: 1 });
    rule.add('old', true);
    expect(rule.proof().outcome).toBe('open');
    rule.add('fixed', false);
    const six = rule.proof();
    expect(six).toMatchObject({
      outcome: 'proven',
      old: { failures: 6, trials: 1501 },
      fixed: { failures: 0, trials: 1501 },
      cleanTrialsNeeded: 0,
      oldFailuresNeeded: 0,
    });
    expect(six.pairEValue).toBeGreaterThan(40);
    expect(six.fisherP).toBe(fisherOneSided(6, 1501, 0, 1501));
    expect(six.factorLow).toBeGreaterThan(1);
  });

  test('trials are paired in their order, whichever side comes first', () => {
    const rule = new ProofRule();
    for (const [side, failed] of [
      ['fixed', false],
      ['fixed', true],
      ['old', true],
      ['old', true],
      ['old', true],
      ['fixed', false],
    ] as const) {
      rule.add(side, failed);
    }
    expect(rule.proof()).toMatchObject({ onlyOld: 2, onlyFixed: 0 });
  });

  test('without a failure of the old build nothing is ever proven', () => {
    const proof = feedPairs(new ProofRule(), 20_000, {});
    expect(proof).toMatchObject({
      outcome: 'open',
      p0: null,
      cleanEValue: null,
      cleanTrialsNeeded: null,
      oldFailuresNeeded: 6,
      factorLow: null,
      fisherP: 1,
    });
  });

  test('after five failures of the old build clean trials of the fixed one are enough', () => {
    const rule = new ProofRule();
    for (let trial = 1; trial <= 1500; trial++) rule.add('old', trial % 300 === 0);
    const frozen = rule.proof();
    expect(frozen.p0).toBe(binomialInterval(5, 1500, 0.975).low);
    const needed = frozen.cleanTrialsNeeded as number;
    expect(needed).toBe(Math.ceil(Math.log(80) / -Math.log1p(-(frozen.p0 as number))));
    const almost = feedClean(rule, 'fixed', needed - 1);
    expect(almost).toMatchObject({ outcome: 'open', cleanTrialsNeeded: 1 });
    expect(almost.cleanEValue).toBeLessThan(80);
    const proven = feedClean(rule, 'fixed', 1);
    expect(proven.outcome).toBe('proven');
    expect(proven.cleanEValue).toBeGreaterThanOrEqual(80);
  });

  test('the bound stays as it was frozen, and is one-sided also when all trials failed', () => {
    const rule = new ProofRule();
    for (let trial = 0; trial < 5; trial++) rule.add('old', true);
    const { p0 } = rule.proof();
    expect(p0).toBeCloseTo(0.0125 ** (1 / 5), 12);
    feedClean(rule, 'old', 5000);
    rule.add('old', true);
    expect(rule.proof().p0).toBe(p0);
  });

  test('a fixed build that failed is not proven, and can only be rarer', () => {
    const rule = new ProofRule();
    const failed = feedPairs(rule, 1500, { old: THIRDS, fixed: [700] });
    expect(failed).toMatchObject({
      outcome: 'not-proven',
      cleanEValue: 0,
      cleanTrialsNeeded: null,
      factorLow: null,
    });
    const further = failed.oldFailuresNeeded as number;
    const rarer = feedPairs(rule, further, { old: Array.from({ length: further }, (_, i) => i) });
    expect(rarer.outcome).toBe('rarer');
    expect(rarer.factorLow).toBeGreaterThanOrEqual(1);
    const surer = feedPairs(rule, 40, { old: Array.from({ length: 40 }, (_, i) => i) });
    expect(surer.factorLow).toBeGreaterThan(5);
    expect(surer.factorLow).toBeLessThan((surer.onlyOld + 1) / surer.onlyFixed);
  });

  test('a failure after the proof makes it rarer, not unproven', () => {
    const rule = new ProofRule();
    expect(feedPairs(rule, 1501, { old: THIRDS }).outcome).toBe('proven');
    rule.add('fixed', true);
    rule.add('old', false);
    expect(rule.proof()).toMatchObject({ outcome: 'rarer', factorLow: 1 });
  });

  test('the needed counts are exact: one less does not conclude', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(0.1, 0.05, 0.01),
        (onlyFixed, onlyOld, alpha) => {
          const rule = new ProofRule({ alpha });
          for (let pair = 0; pair < onlyFixed; pair++) feedPairs(rule, 1, { fixed: [0] });
          for (let pair = 0; pair < onlyOld; pair++) feedPairs(rule, 1, { old: [0] });
          const { oldFailuresNeeded, outcome } = rule.proof();
          fc.pre(outcome === 'open' || outcome === 'not-proven');
          for (let left = oldFailuresNeeded as number; left > 1; left--) {
            const { outcome: before, cleanTrialsNeeded } = feedPairs(rule, 1, { old: [0] });
            if (cleanTrialsNeeded === 0) return;
            expect(['open', 'not-proven']).toContain(before);
          }
          expect(['proven', 'rarer']).toContain(feedPairs(rule, 1, { old: [0] }).outcome);
        },
      ),
    );
  });

  test('an alpha that is none is refused', () => {
    expect(() => new ProofRule({ alpha: 0 })).toThrow(InvariantError);
    expect(() => new ProofRule({ alpha: 1 })).toThrow(InvariantError);
  });
});

describe('ProofRule without control', () => {
  test.each([
    [0.05, 898],
    [0.01, 1380],
  ])('p0 = 1/300 at %f takes %i clean trials', (alpha, trials) => {
    const rule = new ProofRule({ alpha, withoutControl: { p0: 1 / 300 } });
    expect(rule.proof()).toMatchObject({ outcome: 'open', cleanTrialsNeeded: trials });
    expect(feedClean(rule, 'fixed', trials - 1).outcome).toBe('open');
    expect(feedClean(rule, 'fixed', 1)).toMatchObject({
      outcome: 'proven',
      oldFailuresNeeded: null,
      factorLow: null,
      fisherP: null,
    });
  });

  test('one failure, and it is not proven however long it runs clean', () => {
    const rule = new ProofRule({ withoutControl: { p0: 1 / 300 } });
    rule.add('fixed', true);
    expect(feedClean(rule, 'fixed', 5000)).toMatchObject({
      outcome: 'not-proven',
      cleanTrialsNeeded: null,
    });
  });

  test('old trials and impossible rates are refused', () => {
    const rule = new ProofRule({ withoutControl: { p0: 0.1 } });
    expect(() => rule.add('old', true)).toThrow(InvariantError);
    expect(() => new ProofRule({ withoutControl: { p0: 0 } })).toThrow(InvariantError);
    expect(() => new ProofRule({ withoutControl: { p0: 1 } })).toThrow(InvariantError);
  });
});
