// The account of an isolation: the claim, the counts inside and outside, the certificate, and what
// each factor beside it has shown. The terminal and the page lay out these same rows, so that
// nobody reads two different stories.

import { formatCount, formatDuration } from '../base/quantities.ts';
import type { Contrast, FreeFactor, Isolation, Witness } from '../domain/isolation.ts';
import type { AccountRow, Tone } from './account.ts';
import type { TextRow } from './columns.ts';
import {
  beliefText,
  evidenceText,
  flipText,
  isolationExit,
  isTooSeldom,
  literalsText,
  milestoneText,
  ratioText,
  seldomText,
  standingText,
  witnessText,
} from './isolation-words.ts';
import { type FactorKinds, levelText } from './level-words.ts';
import { countWords, plural, rateText } from './rate-words.ts';

export const CONTRAST_HEADINGS = [
  'Claim',
  'Fails inside',
  'Fails flipped',
  'Pairs',
  'E-value',
  '',
] as const;
export const LEVEL_HEADINGS = ['Level', 'Failed', 'Rate', 'Against others', ''] as const;
const SUSPICIONS_SHOWN_MAX = 3;

export interface LevelRow extends TextRow {
  readonly witness: Witness;
}

export interface FactorAccount {
  readonly factor: string;
  readonly standing: string;
  readonly tone: Tone;
  readonly levels: readonly LevelRow[];
}

export interface IsolationAccount {
  readonly tone: Tone;
  /** The first is the claim. */
  readonly sentences: readonly string[];
  readonly rows: readonly AccountRow[];
  readonly contrasts: readonly TextRow[];
  /** How the contrasts are to be read; empty without a certificate. */
  readonly certificate: string;
  readonly factors: readonly FactorAccount[];
}

export function isolationAccount(isolation: Isolation, kinds: FactorKinds): IsolationAccount {
  const { claim, certificate } = isolation;
  const exit = isolationExit(isolation);
  const rows: readonly AccountRow[] = [
    ...causeRows(isolation, kinds),
    row('Outside', outsideLines(isolation), isolation.outside.failures > 0 ? 'doubt' : 'good'),
    row('How soon', timeLines(isolation), 'plain'),
    row('Suspected', claim === 'none' ? suspicionLines(isolation, kinds) : [], 'doubt'),
    row('Missing', isolation.missing, 'doubt'),
    row('Counted', [countedWords(isolation)], 'plain'),
    row('Course', [milestoneText(isolation.milestones)], 'plain'),
    row('Exit code', [`${exit.code}: ${exit.words}`], 'plain'),
  ];
  return {
    tone: claim === 'none' ? 'doubt' : 'bad',
    sentences: isolation.words,
    rows: rows.filter(({ lines }) => lines.some((line) => line !== '')),
    contrasts: (certificate?.contrasts ?? []).map((contrast) =>
      contrastRow(contrast, isolation, kinds),
    ),
    certificate: certificateWords(isolation),
    factors: isolation.factors.map((factor) => factorAccount(factor, kinds)),
  };
}

function row(label: string, lines: readonly string[], tone: Tone): AccountRow {
  return { label, lines, tone };
}

function causeRows({ causes }: Isolation, kinds: FactorKinds): AccountRow[] {
  return causes.map(({ literals, inside }, index) => {
    const label = causes.length === 1 ? 'Inside' : `Cause ${index + 1}`;
    const counted = countWords(inside.failures, inside.trials, 'trials');
    return row(label, [`${literalsText(literals, kinds)}: ${counted}`], 'bad');
  });
}

function outsideLines({ causes, outside }: Isolation): string[] {
  if (causes.every(({ literals }) => literals.length === 0)) return [];
  if (outside.trials === 0) return ['no trial was made outside: nothing is known of it'];
  return [`failed in ${countWords(outside.failures, outside.trials, 'trials')}`];
}

