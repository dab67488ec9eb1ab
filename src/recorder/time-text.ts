// Times and spans as text. A recording's times are nanoseconds of a clock that began with the
// machine, so they are shown from the oldest record on, or as seconds of that clock; all digits
// count, and no number is made of them, which would lose the last.

const UNITS = [
  ['s', 1e9],
  ['ms', 1e6],
  ['us', 1e3],
] as const;
const SPAN_UNITS_NS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 } as const;

/** `812ns`, `1.2ms`, `10.5s`. @param ns may be negative */
export function formatSpan(ns: number): string {
  for (const [unit, size] of UNITS) {
    if (Math.abs(ns) >= size) return `${Number((ns / size).toPrecision(3))}${unit}`;
  }
  return `${Math.round(ns)}ns`;
}

/** Seconds with nine digits: `1.000000250`. */
export function formatSeconds(ns: bigint): string {
  const digits = String(ns < 0n ? -ns : ns).padStart(10, '0');
  return `${ns < 0n ? '-' : ''}${digits.slice(0, -9)}.${digits.slice(-9)}`;
}

/** ns, or null when `text` is not a span such as `250us`, `1.5ms`, `30s`. */
export function parseSpan(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(ns|us|ms|s|m|h)$/.exec(text.trim());
  if (!match) return null;
  return Number(match[1]) * SPAN_UNITS_NS[match[2] as keyof typeof SPAN_UNITS_NS];
}

/**
 * ns of the clock, or null when `text` is no time. `+1.25` (as printed) and `1250ms` count from
 * `baseNs`, `86400.25` is seconds of the clock itself.
 */
export function parseTime(text: string, baseNs: bigint): bigint | null {
  const span = parseSpan(text);
  if (span !== null) return baseNs + BigInt(Math.round(span));
  const match = /^([+-]?)(\d+)(?:\.(\d{1,9}))?$/.exec(text.trim());
  if (!match) return null;
  const [, sign, seconds, fraction = ''] = match;
  const ns = BigInt(seconds as string) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
  if (sign === '') return ns;
  return sign === '+' ? baseNs + ns : baseNs - ns;
}
