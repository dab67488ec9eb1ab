// What must hold of every claim, however its trials came about: the rules of wording, checked from
// the numbers that the claim itself carries.

import { expect } from 'vitest';
import type { IsolationFacts } from '../../../src/domain/isolation.ts';

/** @throws an assertion where a claim says more than its counts allow */
export function expectGrounds(facts: IsolationFacts): void {
  const { claim, causes, certificate, outside, irrelevant, factors, needs } = facts;
  const said = JSON.stringify({ claim, causes, outside, irrelevant });
  expect(facts.failures, said).toBeLessThanOrEqual(facts.trials);
  if (claim === 'none') {
    expect([needs, irrelevant], said).toEqual([[], []]);
    return;
  }
  expect(facts.failures, said).toBeGreaterThan(0);
  if (claim === 'no-factor') {
    expect(causes, said).toMatchObject([{ literals: [] }]);
    expect(factors.length, said).toBeGreaterThan(0);
    for (const { levels } of factors) {
      expect(
        levels.every(({ failures }) => failures > 0),
        said,
      ).toBe(true);
    }
  } else {
    expectCertified(facts, said);
  }
  if (claim === 'needs' || claim === 'any-of') {
    expect(outside.failures, said).toBe(0);
    const rate = Math.min(...causes.map(({ inside }) => inside.rate ?? 0));
    // A cause as frequent as these would have been seen outside in 19 of 20 hunts.
    expect(outside.trials, said).toBeGreaterThanOrEqual(3 / rate - 1);
  }
  expect(causes.length > 1, said).toBe(
    claim === 'any-of' || (claim === 'raises' && causes.length > 1),
  );
  if (claim === 'needs') expect(needs, said).toEqual(causes[0]?.literals);
  for (const name of irrelevant) {
    const factor = factors.find((each) => each.factor === name);
    expect(factor?.levels.length, `${name} of ${said}`).toBeGreaterThan(1);
    for (const { failures } of factor?.levels ?? []) expect(failures, said).toBeGreaterThan(0);
  }
  expect(certificate === null, said).toBe(false);
}

/** Every literal was contrasted, and every contrast that could be tried certifies. */
function expectCertified({ causes, certificate }: IsolationFacts, said: string): void {
  const contrasts = certificate?.contrasts ?? [];
  const level = 1 / (certificate?.alpha ?? 0);
  causes.forEach(({ literals }, cause) => {
    expect(literals.length, said).toBeGreaterThan(0);
    for (const { factor } of literals) {
      const tried = contrasts.filter(
        (each) => each.cause === cause && each.factor === factor && !each.untestable,
      );
      expect(tried.length, `${factor} of ${said}`).toBeGreaterThan(0);
      for (const { eValue, onlyInside } of tried) {
        expect(eValue, said).toBeGreaterThanOrEqual(level);
        expect(onlyInside, said).toBeGreaterThan(0);
      }
    }
  });
}
