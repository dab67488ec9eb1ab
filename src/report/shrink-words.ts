// The smaller trial in words: what it is, how often it fails per time of trials beside the first
// one, and what was tried on the way.

import { formatCount, formatDuration } from '../base/quantities.ts';
import type { Levels } from '../domain/cell.ts';
import { EXIT_DAMAGE, EXIT_INTERRUPTED, EXIT_UNKNOWN } from '../domain/errors.ts';
import {
  RATE_AT_LEAST,
  type ShrinkReport,
  type ShrinkTry,
  type TimedCount,
} from '../domain/shrink.ts';
import type { ExitMeaning } from './exit-meaning.ts';
import { type FactorKinds, levelText } from './level-words.ts';
import { plural } from './rate-words.ts';

/** As of `diff`: 1, because something failed. */
export function shrinkExit({
  rates,
  tried,
  stopped,
  confirmed,
}: Pick<ShrinkReport, 'rates' | 'tried' | 'stopped' | 'confirmed'>): ExitMeaning {
  if (/^interrupt/i.test(stopped)) {
    return { code: EXIT_INTERRUPTED, words: 'interrupted; what was found is kept' };
  }
  const failures = tried.reduce(
    (sum, { candidate, incumbent }) => sum + candidate.failures + incumbent.failures,
    rates.start.failures + rates.shrunk.failures,
  );
  if (failures === 0) {
    return { code: EXIT_UNKNOWN, words: 'nothing failed, so that nothing could be compared' };
  }
  const words = confirmed
    ? 'it fails, as the plan that was written shows again'
    : 'it fails; a smaller trial is not confirmed';
  return { code: EXIT_DAMAGE, words };
}

export function shrinkInWords(
  facts: Omit<ShrinkReport, 'words' | 'schema'>,
  kinds: FactorKinds,
): string[] {
  const { start, shrunk, rates, confirmed, tried, unknown } = facts;
  const changes = changeWords(start, shrunk, kinds);
  const lines =
    changes === ''
      ? [nothingWords(facts)]
      : [
          `${confirmed ? 'SHRUNK' : 'SHRUNK, not confirmed yet'}: ${changes}.`,
          `It fails ${perTime(rates.shrunk)} (${countedWords(rates.shrunk)}); the trial that it ` +
            `came from ${perTime(rates.start)} (${countedWords(rates.start)})` +
            `${isBeside(facts) ? ', in turn with it' : ', but not in turn with it'}.`,
        ];
  lines.push(provocationWords(tried, kinds));
  if (unknown > 0) lines.push(`${plural(unknown, 'trial')} could not be judged: in no count.`);
  return lines.filter((line) => line !== '');
}

/** Whether both rates are of trials that were made in turn: of one comparison of these two. */
function isBeside({
  start,
  shrunk,
  rates,
  tried,
}: Pick<ShrinkReport, 'start' | 'shrunk' | 'rates' | 'tried'>): boolean {
  return tried.some(
    ({ levels, against, candidate, incumbent }) =>
      isSame(levels, shrunk) &&
      isSame(against, start) &&
      isSame(candidate, rates.shrunk) &&
      isSame(incumbent, rates.start),
  );
}

function isSame(a: Levels | TimedCount, b: Levels | TimedCount): boolean {
  const [one, other] = [a, b].map((each) => Object.entries(each).sort());
  return JSON.stringify(one) === JSON.stringify(other);
}

/** `unit 64KiB -> 4KiB, time 200ms -> 10ms`: what differs. */
export function changeWords(from: Levels, to: Levels, kinds: FactorKinds): string {
  return Object.entries(to)
    .filter(([factor, level]) => from[factor] !== level)
    .map(([factor, level]) => {
      const before = from[factor];
      const text = levelText(factor, level, kinds);
      if (before === undefined) return `${factor} ${text}`;
      return `${factor} ${levelText(factor, before, kinds)} -> ${text}`;
    })
    .join(', ');
}

