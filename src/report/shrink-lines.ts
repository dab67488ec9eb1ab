// A smaller trial on a terminal, 60 to 100 columns wide: what it is, the table of what was tried,
// and where the plan lies that fails again.

import { formatDuration } from '../base/quantities.ts';
import {
  RATE_AT_LEAST,
  type ShrinkReport,
  type ShrinkTry,
  type TimedCount,
} from '../domain/shrink.ts';
import type { AccountRow, Tone } from './account.ts';
import { columnLines, type TextRow } from './columns.ts';
import { labelledLines } from './labelled-lines.ts';
import { type FactorKinds, levelsWords } from './level-words.ts';
import { plural } from './rate-words.ts';
import { shrinkExit, speedText, triedText } from './shrink-words.ts';
import type { SummaryOptions } from './summary.ts';
import { type Paints, paints, printable, wrap } from './wrap.ts';

const HEADINGS = ['Tried', 'For', 'Failed', 'Per second', 'Beside it', ''] as const;
const TONES: Readonly<Record<ShrinkTry['decision'], Tone>> = {
  accepted: 'good',
  rejected: 'plain',
  open: 'doubt',
};

export function shrinkLines(
  shrink: ShrinkReport,
  kinds: FactorKinds,
  options: SummaryOptions,
): string[] {
  const width = Math.min(100, Math.max(60, options.width));
  const paint = paints(options.color);
  const [first = '', ...rest] = shrink.words;
  const tone = shrink.confirmed ? paint.good : paint.doubt;
  return [
    '',
    ...wrap(printable(first), width).map((line) => paint.strong(tone(line))),
    ...rest.flatMap((sentence) => wrap(printable(sentence), width)),
    '',
    ...tableLines(shrink.tried, kinds, width, paint),
    ...rows(shrink, kinds).flatMap((row) => labelledLines(row, width, paint)),
  ];
}

function tableLines(
  tried: readonly ShrinkTry[],
  kinds: FactorKinds,
  width: number,
  paint: Paints,
): string[] {
  if (tried.length === 0) return [];
  const rows = tried.map((each) => tryRow(each, kinds));
  const terms =
    `Per second of trials, in turn with what stands beside it. Cheaper ones are accepted from ` +
    `${RATE_AT_LEAST.cheaper} times its rate on, stronger ones from ${RATE_AT_LEAST.stronger} ` +
    'times.';
  return [
    ...columnLines(HEADINGS, rows, { width, indent: 0, paint }),
    ...wrap(terms, width).map(paint.faint),
    '',
  ];
}

function tryRow(tried: ShrinkTry, kinds: FactorKinds): TextRow {
  const { aim, candidate, incumbent, decision } = tried;
  return {
    cells: [
      triedText(tried, kinds),
      aim === 'confirmation' ? 'confirmed' : aim,
      ofTrials(candidate),
      speedText(candidate),
      `${speedText(incumbent)} (${ofTrials(incumbent)})`,
      decision === 'open' ? 'undecided' : decision,
    ],
    tone: TONES[decision],
  };
}

function rows(shrink: ShrinkReport, kinds: FactorKinds): AccountRow[] {
  const { code, words } = shrinkExit(shrink);
  const { plan, replay, directory, seconds, stopped, trials } = shrink;
  const all: AccountRow[] = [
    { label: 'Trial', lines: [levelsWords(shrink.shrunk, kinds)], tone: 'plain' },
    { label: 'Claim', lines: [shrink.claim], tone: 'plain' },
    {
      label: 'Ran',
      lines: [
        `${plural(trials, 'trial')} in ${formatDuration(seconds * 1000)}; stopped: ${stopped}`,
      ],
      tone: 'plain',
    },
    { label: 'Evidence', lines: [directory], tone: 'plain', verbatim: true },
    { label: 'Plan', lines: plan === null ? [] : [plan], tone: 'plain', verbatim: true },
    { label: 'Replay', lines: [replay], tone: 'plain', verbatim: true },
    { label: 'Exit code', lines: [`${code}: ${words}`], tone: 'plain' },
  ];
  return all.filter(({ lines }) => lines.length > 0);
}

function ofTrials({ failures, trials }: TimedCount): string {
  return `${failures} of ${trials}`;
}
