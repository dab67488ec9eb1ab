// What the calls of a damaged trial said, beside what came of it: an error that comes late, from
// another call than the one that lost the data, is half of many a bug.

import { formatCount, formatSize } from '../base/quantities.ts';
import type { Finding } from '../domain/hunt-report.ts';
import { plural } from './rate-words.ts';

const RANGES_SHOWN = 4;

/** None where every call of the trial succeeded, which is what a reader takes for granted. */
export function callWords({ calls }: Pick<Finding, 'calls'>): string[] {
  if (!calls) return [];
  const { writes, failed } = calls;
  const said = [...new Set(failed.map(({ operation, errno }) => `${operation}() said ${errno}`))];
  if (failed.some(({ operation }) => operation === 'write')) return [said.join(', ')];
  return [
    `every write() reported success (${formatCount(writes)} of them); only ${said.join(', ')}`,
  ];
}

/** The ranges of the whole file, where they say more than the damage of one window. */
export function wholeFileWords({ wholeFile }: Pick<Finding, 'wholeFile'>): string[] {
  if (!wholeFile || wholeFile.length === 0) return [];
  const bytes = wholeFile.reduce((sum, { length }) => sum + length, 0);
  const shown = wholeFile.slice(0, RANGES_SHOWN).map(({ offset, length, zeros }) => {
    const what = zeros ? 'zeros' : 'wrong';
    return `${formatSize(length)} ${what} at ${formatCount(offset)}`;
  });
  const more = wholeFile.length - shown.length;
  const rest = more > 0 ? `, and ${plural(more, 'more range')}` : '';
  return [`in the whole file ${formatSize(bytes)} are wrong: ${shown.join(', ')}${rest}`];
}
