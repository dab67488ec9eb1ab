// The clock of the hunt for actors on other hosts: how far theirs is from it, by pings before a
// call. They say all times in it, and their recordings state how wrong that may be.

import { type ClockOffset, estimateClockOffset } from '../recorder/clock-offset.ts';

/** Nanoseconds: to be added to times there, to have times of the hunt. */
export type HuntClock = ClockOffset;

const ROUNDS = 8;

/** @param ask one exchange: resolves to what the monotonic clock there shows, ns */
export async function huntClockFor(ask: () => Promise<bigint>): Promise<HuntClock> {
  const { offsetNs, uncertaintyNs } = await estimateClockOffset(ask, ROUNDS);
  return { offsetNs: -offsetNs, uncertaintyNs };
}
