// Plans and workloads for the tests of the plan stage: small ones whose cells can be counted by
// hand.

import { HeisenwriteError } from '../../../src/domain/errors.ts';
import type { FactorDeclaration, Plan } from '../../../src/domain/plan.ts';
import type { Workload } from '../../../src/domain/workload.ts';
import type { PlanInput } from '../../../src/plan/define-plan.ts';
import { normalisePlan } from '../../../src/plan/define-plan.ts';
import { WORKLOADS } from '../../../src/workload/workloads.ts';

export function planOf(
  input: Partial<PlanInput>,
  workloads: readonly Workload[] = WORKLOADS,
): Plan {
  return normalisePlan({ name: 'p', arms: [], ...input }, 'plan', workloads);
}

/** A workload that cannot run: only its declarations count here. */
export function declared(
  name: string,
  factors: readonly Pick<FactorDeclaration, 'name' | 'kind' | 'fallback' | 'choices'>[],
  parts: Partial<Workload> = {},
): Workload {
  return {
    name,
    about: '',
    factors: factors.map((factor) => ({ about: '', ...factor })),
    constraints: [],
    promises: ['read-back'],
    spaceBytes: () => 0,
    directBytes: () => [],
    estimateMs: () => 1,
    run: () => Promise.reject(new Error('not to be run')),
    ...parts,
  };
}

/** What `act` throws, which must be an error that a user can meet. */
export function refusalOf(act: () => unknown): HeisenwriteError {
  try {
    act();
  } catch (error) {
    if (error instanceof HeisenwriteError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
