// `heisenwrite watch DIR|URL`: observes a drop folder of the user's and says which rules would
// have been fooled by each file that arrives.

import { once } from 'node:events';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { binomialInterval } from '../base/binomial-interval.ts';
import { monotonicMs } from '../base/clock.ts';
import {
  formatCount,
  formatDuration,
  formatPercentBound,
  formatSize,
  parseDuration,
} from '../base/quantities.ts';
import { Arrivals } from '../delivery/arrivals.ts';
import { FolderObserver, type ObservedFolder } from '../delivery/folder-observer.ts';
import { localFolder } from '../delivery/local-folder.ts';
import { RULES } from '../delivery/rules.ts';
import type { Arrival, ReadinessRule, RuleAnswer, Sight } from '../domain/delivery.ts';
import { EXIT_CLEAN, EXIT_DAMAGE, EXIT_UNKNOWN, HeisenwriteError } from '../domain/errors.ts';
import { schemeOf } from '../medium/media.ts';
import { eventLine } from './fault-serving.ts';
import { openMedium } from './places.ts';
import type { Terminal } from './terminal.ts';

const SCHEMA = 'heisenwrite.watch/1';
/** What a client cannot tell of a server's files. */
const SIGHTS_OF_HOST: readonly Sight[] = ['open', 'closed', 'directory'];
/** A folder that is only watched is left alone. */
const LOOKING = RULES.filter(({ opensFiles }) => opensFiles !== true);

export interface WatchArguments {
  readonly settle: string;
  readonly poll: string;
  readonly quiet: string;
  readonly for?: string;
  readonly files?: number;
  readonly json?: boolean;
}

interface Watched {
  readonly folder: Omit<ObservedFolder, 'sights'>;
  readonly rules: readonly ReadinessRule[];
  close(): Promise<void>;
}

/**
 * @returns 0 where no rule was fooled, 1 where one was, 3 where nothing arrived
 * @throws HeisenwriteError `invalid-duration`, `no-such-place`, as `MediumAdapter.connect`
 */
export async function runWatch(
  place: string,
  given: WatchArguments,
  terminal: Terminal,
): Promise<number> {
  const settleMs = durationOf('--settle', given.settle);
  const pollMs = durationOf('--poll', given.poll);
  const quietMs = durationOf('--quiet', given.quiet);
  const untilMs =
    given.for === undefined
      ? Number.POSITIVE_INFINITY
      : monotonicMs() + durationOf('--for', given.for);
  const filesMax = given.files ?? Number.POSITIVE_INFINITY;
  const watched = await open(place);
  const { rules, folder } = watched;
  const sights = new Set(rules.flatMap(({ sees }) => sees));
  const observer = new FolderObserver({ ...folder, sights });
  const ending = new AbortController();
  const { directory } = folder;
  const { signal } = ending;
  const arrivals = new Arrivals(rules, { settleMs, quietMs, directory, content: null, signal });
  const voice = given.json ? jsonVoice(terminal) : plainVoice(terminal);
  const all: Arrival[] = [];
  const told = endOf();
  try {
    // What is there now has not arrived.
    await arrivals.take(await observer.look());
    voice.watching(place, rules, settleMs);
    while (!told.isSaid && monotonicMs() < untilMs && all.length < filesMax) {
      for (const arrival of await arrivals.take(await observer.look())) {
        all.push(arrival);
        voice.arrived(arrival);
      }
      await Promise.race([sleep(pollMs), told.said]);
    }
  } finally {
    told.forget();
    ending.abort();
    observer.close();
    await watched.close();
  }
  const tallies = rules.map((rule) => tallyOf(rule, all));
  voice.ended(all.length, arrivals.underWay, tallies);
  if (all.length === 0) return EXIT_UNKNOWN;
  return tallies.some(({ fooled }) => fooled > 0) ? EXIT_DAMAGE : EXIT_CLEAN;
}

function durationOf(option: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms > 0) return ms;
  throw new HeisenwriteError('invalid-duration', `${option} ${text} is no duration`);
}

async function open(place: string): Promise<Watched> {
  if (schemeOf(place) !== null) {
    const { connection } = await openMedium({ url: place, options: {} });
    const { client } = connection;
    const rules = LOOKING.filter(({ sees }) => !sees.some((one) => SIGHTS_OF_HOST.includes(one)));
    return { folder: { client, path: '/', directory: null }, rules, close: () => client.close() };
  }
  const directory = resolve(place);
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) {
    throw new HeisenwriteError('no-such-place', `there is no directory ${place}`);
  }
  const folder = { client: localFolder(directory), path: '/', directory };
  return { folder, rules: LOOKING, close: async () => undefined };
}

/** Ctrl-C or SIGTERM. */
function endOf() {
  const controller = new AbortController();
  const { signal } = controller;
  const told = { isSaid: false };
  const said = Promise.race(
    ['SIGINT', 'SIGTERM'].map((name) => once(process, name, { signal })),
  ).then(
    () => {
      told.isSaid = true;
    },
    () => undefined,
  );
  return {
    said,
    get isSaid() {
      return told.isSaid;
    },
    forget: () => controller.abort(),
  };
}

interface RuleTally {
  readonly rule: string;
  readonly about: string;
  readonly files: number;
  readonly fooled: number;
  readonly never: number;
  readonly longestEarlyMs: number;
  /** Upper bound of the share of files that fool it, 95 %; of those for which it said ready. */
  readonly below: number | null;
}

function tallyOf({ name, about }: ReadinessRule, arrivals: readonly Arrival[]): RuleTally {
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

interface Voice {
  watching(place: string, rules: readonly ReadinessRule[], settleMs: number): void;
  arrived(arrival: Arrival): void;
  ended(files: number, underWay: number, tallies: readonly RuleTally[]): void;
}

function jsonVoice({ out }: Terminal): Voice {
  const say = (event: string, more: object) => void out.write(eventLine(SCHEMA, event, more));
  return {
    watching: (place, rules, settleMs) =>
      say('watching', { place, rules: rules.map(({ name }) => name), settleMs }),
    arrived: (arrival) => say('arrived', arrival),
    ended: (files, underWay, rules) => say('ended', { files, underWay, rules }),
  };
}

function plainVoice(terminal: Terminal): Voice {
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
    ended(files, underWay, tallies) {
      for (const line of endLines(files, underWay, tallies)) print(line);
    },
  };
}

function arrivalLines({ name, bytes, tookMs, isGone, rules }: Arrival): string[] {
  const end = isGone ? ', and went away' : '';
  const lines = [`${name}: ${formatSize(bytes)} in ${formatDuration(tookMs)}${end}`];
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
  const lines = ['', `${files} files arrived`];
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
