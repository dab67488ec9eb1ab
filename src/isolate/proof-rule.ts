// When a fix is proven. The old build (which must fail: the positive control) and the fixed one run
// interleaved, and one may look after every trial: all evidence here is e-values, whose chance of
// ever reaching 1/alpha by accident is alpha at most (Ville's inequality; Ramdas, Grünwald, Vovk &
// Shafer, Game-Theoretic Statistics and Safe Anytime-Valid Inference, Stat. Sci. 38, 2023).

import { assert } from '../base/assert.ts';
import { binomialInterval } from '../base/binomial-interval.ts';
import type { Proof, ProofOutcome, ProofSide } from '../domain/proof.ts';
import { fisherOneSided } from './fisher.ts';
import { type Bet, betEvidence } from './pair-evidence.ts';

/** What the share of "only the old failed" among discordant pairs is bet to be, and how much. */
const BETS: readonly Bet[] = [
  { share: 0.85, weight: 0.3 },
  { share: 0.98, weight: 0.7 },
];
/** How alpha is spent; the parts sum to 1, so that together they err with probability alpha. */
const PAIRS_PART = 0.5;
const CLEAN_PART = 0.25;
const BOUND_PART = 0.25;
/** Failures of the old build at which the lower bound of its rate is frozen. */
const CONTROL_FAILURES = 5;
/** Steps in which the factor of `rarer` is rounded down: 1 %. */
const FACTOR_STEP = 1.01;

export interface ProofOptions {
  /** Probability of `proven` or `rarer` for a build that is no better, in (0, 1); default 0.05. */
  readonly alpha?: number;
  /**
   * Instead of running the old build: a rate per trial, in (0, 1), that it is known to have at
   * least. Whoever gives it answers for it, and for nothing else having changed.
   */
  readonly withoutControl?: { readonly p0: number };
}

/**
 * Evidence that the odds of failing of the old build are more than `factor` times those of the
 * fixed one: E = sum of w (t / s)^k ((1 - t) / (1 - s))^m over the bets with t > s, where
 * s = factor / (1 + factor); at factor 1 this is sum of w (2 t)^k (2 (1 - t))^m.
 *
 * Were the factor no greater, a discordant pair would be "only the old" with probability s at most,
 * whatever the rates are, and no bet would grow on average. Odds are rates for rare failures. The
 * bets grow only if the true factor exceeds about 2.3.
 */
export function oddsEvidence(onlyOld: number, onlyFixed: number, factor = 1): number {
  const shareMax = factor / (1 + factor);
  const bets = BETS.filter(({ share }) => share > shareMax);
  return betEvidence(bets, onlyOld, onlyFixed, shareMax);
}

/**
 * The rule, fed trial by trial in the order in which they were made; trials of verdict `unknown`
 * are not fed. What is shown with error probability alpha is "the fixed build fails less than the
 * old one", by either of two ways:
 *
 * 1. Pairs (alpha / 2). The i-th old trial is paired with the i-th fixed one; `oddsEvidence` of the
 *    pairs must reach 2 / alpha: at 5 %, six failures of the old against none. Interleaving (old,
 *    fixed, fixed, old) makes the partners of a pair neighbours, so that drift hits both.
 * 2. Clean trials (alpha / 2). When the old build fails for the fifth time, in its n-th trial, the
 *    lower bound p0 of its rate is frozen: the Clopper-Pearson bound of 5 of n with all of
 *    alpha / 4 in that tail, which is exact for a stop at the fifth failure (P(N <= n) is
 *    P(Bin(n, p) >= 5)). Then N clean fixed trials give E = (1 - p0)^-N, which must reach
 *    4 / alpha. If p0 is not above the old rate, and the fixed build is no better, E does not grow
 *    on average; so an error needs a wrong bound (alpha / 4) or a lucky E (alpha / 4). p0 depends
 *    on old trials alone, so clean fixed trials count from the first one on. This way pays where
 *    the old build is no longer run after its fifth failure.
 *
 * Once concluded it stays concluded. Neither way can conclude without failures of the old build. In
 * `withoutControl` mode only N clean trials against the given p0 count, with all of alpha: for
 * p0 = 1/300 that takes 898 at 5 % and 1,380 at 1 %.
 */
export class ProofRule {
  readonly alpha: number;
  private readonly control: boolean;
  private readonly old: boolean[] = [];
  private readonly fixed: boolean[] = [];
  private oldFailures = 0;
  private fixedFailures = 0;
  private onlyOld = 0;
  private onlyFixed = 0;
  private p0: number | null = null;
  private concluded = false;

