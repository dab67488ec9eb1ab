// Times of a guest in the clock of its host, so that what it saw can be set beside what was done
// here.

import type { Observation } from '../domain/observation.ts';
import type { TrialOutcome } from '../domain/trial.ts';

/** @param aheadNs how far the host's clock is ahead of the guest's; nanoseconds */
export function inTimeOf(outcome: TrialOutcome, aheadNs: bigint): TrialOutcome {
  const moved = <Timed extends { readonly atNs: string }>(timed: Timed): Timed => ({
    ...timed,
    atNs: String(BigInt(timed.atNs) + aheadNs),
  });
  const observations = outcome.observations.map(
    (observation): Observation => ({
      ...moved(observation),
      rereads: observation.rereads.map(moved),
    }),
  );
  return { ...outcome, observations, failures: outcome.failures.map(moved) };
}
