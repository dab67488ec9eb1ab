// Which of two cells fails more often per time of trials: a race that ends as soon as the interval
// of the ratio of their rates says so. It guides a search and is no certificate, since an interval
// that is looked at after every trial errs more often than it says; whatever it has led to is
// compared once more on fresh trials.

import type { Race, RaceSide } from '../domain/ports.ts';
import { RATE_AT_LEAST, type ShrinkTry, type TimedCount } from '../domain/shrink.ts';
import { rateRatio } from './fisher.ts';

/** Fewer failures of both sides decide nothing: what is confirmed is also what is reported. */
const FAILURES_MIN: typeof RATE_AT_LEAST = { cheaper: 8, stronger: 8, confirmation: 20 };
/** After so many of them the estimate alone decides: 10 against 20 is half, or so. */
const FAILURES_MAX = 30;
const CONFIDENCE = 0.9;
const SIDES: readonly RaceSide[] = ['candidate', 'incumbent'];

export class RateRace implements Race {
  private readonly aim: ShrinkTry['aim'];
  private readonly warm = new Set<RaceSide>();
  private readonly counts = {
    candidate: { trials: 0, failures: 0, seconds: 0 },
    incumbent: { trials: 0, failures: 0, seconds: 0 },
  };

  constructor(aim: ShrinkTry['aim']) {
    this.aim = aim;
  }

  get candidate(): TimedCount {
    return this.counts.candidate;
  }

  get incumbent(): TimedCount {
    return this.counts.incumbent;
  }

  /** The side that had less time: both then see the same drift, however long their trials are. */
  turn(): RaceSide {
    const cold = SIDES.find((side) => !this.warm.has(side));
    if (cold) return cold;
    return this.candidate.seconds <= this.incumbent.seconds ? 'candidate' : 'incumbent';
  }

  /** The first trial of a side may start actors, and takes longer for that: it does not count. */
  add(side: RaceSide, failed: boolean, durationMs: number): void {
    if (!this.warm.has(side)) {
      this.warm.add(side);
      return;
    }
    const count = this.counts[side];
    count.trials++;
    count.seconds += durationMs / 1000;
    if (failed) count.failures++;
  }

  decision(): 'accepted' | 'rejected' | null {
    const { candidate, incumbent } = this;
    const failures = candidate.failures + incumbent.failures;
    if (failures < FAILURES_MIN[this.aim]) return null;
    const atLeast = RATE_AT_LEAST[this.aim];
    const { ratio, low, high } = rateRatio(exposed(candidate), exposed(incumbent), CONFIDENCE);
    if (ratio === null || low === null || high === null) return null;
    if (low >= atLeast) return 'accepted';
    if (high < atLeast) return 'rejected';
    if (failures < FAILURES_MAX) return null;
    return ratio >= atLeast ? 'accepted' : 'rejected';
  }
}

/** Failures per microsecond: the exposure must be a whole number, and no less than the failures. */
function exposed({ failures, trials, seconds }: TimedCount): { failures: number; trials: number } {
  return { failures, trials: Math.max(trials, Math.round(seconds * 1e6)) };
}
