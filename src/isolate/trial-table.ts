// Reads a table of trials that were not made here (somebody's CI history) from CSV text: a column
// for each factor and one for the verdict, or numbers of trials and failures. Whatever cannot be
// read for certain is refused with its line: a row taken for another would become a false claim.

import { CsvError, type InfoRecord, type Options, parse } from 'csv-parse/sync';
import { formatCount } from '../base/quantities.ts';
import type { Levels } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { FactorSpec, TrialRow } from '../domain/isolation.ts';
import { type ColumnLevels, columnLevels } from './column-levels.ts';
import { type ColumnChoices, quoted, type TableColumns, tableColumns } from './table-columns.ts';
import { outcomesOf } from './table-outcomes.ts';

export interface TableChoices extends ColumnChoices {
  /** One character; found from the header where none is given. */
  readonly separator?: string | undefined;
}

export interface TrialTable {
  readonly factors: readonly FactorSpec[];
  /** In the order of the table. Levels are texts, as they are written there. */
  readonly rows: readonly TrialRow[];
}

const ROWS_MAX = 2_000_000;
/** Each trial is drawn into one of two halves. */
const TRIALS_MAX = 20_000_000;
const LEVELS_MAX = 1000;
const SEPARATORS = [',', ';', '\t', '|'] as const;
/** More levels than this, over half as many as there are rows: a time or a number, no factor. */
const OWN_LEVEL_ROWS_MIN = 20;
const OWN_LEVELS_MIN = 50;
const EMPTY_LEVEL = '(empty)';
/** No header is longer; a file without line ends is not searched to its end. */
const HEADER_SEARCHED_MAX = 65_536;

/** Rows of one cell share its number, so that two million of them stay small. */
interface ReadRow {
  readonly cell: number;
  readonly verdict: TrialRow['verdict'];
  readonly count: number;
}

/**
 * @throws HeisenwriteError `invalid-table`, `invalid-option` (a column that is not there)
 */
export function readTrialTable(text: string, choices: TableChoices): TrialTable {
  if (text.includes('\0')) {
    throw new HeisenwriteError('invalid-table', 'it holds NUL bytes: it is no CSV text', {
      remedy: 'export it as CSV in UTF-8; a spreadsheet file or an archive is none',
    });
  }
  const reading = new TableReading(choices);
  const separator = choices.separator ?? separatorOf(text);
  const blank = /\s/.test(separator);
  const options: Options = {
    bom: true,
    delimiter: separator,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    // With a tab between the columns an empty column must stay one.
    ltrim: !blank,
    rtrim: !blank,
    on_record: (cells: string[], context: InfoRecord) => {
      reading.take(
        cells.map((cell) => cell.trim()),
        context.lines,
      );
      return null;
    },
  };
  try {
    parse(text, options);
  } catch (error) {
    throw error instanceof CsvError ? unreadable(error) : error;
  }
  return reading.table();
}

function unreadable(error: CsvError): HeisenwriteError {
  const line = typeof error.lines === 'number' ? `line ${error.lines}: ` : '';
  const what: Readonly<Record<string, string>> = {
    CSV_QUOTE_NOT_CLOSED: 'a quoted text opens here or before and does not end',
    INVALID_OPENING_QUOTE: 'a quote stands in the middle of a text',
    CSV_INVALID_CLOSING_QUOTE: 'text follows a closing quote',
  };
  const message = what[error.code] ?? quoted(error.message.split('\n')[0] as string);
  return new HeisenwriteError('invalid-table', `${line}${message}`, {
    cause: error,
    remedy: 'put the whole text of a column in quotes, and double each quote inside it',
  });
}

/** Of the header, outside quotes; the one that stands there most often. */
function separatorOf(text: string): string {
  const counts = new Map<string, number>(SEPARATORS.map((separator) => [separator, 0]));
  let inQuotes = false;
  for (const character of text.slice(0, HEADER_SEARCHED_MAX).replace(/^[\ufeff\r\n ]+/, '')) {
    if (character === '"') inQuotes = !inQuotes;
    else if (inQuotes) continue;
    else if (character === '\n' || character === '\r') break;
    const count = counts.get(character);
    if (count !== undefined) counts.set(character, count + 1);
  }
  return SEPARATORS.reduce((best, each) =>
    (counts.get(each) as number) > (counts.get(best) as number) ? each : best,
  );
}

class TableReading {
  private readonly choices: TableChoices;
  private columns: TableColumns | null = null;
  private readonly rows: ReadRow[] = [];
  private readonly cells = new Map<string, number>();
  private readonly cellTexts: (readonly string[])[] = [];
  private taken = 0;
  private trials = 0;

