// A proof under way: the rule, when to stop beyond what it says by itself, and how many more trials
// it would need. It is asked after every trial, so it must not look at anything but the rule.

import { binomialInterval } from '../base/binomial-interval.ts';
import { formatCount } from '../base/quantities.ts';
import type { Count } from '../domain/isolation.ts';
import {
  isConcluded,
  type Proof,
  type ProofQuestion,
  type ProofSide,
  underOf,
} from '../domain/proof.ts';
import { ProofRule } from './proof-rule.ts';

export type ProofTerms = Pick<ProofQuestion, 'withoutControl' | 'under' | 'before'> &
  Partial<Pick<ProofQuestion, 'pairs' | 'failedBefore'>>;

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
/** Of each fixed cell, unless the bound takes fewer: a cell not tried may be the one that fails. */
const CELL_TRIALS = 10;

export class ProofWatch {
  private readonly rule: ProofRule;
  private readonly terms: ProofTerms;
  private told = '';

  constructor(terms: ProofTerms) {
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

  /** The rule knows neither the bound nor the cells: it is proven only once they allow it. */
  proof(): Proof {
    const proof = this.rule.proof();
    if (proof.outcome !== 'proven') return proof;
    if (hasFailedBefore(this.terms)) return { ...proof, outcome: 'rarer' };
    return furtherCleanTrials(proof, this.terms) > 0 ? { ...proof, outcome: 'open' } : proof;
  }

  /** Why more trials are not worth their time, or null. */
  concluded(): string | null {
    const proof = this.proof();
    switch (proof.outcome) {
      case 'proven':
        return 'the fix is proven';
      case 'rarer':
        return hasFailedBefore(this.terms)
          ? 'the fixed side fails less often, but it failed in the hunt'
          : 'the fixed side fails less often, but it fails';
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
    const proof = this.proof();
    const { old, fixed, outcome } = proof;
    const isShown = outcome !== 'not-proven' && isConcluded(proof);
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
export function trialsNeeded(proof: Proof, terms: ProofTerms): number | null {
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
  const further = hasFailedBefore(terms) ? 0 : furtherCleanTrials(proof, terms);
  return Math.max(Math.min(...ways), perFixed * further);
}

/** Each pair is tried once before any a second time, so the trials tell those of each cell. */
export function leastTrials(
  { fixed }: Pick<Proof, 'fixed'>,
  terms: ProofTerms,
): { leastTrials: number; leastNeeded: number } {
  const { pairs = [{ old: 0, fixed: 1 }] } = terms;
  const cells = new Set(pairs.map((pair) => pair.fixed)).size;
  const share = Math.ceil(boundTrials(underOf(terms)) / cells);
  return {
    leastTrials: Math.floor(fixed.trials / pairs.length),
    leastNeeded: Math.min(CELL_TRIALS, share),
  };
}

/** Clean trials of the fixed side until its upper bound is low enough and each cell was tried. */
function furtherCleanTrials(proof: Proof, terms: ProofTerms): number {
  const { fixed } = proof;
  const under = underOf(terms);
  const { high } = binomialInterval(0, fixed.trials, 1 - BOUND_DOUBT);
  const isLow = high !== null && high <= under;
  const forBound = isLow ? 0 : Math.max(1, boundTrials(under) - fixed.trials);
  const { leastNeeded } = leastTrials(proof, terms);
  const forCells = leastNeeded * (terms.pairs?.length ?? 1) - fixed.trials;
  return Math.max(forBound, forCells, 0);
}

/** So many clean trials bound a rate at 95 %. */
function boundTrials(under: number): number {
  return Math.ceil(Math.log(BOUND_DOUBT) / Math.log1p(-under));
}

function hasFailedBefore({ failedBefore = [] }: ProofTerms): boolean {
  return failedBefore.length > 0;
}
