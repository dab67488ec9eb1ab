// A claim about factors on a terminal, 60 to 100 columns wide: the words first, then every number
// behind them, so that a claim can be checked by hand at three in the morning.

import type { Isolation } from '../domain/isolation.ts';
import { columnLines } from './columns.ts';
import {
  CONTRAST_HEADINGS,
  type FactorAccount,
  type IsolationAccount,
  isolationAccount,
  LEVEL_HEADINGS,
  type LevelRow,
} from './isolation-account.ts';
import { labelledLines } from './labelled-lines.ts';
import type { FactorKinds } from './level-words.ts';
import type { SummaryOptions } from './summary.ts';
import { type Paints, paints, printable, wrap } from './wrap.ts';

/** Levels of a factor that are shown; `--json` has the others. */
const LEVELS_SHOWN_MAX = 12;

/** Lines without a newline; control characters of names are made visible. */
export function isolationLines(
  isolation: Isolation,
  kinds: FactorKinds,
  options: SummaryOptions,
): string[] {
  const width = Math.min(100, Math.max(60, options.width));
  const paint = paints(options.color);
  const account = isolationAccount(isolation, kinds);
  const [claim = '', ...rest] = account.sentences;
  const claimed = (text: string) => paint.strong(paint[account.tone](text));
  return [
    '',
    ...wrap(printable(claim), width).map(claimed),
    ...rest.flatMap((sentence) => wrap(printable(sentence), width)),
    '',
    ...account.rows.flatMap((row) => labelledLines(row, width, paint)),
    ...certificateLines(account, width, paint),
    ...factorsLines(account.factors, isolation.claim !== 'none', width, paint),
  ];
}

function certificateLines(account: IsolationAccount, width: number, paint: Paints): string[] {
  const { contrasts, certificate } = account;
  if (contrasts.length === 0) return [];
  return [
    '',
    ...wrap('CERTIFICATE: one thing flipped, all else alike', width).map(paint.strong),
    ...columnLines(CONTRAST_HEADINGS, contrasts, { width, indent: 2, paint }),
    ...wrap(certificate, width - 2).map((line) => paint.faint(`  ${line}`)),
  ];
}

function factorsLines(
  factors: readonly FactorAccount[],
  claimed: boolean,
  width: number,
  paint: Paints,
): string[] {
  if (factors.length === 0) return [];
  const where = claimed
    ? 'FACTORS THAT THE CLAIM DOES NOT NAME (inside it only, intervals at 95%)'
    : 'FACTORS (intervals at 95%)';
  const lines = ['', ...wrap(where, width).map(paint.strong)];
  for (const { factor, standing, tone, levels } of factors) {
    const text = wrap(printable(`${factor}: ${standing}`), width - 4);
    lines.push(...text.map((line, index) => `${index === 0 ? '  ' : '    '}${paint[tone](line)}`));
    const shown = shownLevels(levels);
    lines.push(...columnLines(LEVEL_HEADINGS, shown, { width, indent: 4, paint }));
    const more = levels.length - shown.length;
    if (more > 0) lines.push(paint.faint(`    and ${more} more levels (--json lists all)`));
  }
  return lines;
}

/** In the plan's order; of too many, those that stand out most. */
function shownLevels(levels: readonly LevelRow[]): readonly LevelRow[] {
  if (levels.length <= LEVELS_SHOWN_MAX) return levels;
  const rank = ({ witness }: LevelRow) => (witness.seen === 'failed' ? 1 : 0) + witness.probability;
  return levels.toSorted((a, b) => rank(a) - rank(b)).slice(0, LEVELS_SHOWN_MAX);
}
