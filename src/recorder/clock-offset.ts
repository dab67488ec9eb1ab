// How far another clock is from ours, from an exchange of pings: we note when we ask and when the
// answer is here, and the other side says what its clock showed. The true offset lies within half
// of the round trip of the middle, so the shortest of several round trips is the one to believe
// (Cristian 1989; NTP's clock filter, RFC 5905 section 10, chooses likewise).

import { readClockNs } from './clock.ts';

export interface ClockOffset {
  /** To be added to times of this clock, to get times of the other one. */
  readonly offsetNs: bigint;
  /** The true offset is at most so far from it, either way. */
  readonly uncertaintyNs: bigint;
}

/**
 * Estimates what must be added to our times to get those of another clock.
 * @param ask one exchange: resolves to the other clock's time, ns, read while we waited
 * @param rounds the shortest of so many round trips counts; at least 1
 */
export async function estimateClockOffset(
  ask: () => Promise<bigint> | bigint,
  rounds = 16,
): Promise<ClockOffset> {
  let best: ClockOffset | null = null;
  for (let round = 0; round < Math.max(1, rounds); round++) {
    const askedNs = readClockNs();
    const otherNs = await ask();
    const answeredNs = readClockNs();
    // Half of the round trip, rounded up, so that the bound holds.
    const uncertaintyNs = (answeredNs - askedNs + 1n) / 2n;
    if (best !== null && best.uncertaintyNs <= uncertaintyNs) continue;
    best = { offsetNs: otherNs - (askedNs + answeredNs) / 2n, uncertaintyNs };
  }
  return best as ClockOffset;
}