/** `time=10ms: rejected, 2.1 failures/s beside 4.6`. */
export function tryText(tried: ShrinkTry, kinds: FactorKinds): string {
  const { candidate, incumbent, decision } = tried;
  return (
    `${triedText(tried, kinds)}: ${decision}, ${speedText(candidate)} failures/s ` +
    `beside ${speedText(incumbent)}`
  );
}

/** What was tried: `time=10ms`, or everything that was accepted, once more. */
export function triedText({ factor, aim, levels }: ShrinkTry, kinds: FactorKinds): string {
  if (aim === 'confirmation') return 'all of it, again';
  const level = levels[factor];
  return level === undefined ? factor : `${factor}=${levelText(factor, level, kinds)}`;
}

/** Failures per second of trials, two digits: `4.6`, `0.013`; under 3/T where there was none. */
export function speedText({ failures, seconds }: TimedCount): string {
  if (seconds === 0) return '-';
  const perSecond = (failures === 0 ? 3 : failures) / seconds;
  const text =
    perSecond >= 10 ? formatCount(Math.round(perSecond)) : String(Number(perSecond.toPrecision(2)));
  return failures === 0 ? `under ${text}` : text;
}

/** `4.6 times a second`, `once in 12s`, of trials. */
function perTime(count: TimedCount): string {
  const { failures, seconds } = count;
  if (failures === 0) return `less often than ${speedText(count).replace('under ', '')} a second`;
  if (failures / seconds >= 1) return `${speedText(count)} times a second`;
  return `once in ${formatDuration((1000 * seconds) / failures)}`;
}

function countedWords({ failures, trials, seconds }: TimedCount): string {
  const time = formatDuration(seconds * 1000);
  return `${formatCount(failures)} of ${plural(trials, 'trial')} in ${time}`;
}

function nothingWords({ tried, rates }: Pick<ShrinkReport, 'tried' | 'rates'>): string {
  const decided = tried.filter(({ decision }) => decision !== 'open').length;
  if (decided === 0) {
    const { failures, trials } = rates.start;
    return failures === 0
      ? 'OPEN: nothing could be compared yet; the trial to be shrunk failed in none of ' +
          `${formatCount(trials)}.`
      : 'OPEN: nothing could be compared yet; more time decides it.';
  }
  return 'NOT SHRUNK: nothing smaller fails as often; the plan has the trial as it was.';
}

/** The strongest provocation, or that there was none. */
function provocationWords(tried: readonly ShrinkTry[], kinds: FactorKinds): string {
  const stronger = tried.filter(({ aim, decision }) => aim === 'stronger' && decision !== 'open');
  if (stronger.length === 0) return '';
  const accepted = stronger.filter(({ decision }) => decision === 'accepted');
  const [first, ...further] = accepted;
  const best = further.reduce((a, b) => (a && gainOf(b) > gainOf(a) ? b : a), first);
  const last = accepted.findLast(({ factor }) => factor === best?.factor);
  if (!last) {
    const names = stronger.map((each) => triedText(each, kinds)).join(', ');
    return `No provocation raised the rate to ${RATE_AT_LEAST.stronger} times (tried: ${names}).`;
  }
  const others = accepted.filter(({ factor }) => factor !== last.factor);
  const more = [...new Set(others.map((each) => triedText(each, kinds)))].join(', ');
  return (
    `The strongest provocation is ${triedText(last, kinds)}, ${gainWords(last)}` +
    `${more === '' ? '' : `; ${more} made it more frequent, too`}.`
  );
}

function gainWords(tried: ShrinkTry): string {
  const { trials, failures } = tried.incumbent;
  return failures === 0
    ? `not seen without it: 0 of ${formatCount(trials)}`
    : `${Number(gainOf(tried).toPrecision(2))} times as often as without`;
}

function gainOf({ candidate, incumbent }: ShrinkTry): number {
  if (incumbent.failures === 0) return Number.POSITIVE_INFINITY;
  return candidate.failures / candidate.seconds / (incumbent.failures / incumbent.seconds);
}
