// The verdict of a trial. Only a broken promise that the plan *expects* is damage; a departure that
// cannot be found in the bytes that were kept, or a rig that failed its checks, gives `unknown`.

import type { Rig } from '../domain/hunt-report.ts';
import type { Expectation } from '../domain/promise.ts';
import type { Diagnosis, Judgement, TrialOutcome } from '../domain/trial.ts';
import { diagnose } from './diagnose.ts';

/** @param rig checked after the trial, and only where there is something to accuse; else null */
export function judge(
  outcome: TrialOutcome,
  expectations: readonly Expectation[],
  rig: Rig | null,
): Judgement {
  const diagnoses = outcome.observations.map(diagnose);
  const expected = new Set<string>(expectations.map((expectation) => expectation.promise));
  const damage = diagnoses.filter(
    (diagnosis) => expected.has(diagnosis.promise) && diagnosis.damage.length > 0,
  );
  const described = diagnoses.filter((diagnosis) => !expected.has(diagnosis.promise));
  const failedChecks = rig?.checks.filter((check) => !check.passed) ?? [];
  if (outcome.unknown !== undefined) {
    return { verdict: 'unknown', because: outcome.unknown, damage: [], described };
  }
  if (failedChecks.length > 0) {
    const reasons = failedChecks.map((check) => `${check.name} (${check.detail})`);
    const because = `the rig failed: ${reasons.join('; ')}`;
    return { verdict: 'unknown', because, damage: [], described: [...damage, ...described] };
  }
  if (damage.length > 0) return { verdict: 'damaged', because: kindsOf(damage), damage, described };
  const [failure] = outcome.failures;
  if (failure) {
    const because = `${failure.operation} on ${failure.file}: ${failure.errno}`;
    return { verdict: 'failed', because, damage, described };
  }
  const lost = outcome.tallies.some((tally) => expected.has(tally.promise) && tally.broken > 0);
  if (lost) {
    const because = 'the reader saw a departure that the diagnosis does not find in the kept bytes';
    return { verdict: 'unknown', because, damage, described };
  }
  return { verdict: 'clean', damage, described };
}

function kindsOf(diagnoses: readonly Diagnosis[]): string {
  const kinds = diagnoses.flatMap((diagnosis) => diagnosis.damage.map((damage) => damage.kind));
  return [...new Set(kinds)].join(', ');
}
