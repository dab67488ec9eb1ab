// The verdict of a trial. Only a broken promise that the plan *expects*, or that what was tested
// makes itself, is damage; a departure that
// cannot be found in the bytes that were kept, or a rig that failed its checks, gives `unknown`.

import type { Rig } from '../domain/hunt-report.ts';
import type { OperationFailure } from '../domain/observation.ts';
import type { Expectation } from '../domain/promise.ts';
import type { Diagnosis, Judgement, TrialOutcome } from '../domain/trial.ts';
import { diagnose } from './diagnose.ts';

/**
 * @param rig checked after the trial, and only where there is something to accuse; else null
 * @param tolerated calls that may fail, as `write EROFS`
 */
export function judge(
  outcome: TrialOutcome,
  expectations: readonly Expectation[],
  rig: Rig | null,
  tolerated: readonly string[] = [],
): Judgement {
  const diagnoses = outcome.observations.map(diagnose);
  const promised = outcome.promised ?? [];
  const expected = new Set([...expectations.map(({ promise }) => promise), ...promised]);
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
  const failure = outcome.failures.find(
    ({ operation, errno }) => !tolerated.includes(`${operation} ${errno}`),
  );
  if (failure) return { verdict: 'failed', because: failureWords(failure), damage, described };
  const [refused] = outcome.failures;
  if (refused && outcome.tallies.every(({ tries }) => tries === 0)) {
    const because = `nothing was tried: ${failureWords(refused)}`;
    return { verdict: 'unknown', because, damage, described };
  }
  const lost = outcome.tallies.some((tally) => expected.has(tally.promise) && tally.broken > 0);
  if (lost) {
    const because = 'the reader saw a departure that the diagnosis does not find in the kept bytes';
    return { verdict: 'unknown', because, damage, described };
  }
  return { verdict: 'clean', damage, described };
}

function failureWords({ operation, file, errno }: OperationFailure): string {
  return `${operation} on ${file}: ${errno}`;
}

function kindsOf(diagnoses: readonly Diagnosis[]): string {
  const kinds = diagnoses.flatMap((diagnosis) => diagnosis.damage.map((damage) => damage.kind));
  return [...new Set(kinds)].join(', ');
}
