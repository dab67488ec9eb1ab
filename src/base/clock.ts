// The only place that reads clocks. Everything measured uses the monotonic clock, which is
// CLOCK_MONOTONIC on Linux and so comparable between the processes of one host. Actors on another
// host are told how far theirs is from that of the hunt, and say all times in the latter.

let aheadNs = 0n;

/** Of this thread, from now on: times are so much later than the clock of this host says. */
export function keepTimeOf(offsetNs: bigint): void {
  aheadNs = offsetNs;
}

export function monotonicNs(): bigint {
  return process.hrtime.bigint() + aheadNs;
}

export function monotonicMs(): number {
  return performance.now();
}

/** Milliseconds since 1970, which may step; only for showing and for dating. */
export function wallMs(): number {
  return Date.now();
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/**
 * What must be added to a time in ns since 1970 to have it on the monotonic clock, now, and how far
 * that may be wrong. It waits for a tick of the wall clock, which here shows milliseconds: 1 ms.
 */
export function wallToMonotonic(): { readonly offsetNs: bigint; readonly uncertaintyNs: bigint } {
  let best = { offsetNs: 0n, uncertaintyNs: 1_000_000_000n };
  for (let tries = 0; tries < 3 && best.uncertaintyNs > 5000n; tries++) {
    const before = Date.now();
    let [previous, now] = [before, before];
    let earlier = monotonicNs();
    let later = earlier;
    while (now === before) {
      previous = now;
      earlier = later;
      now = Date.now();
      later = monotonicNs();
    }
    const isOneTick = now - previous === 1;
    const uncertaintyNs = later - earlier;
    if (!isOneTick || uncertaintyNs >= best.uncertaintyNs) continue;
    best = { offsetNs: (earlier + later) / 2n - BigInt(now) * 1_000_000n, uncertaintyNs };
  }
  return best.offsetNs === 0n
    ? { offsetNs: monotonicNs() - BigInt(Date.now()) * 1_000_000n, uncertaintyNs: 1_000_000n }
    : best;
}
