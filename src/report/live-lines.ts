// The live display as lines of text for a given size of terminal. Pure, so that every width can be
// tested without a terminal; src/report/live.ts only puts the lines on the screen.

import { formatCount, formatDuration } from '../base/quantities.ts';
import { type CellProgress, type HuntProgress, NOT_APPLICABLE } from './progress.ts';
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
  /** Columns that say nothing in this hunt, so far, are left out. */
  readonly says: (progress: HuntProgress) => boolean;
}

const ALWAYS = () => true;

/** From left to right; where there is no room, the last ones give way to the names of the cells. */
const COLUMNS: readonly Column[] = [
  { title: 'trials', width: 8, text: (cell) => formatCount(cell.trials), says: ALWAYS },
  {
    title: 'damaged',
    width: 9,
    text: (cell) => formatCount(cell.verdicts.damaged),
    says: ALWAYS,
  },
  {
    title: 'failed',
    width: 8,
    text: (cell) => formatCount(cell.verdicts.failed),
    says: (progress) => progress.verdicts.failed > 0,
  },
  {
    title: 'described',
    width: 11,
    text: (cell) => formatCount(cell.described),
    says: (progress) => progress.described > 0,
  },
  { title: 'rate (95% interval)', width: 24, text: rateOf, says: ALWAYS },
  {
    title: 'first',
    width: 8,
    text: (cell) => (cell.firstDamageMs === null ? '-' : formatDuration(cell.firstDamageMs)),
    says: (progress) => progress.verdicts.damaged > 0,
  },
];
/** Trials and damaged stay at any width. */
const COLUMNS_MIN = 2;

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
  const { damaged } = progress.verdicts;
  const counts = progress.counts();
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
  const all = progress.topCells(progress.cellCount);
  const columns = columnsFor(progress, all, width);
  const nameWidth = width - widthOf(columns);
  const shown = all.slice(0, most);
  const names = nameColumn(progress, all, nameWidth);
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

function widthOf(columns: readonly Column[]): number {
  return columns.reduce((sum, column) => sum + column.width, 0);
}

/** As many columns as leave the names their room, which is at most half of the width. */
function columnsFor(progress: HuntProgress, all: readonly CellProgress[], width: number): Column[] {
  const columns = COLUMNS.filter((column) => column.says(progress));
  const longest = all.reduce((most, cell) => Math.max(most, joinedName(cell).length), 0);
  const room = width - Math.min(longest, Math.floor(width / 2));
  while (columns.length > COLUMNS_MIN && widthOf(columns) > room) columns.pop();
  return columns;
}

/** `mailbox/4KiB/whole/buffered`: factors that do not apply are left out. */
function joinedName(cell: CellProgress): string {
  return cell.levels.filter((level) => level !== NOT_APPLICABLE).join('/') || cell.name;
}

/** A column for each varied factor where they fit, else the levels that apply, joined. */
function nameColumn(progress: HuntProgress, all: readonly CellProgress[], width: number) {
  const factors = progress.varied;
  if (factors.length === 0) return { title: 'cell', of: (cell: CellProgress) => cell.name };
  const widths = factors.map((factor, at) =>
    all.reduce((most, cell) => Math.max(most, (cell.levels[at] ?? '').length), factor.length),
  );
  if (widths.reduce((sum, each) => sum + each + 2, 0) > width) {
    return { title: 'cell', of: joinedName };
  }
  const padded = (texts: readonly string[]) =>
    texts.map((text, at) => text.padEnd((widths[at] ?? 0) + 2)).join('');
  return { title: padded(factors), of: (cell: CellProgress) => padded(cell.levels) };
}
