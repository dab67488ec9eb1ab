// The only place that reads clocks. Everything measured uses the monotonic clock, which is
// CLOCK_MONOTONIC on Linux and so comparable between the processes of one host.

export function monotonicNs(): bigint {
  return process.hrtime.bigint();
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
