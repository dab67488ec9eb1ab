// The most surprising thing that a medium does not keep, in plain words: what a newcomer should
// read first. Surprising is what a careful author would have relied on, so what breaks a written
// promise comes before what is merely undefined, and that before what the writer does to himself.

import { formatSize } from '../base/quantities.ts';
import type { Levels } from '../domain/cell.ts';
import type { Guarantee, HuntReport } from '../domain/hunt-report.ts';
import { OPENED } from './guarantee-words.ts';
import { brokenSizes } from './guarantees.ts';
import { isOfMessages, MESSAGE_WORDS } from './message-words.ts';
import { tryNoun } from './promise-sums.ts';
import { shareText } from './rate-words.ts';

/** The guarantees that are not kept, the most surprising first; the order of equals stays. */
export function bySurprise(guarantees: readonly Guarantee[]): Guarantee[] {
  const notKept = guarantees.filter((guarantee) => !guarantee.kept && guarantee.tries > 0);
  return notKept.toSorted((a, b) => rankOf(a) - rankOf(b));
}

/**
 * A sentence without its stop, lower case: `a reader can see a 4KiB buffered write half done here
 * (0.2% of reads)`. The smallest size that was broken is named. Null where all is kept.
 */
export function surpriseWords(report: Pick<HuntReport, 'cells' | 'guarantees'>): string | null {
  const [first] = bySurprise(report.guarantees);
  if (!first) return null;
  const smallest = brokenSizes(report.cells, first)[0] ?? { ...first, bytes: null };
  const size = smallest.bytes === null ? '' : `${formatSize(smallest.bytes)} `;
  const share = shareText(smallest.broken / smallest.tries, tryNoun(first.promise));
  const place = first.mode.place === undefined ? 'here' : `on ${first.mode.place}`;
  return `${seenWords(first, size)} ${place} (${share})`;
}

function rankOf({ promise, mode }: Guarantee): number {
  if (promise === 'read-back' || promise === 'synced') return 0;
  if (promise === 'unit-atomic') {
    if (mode.chunk !== undefined) return 5;
    return mode.writer === mode.reader ? 2 : 3;
  }
  if (isOfMessages(promise)) return promise === 'message-in-time' ? 5 : 1;
  return promise === 'replace-atomic' && !isMeantToBeAtomic(mode) ? 4 : 1;
}

function isMeantToBeAtomic({ publish, way }: Levels): boolean {
  return publish === 'rename' || way === 'rename' || way === 'put';
}

function seenWords({ promise, mode }: Guarantee, size: string): string {
  switch (promise) {
    case 'read-back':
      return 'acknowledged data can be read back wrong';
    case 'synced':
      return 'after fsync the medium can hold something else than was written';
    case 'append-atomic':
      return `${size}records that several writers append with O_APPEND can be mixed or lost`;
    case 'fresh-read':
      return 'a read can miss a write that was acknowledged before it began';
    case 'replace-atomic':
      return `${replacedWords(mode, size)} can be read partial, empty or absent`;
    case 'ready-whole':
      return `a file can be taken for ready by ${mode.rule} before it is whole`;
    case 'unit-atomic':
      return unitWords(mode, size);
    default:
      return `${size}messages through ${mode.channel} can be ${MESSAGE_WORDS[promise].seen}`;
  }
}

const EXCHANGED: Readonly<Record<string, string>> = {
  put: 'content that is put in one operation',
  rename: 'content that is renamed into place',
  'in-place': 'content that is written into the file that is there',
  create: 'content that is created anew under its name',
};

function replacedWords(mode: Levels, size: string): string {
  const exchanged = EXCHANGED[String(mode.way)];
  if (exchanged !== undefined) return `a ${size}${exchanged}`;
  if (mode.publish === 'in-place') return `a ${size}file that is rewritten in place`;
  if (mode.publish === 'rename') return `a ${size}file that is renamed into place`;
  return `a ${size}file that two writers rename into place from one temporary name`;
}

function unitWords(mode: Levels, size: string): string {
  if (mode.chunk !== undefined) {
    const chunk = formatSize(Number(mode.chunk));
    return `a reader can see a ${size}update that is written in chunks of ${chunk} half done`;
  }
  const write = `a ${size}${OPENED[String(mode.writer)]} write`;
  if (mode.writer === mode.reader) return `a reader can see ${write} half done`;
  const reader = mode.reader === 'direct' ? 'an O_DIRECT' : 'a buffered';
  return `${reader} reader can see ${write} half done`;
}
