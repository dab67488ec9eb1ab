// Each step of a case is shown by what the reports hold, and is not where one thing is missing.

import { describe, expect, test } from 'vitest';
import {
  explainedStep,
  fixedStep,
  foundStep,
  isolatedStep,
  provenStep,
} from '../../../src/cli/cases/case-steps.ts';
import type { CaseExpectation } from '../../../src/domain/case.ts';
import { flippedBits } from '../../fixtures/report/flipped-bits.ts';
import { needsIsolation } from '../../fixtures/report/isolation.ts';
import { madeProof } from '../../fixtures/report/proof.ts';
import { failing } from '../../fixtures/report/troubled.ts';

const FLIPPED = { ...flippedBits(), isolation: needsIsolation() };
const EXPECTED: CaseExpectation = {
  verdict: 'damaged',
  kinds: ['flipped', 'torn'],
  layer: 'persisted',
  words: ['always bits 0-31 of a 64-bit word', 'only words that were all ones'],
  isolation: { needs: { kernel: ['5.1'], sync: ['async'] }, irrelevant: ['size'] },
};
const MET = { failures: 9, inside: 9, expected: 1, pValue: 0.004, words: '9 of 9 failures' };

describe('found', () => {
  test('the kinds of damage, and no others', () => {
    expect(foundStep(FLIPPED, EXPECTED)).toMatchObject({ shown: true, missing: [] });
    const torn = foundStep(FLIPPED, { ...EXPECTED, kinds: ['torn'] });
    expect(torn).toMatchObject({ shown: false, missing: ['other kinds of damage: flipped'] });
    const none = foundStep({ ...FLIPPED, verdict: 'clean', findings: [] }, EXPECTED);
    expect(none.missing).toEqual([
      'the verdict is clean, not damaged',
      'no damage of the kind flipped, torn',
    ]);
  });

  test('one of the calls that failed then', () => {
    const calls = { ...EXPECTED, verdict: 'failed', kinds: undefined } as const;
    const denied = { ...calls, failures: ['write ESTALE', 'write EACCES'] };
    expect(foundStep(failing(), denied).shown).toBe(true);
    expect(foundStep(failing(), { ...calls, failures: ['write ESTALE'] }).missing).toEqual([
      'no call failed as write ESTALE (failed: write EACCES, close EIO)',
    ]);
  });
});

describe('isolated', () => {
  test('exactly what it needs, whatever the order', () => {
    expect(isolatedStep(FLIPPED, EXPECTED, null)).toMatchObject({ shown: true });
    const others = { needs: { kernel: ['5.2'] }, irrelevant: ['size', 'moon'] };
    expect(isolatedStep(FLIPPED, { ...EXPECTED, isolation: others }, null).missing).toEqual([
      'that it needs kernel=5.2',
      'that sync=async is not needed',
      'that moon does not matter',
    ]);
    expect(isolatedStep({ ...FLIPPED, isolation: null }, EXPECTED, null).shown).toBe(false);
  });

  test('and that the failures fell into the windows of the set-up', () => {
    const timed = { ...EXPECTED, windowsPValueMax: 0.01 };
    expect(isolatedStep(FLIPPED, timed, MET)).toMatchObject({ shown: true });
    expect(isolatedStep(FLIPPED, timed, MET).words.at(-1)).toBe('9 of 9 failures');
    expect(isolatedStep(FLIPPED, timed, { ...MET, pValue: 0.02 }).shown).toBe(false);
    expect(isolatedStep(FLIPPED, timed, null).shown).toBe(false);
  });
});

test('explained: what the report says, then the mechanism that it bears out', () => {
  const shown = explainedStep(FLIPPED, EXPECTED, ['as it came about']);
  expect(shown).toMatchObject({ shown: true });
  expect(shown.words.at(-1)).toBe('as it came about');
  const not = explainedStep(FLIPPED, { ...EXPECTED, words: ['lost'], layer: 'source' }, ['x']);
  expect(not.missing).toEqual(['in the report: lost', 'the layer source (found: persisted)']);
  expect(not.words).not.toContain('x');
});

describe('fixed and proven', () => {
  test('the fixed side never fails, the old one does, and the rule has concluded', () => {
    const { proof } = madeProof({ old: 40, trials: 100 });
    expect(fixedStep([proof])).toMatchObject({ shown: true });
    expect(fixedStep([proof]).words).toEqual([
      'with writer=direct 0 of 100 trials failed',
      'with writer=buffered 40 of 100 trials failed',
    ]);
    expect(provenStep([proof])).toMatchObject({ shown: true });
    expect(provenStep([proof]).words[0]).toMatch(/^PROVEN/);
  });

  test('a fix that fails, or an old side that does not, shows nothing', () => {
    const { proof } = madeProof({ old: 40, trials: 100, fixed: 1 });
    expect(fixedStep([proof]).missing).toEqual(['that nothing fails with writer=direct']);
    const lucky = madeProof({ old: 0, trials: 10 }).proof;
    expect(fixedStep([lucky]).missing).toEqual(['that it still fails with writer=buffered']);
    const open = 'a proof of writer=direct: it is open';
    expect(provenStep([lucky])).toMatchObject({ shown: false, missing: [open] });
  });
});
