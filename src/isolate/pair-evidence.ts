// Evidence from matched pairs that one side fails more often than the other. Only pairs in which
// just one side failed count; were the flipped side at least as bad, each such pair would be "only
// inside" at most every second time, so that E grows beyond 1/alpha with probability alpha at most,
// however often one looks (Ville's inequality; Grünwald, de Heide & Koolen, Safe Testing, 2024).

/** What the share of one side among the discordant pairs is bet to be, and how much of E is bet. */
export interface Bet {
  readonly share: number;
  readonly weight: number;
}

/** Mostly for causes without which nothing fails at all; the second also bears a background. */
const BETS: readonly Bet[] = [
  { share: 0.99, weight: 0.85 },
  { share: 0.85, weight: 0.15 },
];

export class PairEvidence {
  /** Pairs in which only the one side failed, and only the other. */
  only = 0;
  onlyOther = 0;
  pairs = 0;

  add(failed: boolean, otherFailed: boolean): void {
    this.pairs++;
    if (failed && !otherFailed) this.only++;
    if (otherFailed && !failed) this.onlyOther++;
  }

  get value(): number {
    return pairEvidence(this.only, this.onlyOther);
  }
}

export function pairEvidence(only: number, onlyOther: number): number {
  return betEvidence(BETS, only, onlyOther, 0.5);
}

/**
 * E = sum over the bets of w (t / s)^k ((1 - t) / (1 - s))^m with k pairs won and m lost, where a
 * pair is won with probability s at most if there is nothing to be found. Finite or Infinity.
 */
export function betEvidence(
  bets: readonly Bet[],
  won: number,
  lost: number,
  shareMax: number,
): number {
  // Through logarithms, since powers alone would come out as Infinity x 0.
  return bets.reduce((sum, { share, weight }) => {
    const log = won * Math.log(share / shareMax) + lost * Math.log((1 - share) / (1 - shareMax));
    return sum + weight * Math.exp(log);
  }, 0);
}

/** Discordant pairs, all to one side, that certify at `alpha`. */
export function pairsNeeded(alpha: number): number {
  let pairs = 0;
  while (pairEvidence(pairs, 0) < 1 / alpha) pairs++;
  return pairs;
}
