// What each column of a table of trials is: a factor, the verdict, a count, or left out. All that
// can be wrong with a header is said here, before a row is read.

import { HeisenwriteError } from '../domain/errors.ts';

export interface ColumnChoices {
  /** Of the verdict column, `verdict` where none is given. */
  readonly verdict?: string | undefined;
  /** Names of columns to leave out: times, numbers of runs, durations that were measured. */
  readonly ignore?: readonly string[] | undefined;
  /** The likely name for a slip, or null; a port of src/plan/nearest.ts, which is no sibling's. */
  readonly nearest: (written: string, names: readonly string[]) => string | null;
}

/** Places are positions in a row, from 0. */
export type OutcomeColumns =
  | {
      readonly by: 'verdict';
      readonly verdict: number;
      readonly verdictName: string;
      readonly count: number | null;
    }
  | { readonly by: 'counts'; readonly trials: number; readonly failures: number };

export interface TableColumns {
  /** Of all columns, those left out included. */
  readonly width: number;
  readonly outcome: OutcomeColumns;
  readonly factors: readonly { readonly name: string; readonly at: number }[];
}

/** Under these names other tools keep what is here called the verdict. */
const VERDICT_LIKE = ['result', 'status', 'outcome', 'conclusion', 'state', 'passed', 'failed'];
const NAMES_SHOWN_MAX = 12;
const QUOTED_MAX = 40;

/** @throws HeisenwriteError `invalid-table`, `invalid-option` */
export function tableColumns(header: readonly string[], choices: ColumnChoices): TableColumns {
  const names = header.map((name, at) => (name === '' ? `column ${at + 1}` : name));
  const left = leftOut(names, choices);
  header.forEach((name, at) => {
    if (name !== '' || left.has(at)) return;
    throw new HeisenwriteError('invalid-table', `column ${at + 1} has no name in the header`, {
      remedy: `name it, or leave it out with --ignore "column ${at + 1}"`,
    });
  });
  refuseDuplicates(names, left);
  const outcome = outcomeColumns(names, left, choices);
  const taken = new Set(Object.values(outcome).filter((value) => typeof value === 'number'));
  const factors = names
    .map((name, at) => ({ name, at }))
    .filter(({ at }) => !left.has(at) && !taken.has(at));
  if (factors.length === 0) {
    throw new HeisenwriteError('invalid-table', 'the table has no column that could be a factor', {
      remedy: 'add a column for each thing that differed between trials: kernel, size, host ...',
    });
  }
  return { width: names.length, outcome, factors };
}

function leftOut(names: readonly string[], { ignore = [], nearest }: ColumnChoices): Set<number> {
  const left = new Set<number>();
  for (const name of ignore) {
    const places = placesOf(names, name);
    if (places.length === 0) {
      const meant = didYouMean(nearest(name, names));
      throw new HeisenwriteError(
        'invalid-option',
        `--ignore: there is no column ${quoted(name)}${meant} (${listed(names)})`,
        { remedy: 'name a column as the header of the table does' },
      );
    }
    for (const at of places) left.add(at);
  }
  return left;
}

function refuseDuplicates(names: readonly string[], left: ReadonlySet<number>): void {
  const first = new Map<string, number>();
  names.forEach((name, at) => {
    if (left.has(at)) return;
    const before = first.get(name);
    first.set(name, at);
    if (before === undefined) return;
    throw new HeisenwriteError(
      'invalid-table',
      `columns ${before + 1} and ${at + 1} are both called ${quoted(name)}`,
      { remedy: `rename one of them, or leave both out with --ignore ${quoted(name)}` },
    );
  });
}

function outcomeColumns(
  names: readonly string[],
  left: ReadonlySet<number>,
  choices: ColumnChoices,
): OutcomeColumns {
  const place = (name: string) => placesOf(names, name).find((at) => !left.has(at)) ?? null;
  const verdict = place(choices.verdict ?? 'verdict');
  const [count, trials, failures] = [place('count'), place('trials'), place('failures')];
  if (verdict === null) {
    if (choices.verdict === undefined && trials !== null && failures !== null) {
      if (count !== null) throw twoCounts(names, [count, trials]);
      return { by: 'counts', trials, failures };
    }
    throw noVerdict(names, left, choices, trials ?? failures);
  }
  const other = trials ?? failures;
  if (other !== null) throw twoCounts(names, [verdict, other]);
  return { by: 'verdict', verdict, verdictName: names[verdict] as string, count };
}

function twoCounts(names: readonly string[], [one, other]: readonly [number, number]) {
  const [a, b] = [quoted(names[one] as string), quoted(names[other] as string)];
  return new HeisenwriteError('invalid-table', `${a} and ${b} both say how trials ended`, {
    remedy: `leave one of them out: --ignore ${a} or --ignore ${b}`,
  });
}

function noVerdict(
  names: readonly string[],
  left: ReadonlySet<number>,
  { verdict, nearest }: ColumnChoices,
  halfCount: number | null,
): HeisenwriteError {
  const there = names.filter((_, at) => !left.has(at));
  const wanted = verdict ?? 'verdict';
  if (verdict === undefined && halfCount !== null) {
    const has = quoted(names[halfCount] as string);
    return new HeisenwriteError(
      'invalid-table',
      `the table has ${has} and no verdict; counts need both "trials" and "failures"`,
      { remedy: 'add the column that is missing, or one verdict for each row' },
    );
  }
  const alike = there.find((name) => VERDICT_LIKE.includes(name.toLowerCase()));
  const near = nearest(wanted, there) ?? alike ?? null;
  const ignored = placesOf(names, wanted).some((at) => left.has(at));
  return new HeisenwriteError(
    'invalid-table',
    `there is no column ${quoted(wanted)}${didYouMean(near)} (${listed(there)})` +
      `${ignored ? ', it is left out with --ignore' : ''}`,
    {
      remedy: near
        ? `say which column holds the verdict: --verdict ${quoted(near)}`
        : 'say which column holds the verdict (--verdict NAME), or give "trials" and "failures"',
    },
  );
}

/** By exact name, else in whatever case it is written. */
function placesOf(names: readonly string[], wanted: string): number[] {
  const places = (test: (name: string) => boolean) =>
    names.flatMap((name, at) => (test(name) ? [at] : []));
  const exact = places((name) => name === wanted);
  if (exact.length > 0) return exact;
  return places((name) => name.toLowerCase() === wanted.toLowerCase());
}

function didYouMean(near: string | null): string {
  return near === null ? '' : `; did you mean ${quoted(near)}?`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN_MAX).map(quoted).join(', ');
  const more = names.length - NAMES_SHOWN_MAX;
  return `columns: ${shown}${more > 0 ? ` and ${more} more` : ''}`;
}

/** In double quotes, short, and unable to move a cursor: tables come from anywhere. */
export function quoted(text: string): string {
  const short = text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX)}...` : text;
  return JSON.stringify(short).replace(
    /[\u007f-\u009f\p{Zl}\p{Zp}\p{Bidi_Control}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
