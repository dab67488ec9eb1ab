// The parts of a claim about factors as words: literals, e-values, ratios, what a level has shown.
// One place, so that the terminal and the page call the same thing by the same name.

import { formatCount, formatPercent } from '../base/quantities.ts';
import { EXIT_DAMAGE, EXIT_UNKNOWN } from '../domain/errors.ts';
import type { Contrast, FreeFactor, Isolation, Literal, Witness } from '../domain/isolation.ts';
import type { ExitMeaning } from './exit-meaning.ts';
import { type FactorKinds, levelText } from './level-words.ts';

const LEVELS_SHOWN_MAX = 6;
/** Below this probability a level fails too seldom for a factor that does not matter. */
const SELDOM_BELOW = 0.01;

/** `kernel=5.1`, `kernel=5.1 or 5.2`. */
export function literalText({ factor, levels }: Literal, kinds: FactorKinds): string {
  const shown = levels.slice(0, LEVELS_SHOWN_MAX).map((level) => levelText(factor, level, kinds));
  const more = levels.length - shown.length;
  return `${factor}=${shown.join(' or ')}${more > 0 ? ` or ${formatCount(more)} others` : ''}`;
}

/** `kernel=5.1 and sync=async`; of no literal `no factor matters`. */
export function literalsText(literals: readonly Literal[], kinds: FactorKinds): string {
  if (literals.length === 0) return 'no factor matters';
  return literals.map((literal) => literalText(literal, kinds)).join(' and ');
}

/** `kernel=5.1, flipped to 5.2`. */
export function flipText(contrast: Contrast, kinds: FactorKinds): string {
  const against = levelText(contrast.factor, contrast.against, kinds);
  return `${literalText(contrast, kinds)}, flipped to ${against}`;
}

/** Rounded down, so that it never looks like more evidence than there is. */
export function evidenceText(eValue: number): string {
  if (!Number.isFinite(eValue)) return 'beyond count';
  if (eValue >= 1e6) return `over ${eValue.toExponential(0).replace('e+', 'e')}`;
  if (eValue >= 100) return formatCount(Math.floor(eValue));
  if (eValue >= 1) return String(Math.floor(eValue * 10 + 1e-9) / 10);
  return eValue < 0.001 ? 'under 0.001' : String(Number(eValue.toPrecision(1)));
}

/** `0.9x (0.4x to 1.9x)`; an end that is not known is left open. */
export function ratioText({ ratio, ratioLow, ratioHigh }: Witness): string {
  if (ratio === null) return '-';
  const bounded = ratioHigh !== null && Number.isFinite(ratioHigh);
  const low = times(ratioLow ?? 0);
  const range = bounded ? `${low} to ${times(ratioHigh)}` : `over ${low}`;
  return Number.isFinite(ratio) ? `${times(ratio)} (${range})` : range;
}

function times(ratio: number): string {
  return `${ratio >= 100 ? formatCount(Math.round(ratio)) : Number(ratio.toPrecision(2))}x`;
}

/** What a level has shown, inside the claim only. */
export function witnessText({ seen, probability }: Witness): string {
  if (seen === 'failed' && isTooSeldom(probability)) return 'too seldom';
  return { failed: 'failed', 'not-seen': 'not seen', 'too-few': 'too few trials' }[seen];
}

/** Whether so few failures are improbable for a factor that does not matter. */
export function isTooSeldom(probability: number): boolean {
  return probability < SELDOM_BELOW;
}

export function seldomText(probability: number): string {
  const chance = probability < 1e-4 ? 'under 0.01%' : formatPercent(probability);
  return `so few would have a chance of ${chance} if the factor did not matter`;
}

export function standingText({ standing }: FreeFactor): string {
  switch (standing) {
    case 'irrelevant':
      return 'does not matter; it failed at every level, at none too seldom';
    case 'modulates':
      return 'changes how often it fails; some level fails too seldom for chance';
    case 'open':
      return 'not settled; not every level has failed or been tried enough';
  }
}

/** 0.9996 is not certainty. */
export function beliefText(posterior: number): string {
  return posterior > 0.999 ? 'over 99.9%' : formatPercent(posterior);
}

const MILESTONES: Readonly<Record<string, string>> = {
  failure: 'first failure',
  firstFailure: 'first failure',
  frozen: 'claim frozen',
  certify: 'certifying begun',
  witness: 'certified',
  sweep: 'every level settled',
  levels: 'every level settled',
};

/** `first failure after 1,804 trials, claim frozen after 6,812, settled after 14,701`. */
export function milestoneText(milestones: Isolation['milestones']): string {
  return Object.entries(milestones)
    .toSorted(([, a], [, b]) => a - b)
    .map(([name, trials], index) => {
      const words = MILESTONES[name] ?? name.replace(/([A-Z])/g, ' $1').toLowerCase();
      return `${words} after ${formatCount(trials)}${index === 0 ? ' trials' : ''}`;
    })
    .join(', ');
}

/** As of `diff`: a claim is there because something failed. */
export function isolationExit({ claim, failures }: Isolation): ExitMeaning {
  if (claim !== 'none') {
    return { code: EXIT_DAMAGE, words: 'trials failed, and a claim about their factors holds' };
  }
  const words =
    failures === 0
      ? 'no trial failed, so that there is nothing to isolate'
      : 'trials failed, and nothing can be concluded about their factors yet';
  return { code: EXIT_UNKNOWN, words };
}
