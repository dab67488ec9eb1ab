// A table on a terminal: aligned where it fits the width, else each row as its name and last cell,
// with the rest under them in words. Control characters are made visible before any measuring.

import type { Tone } from './account.ts';
import { type Paints, printable, wrap } from './wrap.ts';

export interface TextRow {
  readonly cells: readonly string[];
  /** Of the last cell. */
  readonly tone: Tone;
  /** What stands under the row, across it. */
  readonly note?: string;
}

const GAP = 2;
/** What stands in a column that does not apply to a row. */
const NOTHING = '-';

/** @param headings one for each cell; that of the last, which says how it is, is empty */
export function columnLines(
  headings: readonly string[],
  rows: readonly TextRow[],
  layout: { readonly width: number; readonly indent: number; readonly paint: Paints },
): string[] {
  const { width, indent, paint } = layout;
  const safe = rows.map((row) => ({ ...row, cells: row.cells.map(printable) }));
  const widths = headings.map((heading, at) =>
    Math.max(heading.length, ...safe.map(({ cells }) => (cells[at] ?? '').length)),
  );
  const total = widths.reduce((sum, each) => sum + each + GAP, indent - GAP);
  const margin = ' '.repeat(indent);
  const fits = total <= width;
  const lines = fits ? [paint.faint(`${margin}${aligned(headings, widths)}`.trimEnd())] : [];
  for (const { cells, tone, note } of safe) {
    if (fits) {
      const last = cells.at(-1) ?? '';
      const before = aligned([...cells.slice(0, -1), ''], widths);
      lines.push(`${margin}${before}${paint[tone](last)}`.trimEnd());
    } else {
      lines.push(...stacked(headings, cells, width - indent, paint[tone]).map((l) => margin + l));
    }
    if (note !== undefined) {
      lines.push(...wrap(printable(note), width - indent - GAP).map((l) => `${margin}  ${l}`));
    }
  }
  return lines;
}

function aligned(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, at) => (at === cells.length - 1 ? cell : cell.padEnd((widths[at] ?? 0) + GAP)))
    .join('');
}

function stacked(
  headings: readonly string[],
  [name = '', ...rest]: readonly string[],
  width: number,
  paint: (text: string) => string,
): string[] {
  const last = rest.at(-1) ?? '';
  const parts = rest
    .map((cell, at) => ({ cell, heading: (headings[at + 1] ?? '').toLowerCase() }))
    .filter(({ cell, heading }) => heading !== '' && cell !== NOTHING)
    .map(({ cell, heading }) => `${heading} ${cell}`);
  const beside = name.length + GAP + last.length <= width;
  return [
    ...(beside ? [`${name}: ${paint(last)}`] : [...wrap(name, width), `  ${paint(last)}`]),
    ...wrap(parts.join(', '), width - GAP).map((line) => `  ${line}`),
  ];
}
