// What it would still need to conclude, in trials. Expectations from the rates so far, so that
// somebody can decide whether to wait.

import type { NeededStep } from '../domain/isolation.ts';
import { isTestable, literalsOf } from './conjunction.ts';
import type { IsolationState } from './isolation-state.ts';
import { outsideMissing } from './outside.ts';
import { pairsNeeded } from './pair-evidence.ts';
import { CLEAN_ENOUGH, type Witnesses } from './witnesses.ts';

/** Failures inside that a search takes until a claim is frozen, as simulated (bench/isolation). */
const SEARCH_FAILURES = 12;

export function neededSteps(state: IsolationState): NeededStep[] {
  const { counts, certifier, cover, space } = state;
  if (space.factors.length === 0) return [{ step: 'cells', trials: null, literals: [] }];
  if (state.isSettled) return [];
  if (counts.allFailures === 0) return [{ step: 'failure', trials: null, literals: [] }];
  const steps: NeededStep[] = [];
  const rate = (counts.allFailures + 0.5) / (counts.allTrials + 1);
  if (!cover || !certifier) {
    const [best] = state.beliefs();
    if (best && !isTestable(best.conjunction, space)) {
      return [{ step: 'cells', trials: null, literals: literalsOf(best.conjunction, space) }];
    }
    const trials = Math.ceil(SEARCH_FAILURES / Math.max(rate, best?.inside ?? rate));
    return [{ step: 'search', trials, literals: [] }];
  }
  if (!state.isCertified) {
    const pairs = pairsNeeded(certifier.alpha);
    const trials = certifier.open.reduce((sum, { cause, evidence }) => {
      const { rate: inside } = state.witnesses[cause] as Witnesses;
      return sum + Math.ceil(Math.max(1, pairs - evidence.only) / inside);
    }, 0);
    const literals = literalsOf(cover.causes[0] ?? [], space);
    if (trials > 0) steps.push({ step: 'certificate', trials, literals });
    else steps.push({ step: 'cells', trials: null, literals });
  }
  for (const witnesses of state.witnesses) {
    for (const { factor, level, trials } of witnesses.openLevels) {
      const spec = space.factors[factor];
      const named = spec?.levels[level];
      if (!spec || named === undefined) continue;
      steps.push({
        step: 'witness',
        trials: Math.max(1, Math.ceil(CLEAN_ENOUGH / witnesses.rate - trials)),
        literals: [{ factor: spec.name, levels: [named] }],
      });
    }
  }
  const missing = outsideMissing(state);
  if (missing > 0) steps.push({ step: 'outside', trials: missing, literals: [] });
  return steps;
}
