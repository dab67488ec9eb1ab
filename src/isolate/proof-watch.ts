// A proof under way: the rule, when to stop beyond what it says by itself, and how many more trials
// it would need. It is asked after every trial, so it must not look at anything but the rule.

import { binomialInterval } from '../base/binomial-interval.ts';
import { formatCount } from '../base/quantities.ts';
import type { Count } from '../domain/isolation.ts';
import type { Proof, ProofQuestion, ProofSide } from '../domain/proof.ts';
import { ProofRule } from './proof-rule.ts';

type Terms = Pick<ProofQuestion, 'withoutControl' | 'under' | 'before'>;

/**
 * A fixed side that has failed so often, while the evidence that it fails less has come down so
 * far, is given up. By simulation: after about 7 pairs in which one side failed where it is no
 * better; in 3 % of runs where it fails ten times less, in 46 % where it fails three times less.
 */
const FIXED_FAILURES_MIN = 3;
const EVIDENCE_MIN = 0.1;
/** Where both fail nearly always, few pairs tell them apart: so many failures are enough. */
const FIXED_FAILURES_MAX = 10;
const BOUND_DOUBT = 0.05;

export class ProofWatch {
  private readonly rule: ProofRule;
  private readonly terms: Terms;
  private told = '';

  constructor(terms: Terms) {
    const { withoutControl } = terms;
    this.rule = new ProofRule(
      withoutControl === null ? {} : { withoutControl: { p0: withoutControl } },
    );
    this.terms = terms;
  }

  get alpha(): number {
    return this.rule.alpha;
  }

  add(side: ProofSide, failed: boolean): void {
    this.rule.add(side, failed);
  }

  proof(): Proof {
    return this.rule.proof();
  }

  /** Why more trials are not worth their time, or null. */
  concluded(): string | null {
    const proof = this.proof();
    switch (proof.outcome) {
      case 'proven':
        return furtherCleanTrials(proof, this.terms) > 0 ? null : 'the fix is proven';
      case 'rarer':
        return 'the fixed side fails less often, but it fails';
      case 'not-proven': {
        const { failures } = proof.fixed;
        const isHopeless =
          failures >= FIXED_FAILURES_MAX ||
          (failures >= FIXED_FAILURES_MIN && proof.pairEValue < EVIDENCE_MIN);
        const isDecided = this.terms.withoutControl !== null || isHopeless;
        return isDecided ? 'the fixed side fails, too' : null;
      }
      case 'open':
        return null;
    }
  }

  /** Counts, whenever something has failed that may still change what is claimed. */
  news(): string | null {
    const { old, fixed, outcome } = this.proof();
    const isShown = outcome === 'proven' || outcome === 'rarer';
    const state = `${outcome} ${isShown ? '' : old.failures} ${fixed.failures}`;
    if (state === this.told || old.failures + fixed.failures === 0) return null;
    this.told = state;
    const counted = ({ failures, trials }: Count) =>
      `${formatCount(failures)} of ${formatCount(trials)}`;
    const shown = isShown ? ': the fixed side fails less often' : '';
    return `old failed in ${counted(old)}, fixed in ${counted(fixed)}${shown}`;
  }
}

/**
 * About how many more trials, of both sides together, would conclude if the fixed side stayed clean
 * and the old one failed as before; null where nothing would or nobody can say.
 */
export function trialsNeeded(proof: Proof, terms: Terms): number | null {
  if (proof.fixed.failures > 0) return null;
  const control = terms.withoutControl === null;
  const perFixed = control ? 2 : 1;
  const ways: number[] = [];
  if (proof.cleanTrialsNeeded !== null) ways.push(perFixed * proof.cleanTrialsNeeded);
  const { failures, trials } = proof.old.failures > 0 ? proof.old : terms.before;
  if (proof.oldFailuresNeeded !== null && failures > 0) {
    ways.push(2 * Math.ceil((proof.oldFailuresNeeded * trials) / failures));
  }
  if (ways.length === 0) return null;
  return Math.max(Math.min(...ways), perFixed * furtherCleanTrials(proof, terms));
}

/** Clean trials of the fixed side until its upper bound is as low as was asked. */
function furtherCleanTrials({ fixed }: Proof, { under }: Terms): number {
  if (under === null) return 0;
  const trials = Math.ceil(Math.log(BOUND_DOUBT) / Math.log1p(-under));
  const { high } = binomialInterval(0, fixed.trials, 1 - BOUND_DOUBT);
  return high !== null && high <= under ? 0 : Math.max(1, trials - fixed.trials);
}
