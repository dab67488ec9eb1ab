// What `heisenwrite watch` says: of each file that arrived, which rules it would have fooled, and
// of each rule at the end how it fared.

import { binomialInterval } from '../base/binomial-interval.ts';
import { formatCount, formatDuration, formatPercentBound, formatSize } from '../base/quantities.ts';
import type { Arrival, ReadinessRule, RuleAnswer } from '../domain/delivery.ts';
import { plural } from '../report/rate-words.ts';
import { printable } from '../report/wrap.ts';
import { eventLine } from './fault-serving.ts';
import type { Terminal } from './terminal.ts';

const SCHEMA = 'heisenwrite.watch/1';

export interface RuleTally {
  readonly rule: string;
  readonly about: string;
  readonly files: number;
  readonly fooled: number;
  readonly never: number;
  readonly longestEarlyMs: number;
  /** Upper bound of the share of files that fool it, 95 %; of those for which it said ready. */
  readonly below: number | null;
}

export function tallyOf({ name, about }: ReadinessRule, arrivals: readonly Arrival[]): RuleTally {
  const answers = arrivals.flatMap(({ rules }) => rules.filter(({ rule }) => rule === name));
  const fooled = answers.filter(({ answer }) => answer === 'fooled');
  const never = answers.filter(({ answer }) => answer === 'never').length;
  const said = answers.length - never;
  return {
    ...{ rule: name, about, files: answers.length, fooled: fooled.length, never },
    longestEarlyMs: Math.max(0, ...fooled.map(({ earlyMs }) => earlyMs ?? 0)),
    below: binomialInterval(fooled.length, said).high,
  };
}

export interface Voice {
  watching(place: string, rules: readonly ReadinessRule[], settleMs: number): void;
  arrived(arrival: Arrival): void;
  /** The folder cannot be looked at any more. */
  lost(place: string, why: string): void;
  ended(files: number, underWay: number, tallies: readonly RuleTally[]): void;
}

export function jsonVoice({ out }: Terminal): Voice {
  const say = (event: string, more: object) => void out.write(eventLine(SCHEMA, event, more));
  return {
    watching: (place, rules, settleMs) =>
      say('watching', { place, rules: rules.map(({ name }) => name), settleMs }),
    arrived: (arrival) => say('arrived', arrival),
    lost: (place, why) => say('lost', { place, why }),
    ended: (files, underWay, rules) => say('ended', { files, underWay, rules }),
  };
}

export function plainVoice(terminal: Terminal): Voice {
  const { print } = terminal;
  return {
    watching(place, rules, settleMs) {
      terminal.err.write(
        `watching ${place} by ${rules.length} rules, which wait ${formatDuration(settleMs)}; ` +
          'no file is opened; Ctrl-C ends it\n',
      );
    },
    arrived: (arrival) => {
      for (const line of arrivalLines(arrival)) print(line);
    },
    lost: (place, why) => {
      terminal.err.write(
        `heisenwrite: ${place} cannot be looked at any more: ${why}\n` +
          '  what to do: see whether it was removed or its server is gone, then watch it again\n',
      );
    },
    ended(files, underWay, tallies) {
      for (const line of endLines(files, underWay, tallies)) print(line);
    },
  };
}

function arrivalLines({ name, bytes, tookMs, isGone, rules }: Arrival): string[] {
  const end = isGone ? ', and went away' : '';
  const lines = [`${printable(name)}: ${formatSize(bytes)} in ${formatDuration(tookMs)}${end}`];
  const of = (answer: RuleAnswer['answer']) => rules.filter((one) => one.answer === answer);
  for (const { rule, earlyMs, missingBytes } of of('fooled')) {
    const missing =
      missingBytes === 0
        ? 'bytes within its length changed after that'
        : `${formatCount(missingBytes ?? 0)} bytes were not there yet`;
    lines.push(`  fooled  ${rule}: ready ${formatDuration(earlyMs ?? 0)} too early, ${missing}`);
  }
  const named = (answers: readonly RuleAnswer[]) => answers.map(({ rule }) => rule).join(', ');
  if (of('right').length > 0) lines.push(`  right   ${named(of('right'))}`);
  if (of('never').length > 0) lines.push(`  never   ${named(of('never'))}`);
  return lines;
}

function endLines(files: number, underWay: number, tallies: readonly RuleTally[]): string[] {
  if (files === 0) {
    const waiting = underWay === 0 ? '' : `; ${underWay} still under way (--quiet)`;
    return [`nothing arrived${waiting}: nothing can be said of any rule`];
  }
  const width = Math.max(...tallies.map(({ rule }) => rule.length));
  const lines = ['', `${plural(files, 'file')} arrived`];
  for (const { rule, fooled, never, longestEarlyMs, below, files: of } of tallies) {
    const said = of - never;
    const words =
      said === 0
        ? 'never said ready'
        : fooled > 0
          ? `fooled by ${fooled} of ${said}, at most ${formatDuration(longestEarlyMs)} too early`
          : `right for ${said} of ${said}: fooled by under ${formatPercentBound(below ?? 1, 'up')}`;
    const rest = never > 0 && said > 0 ? `; never ready for ${never}` : '';
    lines.push(`  ${rule.padEnd(width)}  ${words}${rest}`);
  }
  lines.push(
    'Safe by agreement, not by luck: the writer gives the final name by a rename at last, or',
    'writes a marker after the file, and the reader waits for that. `publish` of the library does.',
  );
  return lines;
}
