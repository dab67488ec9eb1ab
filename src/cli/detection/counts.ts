// What the trials of a row came to, and whether the detector does what is required of it: every
// fault that changes what a reader sees is found, nearly all are called by the right kind, and
// nothing is accused where nothing was planted. `unknown` is never found and never clean.

import type { DamageKind } from '../../domain/damage.ts';
import type { Verdict } from '../../domain/trial.ts';
import type { DetectionRow } from './row.ts';

/** One trial, judged. */
export interface Seen {
  /** The receipts say that the fault fired. */
  readonly planted: boolean;
  readonly verdict: Verdict;
  readonly kinds: readonly DamageKind[];
  /** Of calls that failed. */
  readonly errnos: readonly string[];
  readonly because?: string;
}

export interface RowCounts {
  /** Trials in which the fault fired. */
  readonly planted: number;
  /** Of these: seen, as damage or as the failed call that it must be. */
  readonly found: number;
  /** Of these: by the right name and by no wrong one. */
  readonly right: number;
  /** Trials in which something was accused that was not so, fired or not. */
  readonly invented: number;
  readonly unknown: number;
  /** How often each was said: `flipped`, `EIO`, `clean`, `unknown`. */
  readonly called: Readonly<Record<string, number>>;
  /** Why the first trial that was not as expected was so. */
  readonly firstWrong?: string;
}

/** @param row null for trials in which nothing was planted */
export function countRow(row: DetectionRow | null, trials: readonly Seen[]): RowCounts {
  const counts = { planted: 0, found: 0, right: 0, invented: 0, unknown: 0 };
  const called: Record<string, number> = {};
  let firstWrong: string | undefined;
  for (const seen of trials) {
    const score = scoreOf(seen.planted ? row : null, seen);
    if (seen.planted) counts.planted++;
    if (seen.verdict === 'unknown') counts.unknown++;
    if (score.found) counts.found++;
    if (score.right) counts.right++;
    if (score.invented) counts.invented++;
    if (!score.asExpected) firstWrong ??= `${wordsOf(seen).join(' ')}: ${seen.because ?? ''}`;
    for (const word of wordsOf(seen)) called[word] = (called[word] ?? 0) + 1;
  }
  return { ...counts, called, ...(firstWrong !== undefined && { firstWrong }) };
}

interface Score {
  readonly found: boolean;
  readonly right: boolean;
  readonly invented: boolean;
  readonly asExpected: boolean;
}

function scoreOf(row: DetectionRow | null, seen: Seen): Score {
  const { verdict, kinds, errnos } = seen;
  const isClean = verdict === 'clean';
  const isAccused = verdict === 'damaged';
  if (row === null || row.expects.outcome === 'harmless') {
    const invented = isAccused || verdict === 'failed';
    return { found: false, right: false, invented, asExpected: isClean };
  }
  const { expects } = row;
  if (expects.outcome === 'told') {
    const asExpected = isClean || verdict === 'failed';
    return { found: false, right: false, invented: isAccused, asExpected };
  }
  if (expects.outcome === 'failure') {
    const found = verdict === 'failed';
    const right = found && errnos.some((errno) => expects.errnos.includes(errno));
    return { found, right, invented: isAccused, asExpected: right };
  }
  const admitted = [...expects.kinds, ...(expects.also ?? [])];
  const right =
    isAccused &&
    kinds.some((kind) => expects.kinds.includes(kind)) &&
    kinds.every((kind) => admitted.includes(kind));
  return { found: isAccused, right, invented: false, asExpected: right };
}

/** What the detector said, in words that can be counted. */
function wordsOf({ verdict, kinds, errnos }: Seen): readonly string[] {
  if (verdict === 'damaged') return kinds;
  return verdict === 'failed' ? errnos : [verdict];
}

/** A row with what it came to. */
export interface CountedRow extends RowCounts {
  readonly medium: string;
  readonly row: DetectionRow;
}

export interface ControlCounts extends RowCounts {
  readonly medium: string;
  readonly workload: string;
  readonly trials: number;
}

export interface Requirement {
  readonly name: string;
  readonly holds: boolean;
  readonly detail: string;
}

const RIGHT_SHARE_MIN = 0.99;

export function requirementsOf(
  rows: readonly CountedRow[],
  controls: readonly ControlCounts[],
): readonly Requirement[] {
  const visible = rows.filter(({ row }) => isVisible(row));
  const sum = (all: readonly RowCounts[], name: 'planted' | 'found' | 'right' | 'invented') =>
    all.reduce((total, each) => total + each[name], 0);
  const planted = sum(visible, 'planted');
  const [found, right] = [sum(visible, 'found'), sum(visible, 'right')];
  const invented = sum(rows, 'invented') + sum(controls, 'invented');
  const silent = rows.filter((each) => each.planted === 0).map(nameOf);
  const controlTrials = controls.reduce((total, { trials }) => total + trials, 0);
  const vague =
    controls.reduce((total, { unknown }) => total + unknown, 0) +
    rows.filter(({ row }) => !isVisible(row)).reduce((total, { unknown }) => total + unknown, 0);
  return [
    {
      name: 'every fault was planted',
      holds: silent.length === 0 && rows.length > 0,
      detail: silent.length === 0 ? `${rows.length} rows` : `never: ${silent.join('; ')}`,
    },
    {
      name: 'every planted fault that changes what a reader sees is found',
      holds: found === planted,
      detail: `${found} of ${planted}`,
    },
    {
      name: 'at least 99 % are called by the right kind',
      holds: (planted > 0 || visible.length === 0) && right >= RIGHT_SHARE_MIN * planted,
      detail: `${right} of ${planted}`,
    },
    {
      name: 'nothing is accused where nothing was planted, or nothing can be seen of it',
      holds: invented === 0 && vague === 0 && controlTrials > 0,
      detail:
        `${invented} false accusations, ${controlTrials} clean trials` +
        (vague === 0 ? '' : `, ${vague} of which nothing may be concluded`),
    },
  ];
}

/** Whether a program can see it: as bytes that are wrong, or as a call that fails. */
function isVisible({ expects }: DetectionRow): boolean {
  return expects.outcome === 'damage' || expects.outcome === 'failure';
}

const nameOf = ({ medium, row }: CountedRow) =>
  [medium, row.fault, ...(row.case === undefined ? [] : [row.case])].join(' ');