function timeLines({ timeToFailure: time }: Isolation): string[] {
  if (!time || time.rate === null || time.failures === 0) return [];
  const between = (perSecond: number | null) => formatDuration(1000 / (perSecond ?? 1));
  const lines = [
    `once in ${between(time.rate)} of trials (95% interval ${between(time.high)} to ` +
      `${between(time.low)})`,
  ];
  const shape = time.shape === null ? '' : ` (Weibull shape ${time.shape.toFixed(2)})`;
  if (time.course === 'warm-up') lines.push(`failures come in bursts or early${shape}`);
  if (time.course === 'wear') lines.push(`the longer it ran clean, the sooner it fails${shape}`);
  if (time.course === 'constant') lines.push(`no sign of warm-up or of bursts${shape}`);
  return lines;
}

function suspicionLines({ suspicions }: Isolation, kinds: FactorKinds): string[] {
  return suspicions
    .slice(0, SUSPICIONS_SHOWN_MAX)
    .map(
      ({ literals, posterior }) =>
        `${literalsText(literals, kinds)} (belief ${beliefText(posterior)}, not certified)`,
    );
}

function countedWords({ trials, failures, unknown, designed }: Isolation): string {
  const left = unknown > 0 ? `; ${formatCount(unknown)} unknown ones are left out` : '';
  const history = designed
    ? ''
    : '; they were not made for this question: what always changed together in them cannot be ' +
      'told apart';
  return `${plural(trials, 'trial')}, ${plural(failures, 'failure')}${left}${history}`;
}

function contrastRow(contrast: Contrast, isolation: Isolation, kinds: FactorKinds): TextRow {
  const several = isolation.causes.length > 1 ? `cause ${contrast.cause + 1}: ` : '';
  const label = `${several}${flipText(contrast, kinds)}`;
  if (contrast.untestable !== undefined) {
    const cells = [label, '-', '-', '-', '-', 'untried'];
    return { cells, tone: 'doubt', note: contrast.untestable };
  }
  const { inside, flipped, onlyInside, onlyFlipped, eValue } = contrast;
  const certified = eValue * (isolation.certificate?.alpha ?? 0) >= 1;
  return {
    cells: [
      label,
      `${formatCount(inside.failures)} of ${formatCount(inside.trials)}`,
      `${formatCount(flipped.failures)} of ${formatCount(flipped.trials)}`,
      `${formatCount(onlyInside)} to ${formatCount(onlyFlipped)}`,
      evidenceText(eValue),
      certified ? 'certified' : 'not yet',
    ],
    tone: certified ? 'good' : 'doubt',
  };
}

function certificateWords({ certificate }: Isolation): string {
  if (certificate === null) return '';
  const { alpha, attempt, freshTrials, halved } = certificate;
  const fresh = halved
    ? 'kept apart at random from those that led to the claim'
    : 'made after the claim was frozen';
  const before = plural(attempt - 1, 'claim');
  return (
    `An e-value of ${evidenceText(1 / alpha)} or more certifies; what counts for it are the ` +
    `${plural(freshTrials, 'trial')} ${fresh}. ` +
    `${attempt > 1 ? `${before} before this one had to be given up. ` : ''}` +
    'A pair is two trials alike in all but this; "11 to 0" means that in 11 pairs only the one ' +
    'inside failed, and in none only the flipped one.'
  );
}

function factorAccount(free: FreeFactor, kinds: FactorKinds): FactorAccount {
  const tones = { irrelevant: 'good', modulates: 'doubt', open: 'doubt' } as const;
  return {
    factor: free.factor,
    standing: standingText(free),
    tone: tones[free.standing],
    levels: free.levels.map((witness) => ({
      witness,
      ...(isTooSeldom(witness.probability) ? { note: seldomText(witness.probability) } : {}),
      cells: [
        levelText(free.factor, witness.level, kinds),
        `${formatCount(witness.failures)} of ${formatCount(witness.trials)}`,
        rateText(witness.failures, witness.trials),
        ratioText(witness),
        witnessText(witness),
      ],
      tone: witness.seen === 'failed' && !isTooSeldom(witness.probability) ? 'plain' : 'doubt',
    })),
  };
}
