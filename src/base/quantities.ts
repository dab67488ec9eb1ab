// Sizes and durations as people write them: `4KiB`, `1MiB`, `30s`, `5m`. Decimal units (kB, MB) are
// refused rather than guessed, since 1 MB and 1 MiB differ by 5 % and both readings are common.

const SIZE_UNITS = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;
const DURATION_UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Bytes, or null when `text` is not a size such as `512`, `4KiB`, `1.5GiB`. */
export function parseSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(B|KiB|MiB|GiB|TiB|k|K|M|G|T)?$/.exec(text.trim());
  if (!match) return null;
  const unit = match[2] ?? 'B';
  const full = unit.length === 1 && unit !== 'B' ? `${unit.toUpperCase()}iB` : unit;
  const bytes = Number(match[1]) * SIZE_UNITS[full as keyof typeof SIZE_UNITS];
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** Exact where a whole number of a unit fits (`4KiB`), else with one decimal (`1.5MiB`). */
export function formatSize(bytes: number): string {
  for (const unit of ['TiB', 'GiB', 'MiB', 'KiB'] as const) {
    const value = bytes / SIZE_UNITS[unit];
    // From what would be shown as 1.0 on: 1,048,573 bytes are 1.0MiB, not 1024.0KiB.
    if (value >= 0.99995) return `${Number.isInteger(value) ? value : value.toFixed(1)}${unit}`;
  }
  return `${Math.round(bytes)}B`;
}

/** `1MiB` only where that is exact: where a byte more or less is what it is about. */
export function formatExactSize(bytes: number): string {
  const text = formatSize(bytes);
  return parseSize(text) === bytes ? text : `${formatCount(bytes)} bytes`;
}

/** Milliseconds, or null when `text` is not a duration such as `500ms`, `30s`, `5m`, `1h`. */
export function parseDuration(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(text.trim());
  if (!match) return null;
  return Number(match[1]) * DURATION_UNITS[match[2] as keyof typeof DURATION_UNITS];
}

/** `850ms`, `12.3s`, `2m05s`, `1h02m`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)}s`;
  const seconds = Math.round(ms / 1000);
  const pad = (n: number) => String(n).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${pad(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h${pad(Math.floor((seconds % 3600) / 60))}m`;
}

const GROUPED = new Intl.NumberFormat('en-US');

/** 12345 as `12,345`. */
export function formatCount(count: number): string {
  return GROUPED.format(count);
}

/** A proportion as a percentage with two significant digits: `0.34%`, `12%`, `100%`. */
export function formatPercent(rate: number): string {
  const percent = rate * 100;
  if (percent === 0) return '0%';
  if (percent >= 99.95) return '100%';
  if (percent >= 10) return `${percent.toFixed(0)}%`;
  if (percent < 1e-4) return `${percent.toExponential(1)}%`;
  return `${Number(percent.toPrecision(2))}%`;
}

/** Which way a bound is rounded, so that what is printed still holds: an upper bound goes `up`. */
export type Rounding = 'up' | 'down';

/** `value` (0 or more) with two significant digits, never on the wrong side of it. */
export function roundToTwoDigits(value: number, rounding: Rounding): number {
  // Twelve digits first: 0.05 * 100 is 5.000000000000001 and must not become 5.1.
  const [digits = '0', exponent = '0'] = value.toExponential(11).split('e');
  const scaled = Number((Number(digits) * 10).toPrecision(11));
  const whole = rounding === 'up' ? Math.ceil(scaled) : Math.floor(scaled);
  return Number(`${whole}e${Number(exponent) - 1}`);
}

/** A bound on a proportion: 0.02549 as `2.6%` when rounded up, `2.5%` down. */
export function formatPercentBound(rate: number, rounding: Rounding): string {
  const percent = roundToTwoDigits(rate * 100, rounding);
  return percent !== 0 && percent < 1e-4 ? `${percent.toExponential(1)}%` : `${percent}%`;
}
