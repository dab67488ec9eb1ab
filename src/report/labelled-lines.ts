// Rows of an account on a terminal: a label, then its text beside it, wrapped, or to the letter
// where it is a path or a command.

import type { AccountRow } from './account.ts';
import { type Paints, printable, wrap } from './wrap.ts';

export const LABEL_COLUMNS = 11;

export function labelledLines(row: AccountRow, width: number, paint: Paints): string[] {
  const texts = row.verbatim
    ? row.lines.map(printable)
    : row.lines.flatMap((line) => wrap(printable(line), width - LABEL_COLUMNS));
  return texts.map((text, index) => {
    const label = row.label.padEnd(LABEL_COLUMNS);
    const margin = index === 0 ? paint.faint(label) : ' '.repeat(LABEL_COLUMNS);
    return `${margin}${paint[row.tone](text)}`;
  });
}