  constructor({ alpha = 0.05, withoutControl }: ProofOptions = {}) {
    assert(alpha > 0 && alpha < 1, `alpha must lie between 0 and 1: ${alpha}`);
    this.alpha = alpha;
    this.control = withoutControl === undefined;
    if (withoutControl === undefined) return;
    const { p0 } = withoutControl;
    assert(p0 > 0 && p0 < 1, `the rate must lie between 0 and 1: ${p0}`);
    this.p0 = p0;
  }

  add(side: ProofSide, failed: boolean): void {
    assert(this.control || side === 'fixed', 'a rule without control takes no old trials');
    if (side === 'old') this.addOld(failed);
    else this.addFixed(failed);
    const pair = Math.min(this.old.length, this.fixed.length);
    const completed = side === 'old' ? this.old.length : this.fixed.length;
    if (pair > 0 && pair === completed) {
      this.addPair(this.old[pair - 1] === true, this.fixed[pair - 1] === true);
    }
    this.concluded ||= this.pairEValue() >= this.pairThreshold || this.cleanTrialsLeft() === 0;
  }

  /** Where the proof stands; may be asked after every trial. */
  proof(): Proof {
    const old = { failures: this.oldFailures, trials: this.old.length };
    const fixed = { failures: this.fixedFailures, trials: this.fixed.length };
    return {
      outcome: this.outcome(),
      old,
      fixed,
      onlyOld: this.onlyOld,
      onlyFixed: this.onlyFixed,
      pairEValue: this.pairEValue(),
      p0: this.p0,
      cleanEValue: this.cleanEValue(),
      cleanTrialsNeeded: this.concluded ? 0 : this.cleanTrialsLeft(),
      oldFailuresNeeded: this.oldFailuresLeft(),
      factorLow: this.factorLow(),
      fisherP: this.control
        ? fisherOneSided(old.failures, old.trials, fixed.failures, fixed.trials)
        : null,
    };
  }

  private addOld(failed: boolean): void {
    this.old.push(failed);
    if (!failed) return;
    this.oldFailures++;
    if (this.oldFailures !== CONTROL_FAILURES) return;
    const trials = this.old.length;
    const tail = this.alpha * BOUND_PART;
    // binomialInterval is two-sided but where all failed; one tail is wanted.
    const confidence = trials === CONTROL_FAILURES ? 1 - tail : 1 - 2 * tail;
    this.p0 = binomialInterval(CONTROL_FAILURES, trials, confidence).low;
  }

  private addFixed(failed: boolean): void {
    this.fixed.push(failed);
    if (failed) this.fixedFailures++;
  }

  private addPair(oldFailed: boolean, fixedFailed: boolean): void {
    if (oldFailed && !fixedFailed) this.onlyOld++;
    if (fixedFailed && !oldFailed) this.onlyFixed++;
  }

  private get pairThreshold(): number {
    return 1 / (this.alpha * PAIRS_PART);
  }

  private outcome(): ProofOutcome {
    if (this.concluded) return this.fixedFailures === 0 ? 'proven' : 'rarer';
    return this.fixedFailures === 0 ? 'open' : 'not-proven';
  }

  private pairEValue(): number {
    return oddsEvidence(this.onlyOld, this.onlyFixed);
  }

  private cleanEValue(): number | null {
    if (this.p0 === null) return null;
    return this.fixedFailures > 0 ? 0 : Math.exp(-this.fixed.length * Math.log1p(-this.p0));
  }

  /** Null while there is no bound, or when the fixed build has failed. */
  private cleanTrialsLeft(): number | null {
    if (this.p0 === null || this.fixedFailures > 0) return null;
    const alpha = this.control ? this.alpha * CLEAN_PART : this.alpha;
    const needed = Math.ceil(Math.log(alpha) / Math.log1p(-this.p0));
    return Math.max(0, needed - this.fixed.length);
  }

  private oldFailuresLeft(): number | null {
    if (!this.control) return null;
    if (this.concluded) return 0;
    let further = 0;
    while (oddsEvidence(this.onlyOld + further, this.onlyFixed) < this.pairThreshold) further++;
    return further;
  }

  /** The pairs of a moment reject a factor or do not; such a bound holds at all moments at once. */
  private factorLow(): number | null {
    if (!this.concluded || !this.control) return null;
    const isRejected = (factor: number) =>
      oddsEvidence(this.onlyOld, this.onlyFixed, factor) >= this.pairThreshold;
    let factor = 1;
    while (isRejected(factor * FACTOR_STEP)) factor *= FACTOR_STEP;
    return factor;
  }
}
