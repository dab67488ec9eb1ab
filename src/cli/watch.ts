// `heisenwrite watch DIR|URL`: observes a drop folder of the user's and says which rules would
// have been fooled by each file that arrives.

import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../base/clock.ts';
import { parseDuration } from '../base/quantities.ts';
import { Arrivals } from '../delivery/arrivals.ts';
import { FolderObserver, type ObservedFolder } from '../delivery/folder-observer.ts';
import { localFolder } from '../delivery/local-folder.ts';
import { RULES } from '../delivery/rules.ts';
import type { Arrival, FolderLook, ReadinessRule, Sight } from '../domain/delivery.ts';
import {
  EXIT_CLEAN,
  EXIT_DAMAGE,
  EXIT_UNKNOWN,
  errnoOf,
  HeisenwriteError,
} from '../domain/errors.ts';
import { schemeOf } from '../medium/media.ts';
import { OperationError } from '../medium/operation-error.ts';
import { openMedium } from './places.ts';
import type { Terminal } from './terminal.ts';
import { jsonVoice, plainVoice, tallyOf } from './watch-voice.ts';

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
 * @returns 0 where no rule was fooled, 1 where one was, 3 where nothing arrived, or where the
 *   folder could not be looked at any more and no rule had been fooled until then
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
  const told = endOf(terminal);
  let lost: string | null = null;
  try {
    // What is there now has not arrived.
    await arrivals.take(await observer.look());
    voice.watching(place, rules, settleMs);
    while (!told.isSaid && monotonicMs() < untilMs && all.length < filesMax) {
      const look = await lookOr(observer, (why) => {
        lost = why;
      });
      if (look === null) break;
      for (const arrival of await arrivals.take(look)) {
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
  if (lost !== null) voice.lost(place, lost);
  voice.ended(all.length, arrivals.underWay, tallies);
  if (tallies.some(({ fooled }) => fooled > 0)) return EXIT_DAMAGE;
  return all.length === 0 || lost !== null ? EXIT_UNKNOWN : EXIT_CLEAN;
}

/** Null where the folder cannot be looked at any more: it was removed, or a server is gone. */
async function lookOr(
  observer: FolderObserver,
  onLost: (why: string) => void,
): Promise<FolderLook | null> {
  try {
    return await observer.look();
  } catch (error) {
    const errno = error instanceof OperationError ? error.errno : errnoOf(error);
    if (errno === null) throw error;
    onLost(`${errno} (${(error as Error).message})`);
    return null;
  }
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
  refuseUnreadable(place, directory);
  const folder = { client: localFolder(directory), path: '/', directory };
  return { folder, rules: LOOKING, close: async () => undefined };
}

function refuseUnreadable(place: string, directory: string): void {
  const stats = statSync(directory, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new HeisenwriteError('no-such-place', `there is no directory ${place}`);
  }
  if (!stats.isDirectory()) {
    throw new HeisenwriteError('no-such-place', `${place} is not a directory`, {
      remedy: 'give the directory into which files are dropped',
    });
  }
  try {
    accessSync(directory, constants.R_OK | constants.X_OK);
  } catch (error) {
    throw new HeisenwriteError('not-readable', `${place} cannot be read: ${errnoOf(error)}`, {
      remedy: 'run it as a user who may list that directory',
    });
  }
}

/** Ctrl-C, SIGTERM, or nobody reads any more what is said (`| head`). */
function endOf({ out }: Terminal) {
  const told = { isSaid: false };
  const { promise: said, resolve } = Promise.withResolvers<void>();
  const say = () => {
    told.isSaid = true;
    resolve();
  };
  process.on('SIGINT', say).on('SIGTERM', say);
  out.on('error', say);
  return {
    said,
    get isSaid() {
      return told.isSaid;
    },
    forget() {
      process.off('SIGINT', say).off('SIGTERM', say);
      out.off('error', say);
    },
  };
}
