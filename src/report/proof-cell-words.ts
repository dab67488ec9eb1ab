// What the hunt itself knows of a fix: fixed cells that failed in it, and failing cells that a
// proof says nothing of. Said before the trials, and again beside the claim.

import { formatCount } from '../base/quantities.ts';
import type { CountedCell, ProofQuestion } from '../domain/proof.ts';
import { type FactorKinds, levelsWords, variedFactors } from './level-words.ts';

type Known = Pick<ProofQuestion, 'of' | 'failedBefore' | 'notCovered'>;

const CELLS_NAMED_MAX = 4;

/** `In hunt X this cell failed 7 of 158 times with the fix (unit=64KiB writer=direct)`. */
export function failedBeforeWords({ of, failedBefore = [] }: Known, kinds: FactorKinds): string[] {
  return failedBefore.map(
    (cell) =>
      `In hunt ${of} this cell failed ${times(cell)} with the fix ` +
      `(${levelsWords(cell.levels, kinds)}): it cannot be proven.`,
  );
}

/** `2 failing cells of the hunt are not part of this proof: ...`. */
export function notCoveredWords({ notCovered = [] }: Known, kinds: FactorKinds): string[] {
  const count = notCovered.length;
  if (count === 0) return [];
  const varied = count > 1 ? variedFactors(notCovered) : undefined;
  const named = notCovered
    .slice(0, CELLS_NAMED_MAX)
    .map((cell) => `${levelsWords(cell.levels, kinds, varied)} (${times(cell)})`);
  if (count > CELLS_NAMED_MAX) named.push(`and ${count - CELLS_NAMED_MAX} more`);
  const cells = count === 1 ? 'failing cell of the hunt is' : 'failing cells of the hunt are';
  return [`${count} ${cells} not part of this proof: ${named.join(', ')}.`];
}

function times({ failures, trials }: CountedCell): string {
  return `${formatCount(failures)} of ${formatCount(trials)} times`;
}