  constructor(choices: TableChoices) {
    this.choices = choices;
  }

  take(cells: readonly string[], line: number): void {
    if (this.columns === null) {
      this.columns = tableColumns(cells, this.choices);
      return;
    }
    // Spreadsheets end a table with lines of separators.
    if (cells.every((cell) => cell === '')) return;
    const { width, factors, outcome } = this.columns;
    if (cells.length !== width) {
      const has = cells.length === 1 ? '1 column' : `${cells.length} columns`;
      throw new HeisenwriteError(
        'invalid-table',
        `line ${line} has ${has}, the header has ${width}`,
        { remedy: 'correct that line; a text that holds a separator must stand in quotes' },
      );
    }
    this.taken += 1;
    if (this.taken > ROWS_MAX) {
      throw new HeisenwriteError(
        'invalid-table',
        `it has more than ${formatCount(ROWS_MAX)} rows (line ${line})`,
        {
          remedy: 'count equal rows into one (columns trials and failures), or give a part of it',
        },
      );
    }
    const cell = this.cellOf(factors.map(({ at }) => cells[at] || EMPTY_LEVEL));
    for (const [verdict, count] of outcomesOf(cells, outcome, line)) {
      if (count === 0) continue;
      this.trials += count;
      this.rows.push({ cell, verdict, count });
    }
    if (this.trials > TRIALS_MAX) {
      const most = formatCount(TRIALS_MAX);
      throw new HeisenwriteError('invalid-table', `line ${line}: more than ${most} trials`, {
        remedy: 'check the column of counts; of more trials give a random part, cell by cell',
      });
    }
  }

  table(): TrialTable {
    if (this.columns === null) {
      throw new HeisenwriteError('invalid-table', 'it is empty', {
        remedy: 'give a table with a header: a column for each factor and one called verdict',
      });
    }
    if (this.taken === 0) {
      throw new HeisenwriteError('invalid-table', 'it has a header and no rows', {
        remedy: 'check how it was exported: each trial is a row below the header',
      });
    }
    const { factors } = this.columns;
    const columns = factors.map(({ name }, at) => this.levelsOf(name, at));
    const levels: Levels[] = this.cellTexts.map((texts) =>
      // Such entries, since a column may be called __proto__.
      Object.fromEntries(
        factors.map(({ name }, at) => [name, columns[at]?.levelOf.get(texts[at] as string) ?? '']),
      ),
    );
    const specs = factors.map(({ name }, at) => {
      const { ordered, levels } = columns[at] as ColumnLevels;
      return { name, ordered, levels };
    });
    refuseTooMany(specs);
    const rows = this.rows.map(({ cell, verdict, count }) => ({
      levels: levels[cell] as Levels,
      verdict,
      count,
    }));
    return { factors: specs, rows };
  }

  private cellOf(texts: readonly string[]): number {
    const key = texts.join('\0');
    const known = this.cells.get(key);
    if (known !== undefined) return known;
    const cell = this.cellTexts.push(texts) - 1;
    this.cells.set(key, cell);
    return cell;
  }

  private levelsOf(name: string, at: number): ColumnLevels {
    const found = columnLevels([...new Set(this.cellTexts.map((texts) => texts[at] as string))]);
    const count = found.levels.length;
    const seldom = this.taken > OWN_LEVEL_ROWS_MIN && count > OWN_LEVELS_MIN;
    const why =
      seldom && count > this.taken / 2
        ? 'a new one nearly every time, as a date or a run number has; nothing follows from that'
        : count > LEVELS_MAX && `a factor may have ${formatCount(LEVELS_MAX)}`;
    if (why) {
      const many = `${formatCount(count)} levels in ${formatCount(this.taken)} rows`;
      throw new HeisenwriteError('invalid-table', `column ${quoted(name)} has ${many}: ${why}`, {
        remedy: `leave it out with --ignore ${quoted(name)}, or group its levels`,
      });
    }
    return found;
  }
}

/** Combinations of levels are counted in a number; beyond that no two rows are ever alike. */
function refuseTooMany(factors: readonly FactorSpec[]): void {
  const combinations = factors.reduce((product, { levels }) => product * levels.length, 1);
  if (combinations <= Number.MAX_SAFE_INTEGER) return;
  const widest = factors.reduce((a, b) => (b.levels.length > a.levels.length ? b : a));
  throw new HeisenwriteError(
    'invalid-table',
    `${factors.length} factors have ${combinations.toExponential(0)} combinations of levels`,
    { remedy: `leave out what cannot matter, as with --ignore ${quoted(widest.name)}` },
  );
}
