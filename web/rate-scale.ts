// One scale for the rates of all levels, so that bars of different factors can be compared. A level
// with few trials has an interval up to 100 %; it may not squeeze all others into a dot.

import type { CountedRate } from '../src/domain/isolation.ts';

/** Width of a bar in units of its drawing; a mark is drawn whole within it. */
const WIDTH = 200;
const MARGIN = 5;
/** The scale ends here above the highest rate; intervals beyond it are marked as such. */
const ROOM = 3;

export interface RatePlace {
  readonly low: number;
  readonly rate: number;
  readonly high: number;
  readonly beyond: boolean;
}

export function rateScale(counts: readonly CountedRate[]) {
  const highest = Math.max(0, ...counts.map(({ high }) => high ?? 0));
  const rates = Math.max(0, ...counts.map(({ rate }) => rate ?? 0));
  const top = rates > 0 ? Math.min(highest, rates * ROOM) : highest;
  const at = (rate: number) =>
    MARGIN + (WIDTH - 2 * MARGIN) * Math.min(1, top > 0 ? rate / top : 0);
  return {
    top,
    place({ rate, low, high }: CountedRate): RatePlace | null {
      if (rate === null || low === null || high === null) return null;
      return { low: at(low), rate: at(rate), high: at(high), beyond: high > top };
    },
  };
}
