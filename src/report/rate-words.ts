// Counts as sentences: every rate with its interval, every zero with its bound. One place, so that
// the terminal, the page and the live table say the same thing of the same numbers.

import { type BinomialInterval, binomialInterval } from '../base/binomial-interval.ts';
import {
  formatCount,
  formatPercent,
  formatPercentBound,
  type Rounding,
  roundToTwoDigits,
} from '../base/quantities.ts';
import type { CellReport } from '../domain/hunt-report.ts';

/** A percentage; below 0.001 % as `1 in 920,000`, because nobody counts zeros at night. */
export function proportionText(rate: number): string {
  if (rate === 0 || rate >= 1e-5) return formatPercent(rate);
  return `1 in ${formatCount(Number((1 / rate).toPrecision(2)))}`;
}

/** A bound on a proportion, written alike; an upper bound is rounded `up`, a lower one `down`. */
export function boundText(rate: number, rounding: Rounding): string {
  if (rate === 0 || rate >= 1e-5) return formatPercentBound(rate, rounding);
  // One in fewer is more often.
  const one = roundToTwoDigits(1 / rate, rounding === 'up' ? 'down' : 'up');
  return `1 in ${formatCount(one)}`;
}

/** The same as a share of things: `0.2% of reads`, `1 in 250,000 reads`. */
export function shareText(rate: number, noun: string): string {
  const text = proportionText(rate);
  return `${text}${text.endsWith('%') ? ' of' : ''} ${noun}`;
}

/**
 * The interval of `count` of `of` at 95 %, all of them or only `chances` being independent.
 *
 * A thousand reads between two rewrites of a unit had one chance to see it torn. With none broken
 * the bound therefore counts the chances. With some broken the rate is that of all tries, and its
 * interval that of as many tries as there were chances: tries that hang together say at most so
 * much less than independent ones (the design effect of a cluster sample; Kish, Survey Sampling,
 * 1965), so that it is rather too wide than too narrow.
 */
export function countInterval(count: number, of: number, chances = of): BinomialInterval {
  if (count === 0) return binomialInterval(0, Math.min(of, chances));
  const exact = binomialInterval(count, of);
  if (chances >= of || chances < 1) return exact;
  const few = Math.min(chances, Math.max(1, Math.round((count / of) * chances)));
  const { low, high } = binomialInterval(few, chances);
  return {
    rate: exact.rate,
    low: Math.min(low ?? 0, exact.low ?? 0),
    high: Math.max(high ?? 1, exact.high ?? 1),
  };
}

/**
 * How many independent chances a rate summed over cells rests on: (sum t)^2 / sum(t^2 / n) for t
 * tries on n chances (Kish, as above), so that a cell of many reads and few rewrites does not
 * borrow the certainty of the others. Equal to the sum of chances where all cells are alike.
 */
export function effectiveChances(
  parts: readonly { readonly tries: number; readonly chances: number }[],
): number {
  const tried = parts.filter(({ tries, chances }) => tries > 0 && chances > 0);
  const tries = tried.reduce((sum, part) => sum + part.tries, 0);
  const spread = tried.reduce((sum, part) => sum + part.tries ** 2 / part.chances, 0);
  return spread === 0 ? 0 : Math.max(1, Math.floor(tries ** 2 / spread));
}

/** `0 of 1,379,082 reads during 253 rewrites`: what there was to go wrong, and how often it did. */
export function triedWords(count: number, of: number, noun: string, chances = of): string {
  const during = chances < of ? ` during ${plural(chances, 'rewrite')}` : '';
  return `${formatCount(count)} of ${formatCount(of)} ${noun}${during}`;
}

/** `12 of 3,600 trials, 0.33% (95% interval 0.17% to 0.58%)`; zero as `under 0.01%`. */
export function countWords(count: number, of: number, noun: string, chances = of): string {
  const { rate, low, high } = countInterval(count, of, chances);
  const counted = triedWords(count, of, noun, chances);
  if (rate === null || low === null || high === null) return counted;
  if (count === 0) return `${counted}, under ${boundText(high, 'up')}`;
  const interval = `95% interval ${boundText(low, 'down')} to ${boundText(high, 'up')}`;
  return `${counted}, ${proportionText(rate)} (${interval})`;
}

/** `0.33% (0.17-0.58%)`, `<0.01%` for zero, `-` without trials: for tables. */
export function rateText(count: number, of: number, chances = of): string {
  const { rate, low, high } = countInterval(count, of, chances);
  if (rate === null || low === null || high === null) return '-';
  if (count === 0) return `<${boundText(high, 'up')}`;
  const [from, to] = [boundText(low, 'down'), boundText(high, 'up')];
  const joined = from.endsWith('%') ? `${from.slice(0, -1)}-${to}` : `${from} to ${to}`;
  return `${proportionText(rate)} (${joined})`;
}

/** `1 trial`, `2 trials`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Trials from which something may be concluded. */
export function countedTrials(cell: Pick<CellReport, 'trials' | 'unknown'>): number {
  return cell.trials - cell.unknown;
}
