// The words with which other people's test systems say how a trial ended. A word that is not here
// is refused, since a guess would count somebody's "flaky" as clean or as failing.

import type { TrialRow } from '../domain/isolation.ts';

export const VERDICT_WORDS: Readonly<Record<TrialRow['verdict'], readonly string[]>> = {
  clean: ['clean', 'pass', 'passed', 'ok', 'success', '0'],
  failing: ['damaged', 'failed', 'failing', 'fail', 'failure', 'error', '1'],
  unknown: ['unknown', 'skipped', 'skip', 'na', 'n/a', ''],
};

const MEANINGS: ReadonlyMap<string, TrialRow['verdict']> = new Map(
  (['clean', 'failing', 'unknown'] as const).flatMap((verdict) =>
    VERDICT_WORDS[verdict].map((word) => [word, verdict] as const),
  ),
);

/** Upper or lower case is the same; null for a word that means nothing certain. */
export function verdictOf(word: string): TrialRow['verdict'] | null {
  return MEANINGS.get(word.toLowerCase()) ?? null;
}

/** `clean: pass, ok; failing: fail; unknown: skipped or nothing`: for a message. */
export function acceptedVerdicts(): string {
  return Object.entries(VERDICT_WORDS)
    .map(([verdict, words]) => {
      const shown = words.filter((word) => word !== '').join(', ');
      return `${verdict}: ${shown}${words.includes('') ? ' or nothing' : ''}`;
    })
    .join('; ');
}
