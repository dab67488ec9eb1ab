// Marginal likelihoods of counts under beta priors, from tables that grow with the counts: a
// decision evaluates thousands of them, and each is six look-ups.

import betainc from '@stdlib/math-base-special-betainc';
import gammaln from '@stdlib/math-base-special-gammaln';

/** Beyond this many trials the gamma function is asked; a table would take gigabytes. */
const TABLE_MAX = 200_000;

/** log of the rising factorial a (a+1) ... (a+n-1), by n. */
class LogRising {
  private table = new Float64Array(1024);
  private length = 1;
  private readonly a: number;

  constructor(a: number) {
    this.a = a;
  }

  at(n: number): number {
    if (n > TABLE_MAX) return gammaln(this.a + n) - gammaln(this.a);
    if (n >= this.length) this.grow(n);
    return this.table[n] as number;
  }

  private grow(n: number): void {
    if (n >= this.table.length) {
      const larger = new Float64Array(Math.max(n + 1, 2 * this.table.length));
      larger.set(this.table);
      this.table = larger;
    }
    for (let at = this.length; at <= n; at++) {
      this.table[at] = (this.table[at - 1] as number) + Math.log(this.a + at - 1);
    }
    this.length = Math.max(this.length, n + 1);
  }
}

/** Beta(a, b) as the prior of a rate. */
export class BetaPrior {
  readonly a: number;
  readonly b: number;
  private readonly failures: LogRising;
  private readonly clean: LogRising;
  private readonly trials: LogRising;

  constructor(a: number, b: number) {
    this.a = a;
    this.b = b;
    this.failures = new LogRising(a);
    this.clean = new LogRising(b);
    this.trials = new LogRising(a + b);
  }

  /** log probability of one sequence with `failures` among `trials` (beta-binomial, no choose). */
  logLikelihood(failures: number, trials: number): number {
    return this.failures.at(failures) + this.clean.at(trials - failures) - this.trials.at(trials);
  }

  mean(failures: number, trials: number): number {
    return (this.a + failures) / (this.a + this.b + trials);
  }
}

/**
 * P(q < p / factor) of two independent rates with Beta(aq, bq) and Beta(ap, bp). Each is taken for
 * the gamma variable of the same mean and variance, which is exact in the limit of rare failures
 * and close where counts are high: the ratio of two gammas is a beta prime, so the probability is
 * one incomplete beta function (Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions
 * 2, 1995, ch. 27).
 */
export function probabilityBelow(
  [aq, bq]: readonly [number, number],
  [ap, bp]: readonly [number, number],
  factor: number,
): number {
  const q = gammaLike(aq, bq);
  const p = gammaLike(ap, bp);
  const odds = q.rate / (factor * p.rate);
  return betainc(odds / (1 + odds), q.shape, p.shape, true, false);
}

function gammaLike(a: number, b: number): { shape: number; rate: number } {
  const mean = a / (a + b);
  const shape = (mean * (a + b + 1)) / (1 - mean);
  return { shape, rate: shape / mean };
}
