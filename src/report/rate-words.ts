// Counts as sentences: every rate with its interval, every zero with its bound. One place, so that
// the terminal, the page and the live table say the same thing of the same numbers.

import { binomialInterval } from '../base/binomial-interval.ts';
import { formatCount, formatPercent } from '../base/quantities.ts';
import type { Level, Levels } from '../domain/cell.ts';
import type { CellReport } from '../domain/hunt-report.ts';

/** A percentage; below 0.001 % as `1 in 920,000`, because nobody counts zeros at night. */
export function proportionText(rate: number): string {
  if (rate === 0 || rate >= 1e-5) return formatPercent(rate);
  return `1 in ${formatCount(Number((1 / rate).toPrecision(2)))}`;
}

/** `12 of 3,600 trials, 0.33% (95% interval 0.17% to 0.58%)`; zero as `under 0.01%`. */
export function countWords(count: number, of: number, noun: string): string {
  const { rate, low, high } = binomialInterval(count, of);
  const counted = `${formatCount(count)} of ${formatCount(of)} ${noun}`;
  if (rate === null || low === null || high === null) return counted;
  if (count === 0) return `${counted}, under ${proportionText(high)}`;
  const interval = `95% interval ${proportionText(low)} to ${proportionText(high)}`;
  return `${counted}, ${proportionText(rate)} (${interval})`;
}

/** `0.33% (0.17-0.58%)`, `<0.01%` for zero, `-` without trials: for tables. */
export function rateText(count: number, of: number): string {
  const { rate, low, high } = binomialInterval(count, of);
  if (rate === null || low === null || high === null) return '-';
  if (count === 0) return `<${proportionText(high)}`;
  const [from, to] = [proportionText(low), proportionText(high)];
  return `${proportionText(rate)} (${from.replace('%', '')}-${to})`;
}

/** `1 trial`, `2 trials`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Sizes as plans write them (`4KiB`), so that a level can be pasted back; others as they are. */
export function levelText(level: Level): string {
  if (typeof level !== 'number' || level < 1024 || !Number.isInteger(level)) return String(level);
  for (const [unit, bytes] of [
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (level % bytes === 0) return `${level / bytes}${unit}`;
  }
  return String(level);
}

/** `writer=direct unit=4KiB`, in plan order, only `factors` where they are given. */
export function levelsWords(levels: Levels, factors?: readonly string[]): string {
  return Object.entries(levels)
    .filter(([factor]) => factors === undefined || factors.includes(factor))
    .map(([factor, level]) => `${factor}=${levelText(level)}`)
    .join(' ');
}

/** Factors of which more than one level was tried: the others do not tell cells apart. */
export function variedFactors(cells: readonly { readonly levels: Levels }[]): string[] {
  const seen = new Map<string, Set<Level | undefined>>();
  for (const cell of cells) {
    for (const factor of Object.keys(cell.levels)) seen.set(factor, seen.get(factor) ?? new Set());
  }
  for (const cell of cells) {
    for (const [factor, levels] of seen) levels.add(cell.levels[factor]);
  }
  return [...seen].filter(([, levels]) => levels.size > 1).map(([factor]) => factor);
}

/** Trials from which something may be concluded. */
export function countedTrials(cell: Pick<CellReport, 'trials' | 'unknown'>): number {
  return cell.trials - cell.unknown;
}
