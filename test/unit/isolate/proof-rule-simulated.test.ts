// How often the rule claims a fix that is none when one looks after every trial; a rule that peeks
// at Fisher's p is caught by the same simulation.

import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/base/rng.ts';
import { fisherOneSided } from '../../../src/isolate/fisher.ts';
import { ProofRule } from '../../../src/isolate/proof-rule.ts';

/** Of `runs` proofs, how many claim something at any of their looks, one after every trial. */
function countClaims(
  runs: number,
  { old, fixed, pairs, seed }: { old: number; fixed: number; pairs: number; seed: string },
) {
  const rng = createRng(seed);
  const claims = { proven: 0, rarer: 0, peeking: 0 };
  for (let run = 0; run < runs; run++) {
    const rule = new ProofRule();
    const failures = { old: 0, fixed: 0 };
    let peeked = false;
    for (let pair = 1; pair <= pairs; pair++) {
      for (const [side, rate] of [
        ['old', old],
        ['fixed', fixed],
      ] as const) {
        const failed = rng.uniform() < rate;
        if (failed) failures[side]++;
        rule.add(side, failed);
        if (failed) peeked ||= fisherOneSided(failures.old, pair, failures.fixed, pair) <= 0.05;
      }
    }
    // What was once concluded stays concluded, so that the last look sees all.
    const { outcome } = rule.proof();
    if (outcome === 'proven' || outcome === 'rarer') claims[outcome]++;
    if (peeked) claims.peeking++;
  }
  return claims;
}

/** The same for clean trials alone: the old build is stopped at its fifth failure. */
function countCleanClaims(runs: number, rate: number, seed: string): number {
  const rng = createRng(seed);
  let claims = 0;
  for (let run = 0; run < runs; run++) {
    const rule = new ProofRule();
    while (rule.proof().p0 === null) rule.add('old', rng.uniform() < rate);
    while (rule.proof().outcome === 'open') rule.add('fixed', rng.uniform() < rate);
    if (rule.proof().outcome === 'proven') claims++;
  }
  return claims;
}

describe('claims of simulated builds, looked at after every trial', () => {
  test('a build that is no better is called better in fewer than 5 % of runs', () => {
    const runs = 1000;
    const same = countClaims(runs, { old: 0.05, fixed: 0.05, pairs: 600, seed: 'same' });
    expect(same.proven + same.rarer).toBeLessThanOrEqual(0.05 * runs);
    // The negative control: the same simulation catches a rule that is not made for looking.
    expect(same.peeking).toBeGreaterThan(0.1 * runs);
    const worse = countClaims(300, { old: 0.03, fixed: 0.05, pairs: 600, seed: 'worse' });
    expect(worse.proven + worse.rarer).toBeLessThanOrEqual(0.05 * 300);
  });

  test('nor by clean trials after the old build was stopped', () => {
    expect(countCleanClaims(1000, 0.05, 'stopped')).toBeLessThanOrEqual(0.025 * 1000);
  });

  test('a fix is proven, and a build that fails a tenth as often is rarer or not yet seen', () => {
    const fixed = countClaims(100, { old: 0.05, fixed: 0, pairs: 400, seed: 'fixed' });
    expect(fixed).toMatchObject({ proven: 100, rarer: 0 });
    const tenth = countClaims(100, { old: 0.05, fixed: 0.005, pairs: 2000, seed: 'tenth' });
    expect(tenth.rarer).toBeGreaterThan(95);
  });

  test('the factor of a rarer build is below its odds ratio in 95 % of runs', () => {
    const rng = createRng('factor');
    let above = 0;
    for (let run = 0; run < 200; run++) {
      const rule = new ProofRule();
      let highest = 0;
      for (let pair = 0; pair < 1000; pair++) {
        rule.add('old', rng.uniform() < 0.1);
        rule.add('fixed', rng.uniform() < 0.02);
        if (pair % 20 === 0) highest = Math.max(highest, rule.proof().factorLow ?? 0);
      }
      if (highest > 0.1 / 0.9 / (0.02 / 0.98)) above++;
    }
    expect(above).toBeLessThanOrEqual(10);
  });
});
