// The live display as lines of text for a given size of terminal. Pure, so that every width can be
// tested without a terminal; src/report/live.ts only puts the lines on the screen.

import { formatCount, formatDuration } from '../base/quantities.ts';
import type { CellProgress, HuntProgress } from './progress.ts';
import { rateText } from './rate-words.ts';
import { clip, type Paints, printable } from './wrap.ts';

export interface Screen {
  readonly columns: number;
  readonly rows: number;
}

interface Column {
  readonly title: string;
  readonly width: number;
  readonly text: (cell: CellProgress) => string;
  /** Shown from this many columns of the terminal on. */
  readonly from: number;
}

const COLUMNS: readonly Column[] = [
  { title: 'trials', width: 8, text: (cell) => formatCount(cell.trials), from: 0 },
  {
    title: 'damaged',
    width: 9,
    text: (cell) => formatCount(cell.verdicts.damaged),
    from: 0,
  },
  { title: 'failed', width: 8, text: (cell) => formatCount(cell.verdicts.failed), from: 90 },
  { title: 'rate (95% interval)', width: 24, text: rateOf, from: 66 },
  {
    title: 'first',
    width: 8,
    text: (cell) => (cell.firstDamageMs === null ? '-' : formatDuration(cell.firstDamageMs)),
    from: 76,
  },
];

/** Lines outside the table of cells: two of head, a title, "and more", running, last, one spare. */
const OTHER_LINES = 7;
/** A trial that takes longer than this is shown, because it may hang. */
const SLOW_TRIAL_MS = 2000;

function rateOf(cell: CellProgress): string {
  return rateText(cell.verdicts.damaged, cell.trials - cell.verdicts.unknown);
}

/** Fewer lines than the screen has, none longer than it is wide. */
export function liveLines(progress: HuntProgress, screen: Screen, paint: Paints): string[] {
  const width = Math.max(18, screen.columns - 1);
  const fitted = (text: string, style: (text: string) => string = paint.plain) =>
    style(clip(printable(text), width));
  const { damaged, failed, unknown } = progress.verdicts;
  const counts = [
    `${formatCount(progress.trials)} trials`,
    `${formatCount(damaged)} damaged`,
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(unknown > 0 ? [`${formatCount(unknown)} unknown`] : []),
  ].join(', ');
  const lines = [
    fitted(`${progress.times()}  ${progress.title}`, paint.strong),
    fitted(
      width < 60 ? counts : `${counts}; ${progress.speed()}`,
      damaged > 0 ? paint.bad : paint.plain,
    ),
    ...(width < 60 ? [fitted(progress.speed())] : []),
    ...cellLines(progress, Math.max(1, screen.rows - OTHER_LINES - 1), width, paint),
  ];
  const running = progress.running;
  const forMs = running ? progress.elapsedMs() - running.sinceMs : 0;
  if (running && forMs >= SLOW_TRIAL_MS) {
    const text = `running ${formatDuration(forMs)}: trial ${running.trial}, ${running.cell}`;
    lines.push(fitted(text, paint.faint));
  }
  if (progress.findings > 0) lines.push(fitted(`last: ${progress.lastFinding}`, paint.doubt));
  return lines.slice(0, Math.max(1, screen.rows - 1));
}

function cellLines(progress: HuntProgress, most: number, width: number, paint: Paints): string[] {
  const columns = COLUMNS.filter((column) => width >= column.from);
  const nameWidth = width - columns.reduce((sum, column) => sum + column.width, 0);
  const shown = progress.topCells(most);
  const names = nameColumn(progress, nameWidth);
  const line = (name: string, texts: readonly string[]) =>
    clip(printable(name), nameWidth).padEnd(nameWidth) +
    texts.map((text, index) => text.padStart(columns[index]?.width ?? 0)).join('');
  const lines = [
    paint.faint(
      line(
        names.title,
        columns.map((column) => column.title),
      ),
    ),
    ...shown.map((cell) => {
      const style = cell.verdicts.damaged > 0 ? paint.bad : paint.plain;
      return style(
        line(
          names.of(cell),
          columns.map((column) => column.text(cell)),
        ),
      );
    }),
  ];
  const hidden = progress.cellCount - shown.length;
  if (hidden > 0) lines.push(paint.faint(`... and ${formatCount(hidden)} more`));
  return lines;
}

/** A column for each varied factor where they fit, else the levels joined, in the same order. */
function nameColumn(progress: HuntProgress, width: number) {
  const factors = progress.varied;
  if (factors.length === 0) return { title: 'cell', of: (cell: CellProgress) => cell.name };
  const all = progress.topCells(progress.cellCount);
  const widths = factors.map((factor, at) =>
    all.reduce((most, cell) => Math.max(most, (cell.levels[at] ?? '').length), factor.length),
  );
  const fits = widths.reduce((sum, each) => sum + each + 2, 0) <= width;
  const joined = (texts: readonly string[]) =>
    fits ? texts.map((text, at) => text.padEnd((widths[at] ?? 0) + 2)).join('') : texts.join('/');
  return { title: joined(factors), of: (cell: CellProgress) => joined(cell.levels) };
}
