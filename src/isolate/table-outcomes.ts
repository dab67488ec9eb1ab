// How the trials of one row of a table ended: by its verdict and count, or by its numbers of trials
// and failures.

import { HeisenwriteError } from '../domain/errors.ts';
import type { TrialRow } from '../domain/isolation.ts';
import { type OutcomeColumns, quoted } from './table-columns.ts';
import { acceptedVerdicts, verdictOf } from './table-verdicts.ts';

/** A column of this name in which 0 and 1 stand says the opposite of an exit code. */
const SAYS_GOOD = /pass|ok|succ|clean|good/i;

/**
 * Verdicts with how many trials had each, 0 among them.
 * @throws HeisenwriteError `invalid-table`, with the line
 */
export function outcomesOf(
  cells: readonly string[],
  outcome: OutcomeColumns,
  line: number,
): readonly (readonly [TrialRow['verdict'], number])[] {
  if (outcome.by === 'counts') {
    const trials = countOf(cells[outcome.trials], 'trials', line);
    const failures = countOf(cells[outcome.failures], 'failures', line);
    if (failures > trials) {
      throw new HeisenwriteError(
        'invalid-table',
        `line ${line}: ${failures} failures in ${trials} trials`,
        { remedy: 'failures are a part of the trials: correct one of the two' },
      );
    }
    return [
      ['failing', failures],
      ['clean', trials - failures],
    ];
  }
  const word = cells[outcome.verdict] ?? '';
  const verdict = verdictOf(word);
  if (verdict === null) {
    throw new HeisenwriteError('invalid-table', `line ${line}: ${quoted(word)} is not a verdict`, {
      remedy: `write one of these: ${acceptedVerdicts()}`,
    });
  }
  if (/^[01]$/.test(word) && SAYS_GOOD.test(outcome.verdictName)) {
    const says = `${quoted(outcome.verdictName)} is ${word}, and 0 is read as clean`;
    throw new HeisenwriteError('invalid-table', `line ${line}: ${says}`, {
      remedy: 'write pass and fail instead of 0 and 1, since here they seem to mean the opposite',
    });
  }
  return [[verdict, outcome.count === null ? 1 : countOf(cells[outcome.count], 'count', line)]];
}

function countOf(text: string | undefined, name: 'count' | 'trials' | 'failures', line: number) {
  const count = /^\d+$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(count) && (count > 0 || name !== 'count')) return count;
  const wanted = `a whole number${name === 'count' ? ' above 0' : ''}`;
  throw new HeisenwriteError(
    'invalid-table',
    `line ${line}: ${name} is ${quoted(text ?? '')}, not ${wanted}`,
    { remedy: 'write plain digits, without separators: 1200' },
  );
}
