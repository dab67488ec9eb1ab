// The end of a hunt on a terminal: the verdict, then the account, 60 to 100 columns wide. Paths and
// commands stand on lines of their own and are never broken, so that they can be copied.

import type { Guarantee, HexRow, HuntReport } from '../domain/hunt-report.ts';
import { type Account, BYTES_LABEL, huntAccount } from './account.ts';
import { guaranteeGroups } from './guarantee-groups.ts';
import { LABEL_COLUMNS, labelledLines } from './labelled-lines.ts';
import { type Paints, paints, printable, wrap } from './wrap.ts';

export interface SummaryOptions {
  readonly color: boolean;
  /** Columns of the terminal; the text uses 60 to 100 of them. */
  readonly width: number;
}

/** Lines without a newline; control characters of names and messages are made visible. */
export function summaryLines(report: HuntReport, options: SummaryOptions): string[] {
  const width = Math.min(100, Math.max(60, options.width));
  const paint = paints(options.color);
  const account = huntAccount(report);
  const lines: string[] = [''];
  account.headline.forEach((sentence, index) => {
    const style = index === 0 ? headStyle(account, paint) : paint.strong;
    lines.push(...wrap(printable(sentence), width).map(style));
  });
  lines.push('');
  for (const row of account.rows) {
    lines.push(...labelledLines(row, width, paint));
    if (row.label === BYTES_LABEL) lines.push(...exampleLines(account, width, paint));
  }
  if (report.guarantees.length > 0) {
    const at = lines.findIndex((line, index) => index > 0 && line === '') + 1;
    lines.splice(at, 0, ...guaranteeLines(report, width, paint), '');
  }
  return lines;
}

function headStyle(account: Account, paint: Paints) {
  return (text: string) => paint.strong(paint[account.tone](text));
}

/** Expected over found, eight bytes or sixteen as the width allows, differing bytes marked. */
function exampleLines(account: Account, width: number, paint: Paints): string[] {
  if (!account.example) return [];
  const { row } = account.example;
  const room = width - LABEL_COLUMNS - 'expected  '.length >= 47 ? 16 : 8;
  const cut = cutToDifference(row, room);
  const differs = cut.expected.map((byte, index) => byte !== cut.observed[index]);
  const marked = (bytes: readonly string[], style: (text: string) => string) =>
    bytes.map((byte, index) => (differs[index] ? style(byte) : byte)).join(' ');
  const indent = ' '.repeat(LABEL_COLUMNS);
  return [
    `${indent}expected  ${marked(cut.expected, paint.good)}`,
    `${indent}found     ${marked(cut.observed, paint.bad)}`,
    `${indent}          ${differs
      .map((each) => (each ? '^^' : '  '))
      .join(' ')
      .trimEnd()}`,
  ];
}

interface CutRow {
  readonly offset: number;
  readonly expected: string[];
  readonly observed: string[];
}

function cutToDifference(row: HexRow, room: number): CutRow {
  const expected = printable(row.expected)
    .split(' ')
    .filter((byte) => byte !== '');
  const observed = printable(row.observed)
    .split(' ')
    .filter((byte) => byte !== '');
  const longest = Math.max(expected.length, observed.length);
  const pad = (bytes: string[]) => [...bytes, ...Array(longest - bytes.length).fill('--')];
  const [want, found] = [pad(expected), pad(observed)];
  const first = Math.max(
    0,
    want.findIndex((byte, index) => byte !== found[index]),
  );
  const start = first - (first % room);
  return {
    offset: row.offset + start,
    expected: want.slice(start, start + room),
    observed: found.slice(start, start + room),
  };
}

function guaranteeLines(report: HuntReport, width: number, paint: Paints): string[] {
  const { kept, notKept, notTested } = guaranteeGroups(report);
  const lines: string[] = [];
  const told = new Set<string>();
  const group = (title: string, style: (text: string) => string, each: readonly Guarantee[]) => {
    if (each.length === 0) return;
    lines.push(style(title));
    for (const guarantee of each) lines.push(...sentence(guarantee, width, paint, told));
  };
  group('NOT KEPT', paint.bad, notKept);
  group('KEPT (with the bound that so many tries allow, 95% certain)', paint.good, kept);
  if (notTested.length > 0) {
    lines.push(paint.doubt('NOT TESTED'));
    for (const words of notTested) lines.push(...hang(words, width, '  - '));
  }
  return lines;
}

/** Advice and what is known elsewhere are said once, although several modes may share them. */
function sentence(guarantee: Guarantee, width: number, paint: Paints, told: Set<string>) {
  const lines = hang(guarantee.words, width, '  - ');
  for (const [label, text] of [
    ['Advice', guarantee.advice],
    ['Known', guarantee.known],
  ] as const) {
    if (text === undefined || told.has(text)) continue;
    told.add(text);
    lines.push(...hang(`${label}: ${text}`, width, '    ').map(paint.faint));
  }
  return lines;
}

function hang(text: string, width: number, first: string): string[] {
  const rest = ' '.repeat(first.length);
  return wrap(printable(text), width - first.length).map(
    (line, index) => `${index === 0 ? first : rest}${line}`,
  );
}
