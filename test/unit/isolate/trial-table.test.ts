// Tables that other people's systems wrote: what is read, what is refused and with which words. A
// row that is taken for another would become a false claim, so that doubt is always a refusal.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeisenwriteError } from '../../../src/domain/errors.ts';
import { readTrialTable, type TableChoices } from '../../../src/isolate/trial-table.ts';
import { nearest } from '../../../src/plan/nearest.ts';

type Choices = Partial<TableChoices>;
const read = (text: string, choices: Choices = {}) => readTrialTable(text, { nearest, ...choices });
/** Levels and verdict of each row, in short. */
const short = (text: string, choices?: Choices) =>
  read(text, choices).rows.map(({ levels, verdict, count }) => [levels, verdict, count]);
const factor = (text: string, name: string) =>
  read(text).factors.find((each) => each.name === name);
/** A column of these levels, all clean. */
const column = (levels: readonly string[]) =>
  factor(`x,verdict\n${levels.map((level) => `${level},ok`).join('\n')}`, 'x');

function refusal(text: string, choices?: Choices): HeisenwriteError {
  try {
    read(text, choices);
  } catch (error) {
    expect(error).toBeInstanceOf(HeisenwriteError);
    return error as HeisenwriteError;
  }
  throw new Error(`it was read: ${JSON.stringify(text.slice(0, 80))}`);
}

describe('what is read', () => {
  test('every column but the verdict is a factor, rows stay in their order', () => {
    const { factors, rows } = read('kernel,sync,verdict\n5.1,async,fail\n5.2,sync,ok\n');
    expect(factors).toEqual([
      { name: 'kernel', ordered: true, levels: ['5.1', '5.2'] },
      { name: 'sync', ordered: false, levels: ['async', 'sync'] },
    ]);
    expect(rows).toEqual([
      { levels: { kernel: '5.1', sync: 'async' }, verdict: 'failing', count: 1 },
      { levels: { kernel: '5.2', sync: 'sync' }, verdict: 'clean', count: 1 },
    ]);
  });

  test.each([
    ['clean', ['clean', 'pass', 'passed', 'ok', 'success', '0', 'PASS', ' Ok ']],
    ['failing', ['damaged', 'failed', 'fail', 'failure', 'error', '1', 'FAILED']],
    ['unknown', ['unknown', 'skipped', 'skip', 'na', 'N/A', '']],
  ])('%s is written in many ways', (verdict, words) => {
    for (const word of words) {
      expect(short(`a,verdict\n1,${word}`), word).toEqual([[{ a: '1' }, verdict, 1]]);
    }
  });

  test('a count stands for so many rows; the verdict may have another name', () => {
    expect(short('a,count,verdict\n1,300,ok\n')).toEqual([[{ a: '1' }, 'clean', 300]]);
    expect(short('Result,a\nok,1\n', { verdict: 'result' })).toEqual([[{ a: '1' }, 'clean', 1]]);
    expect(short('a,Verdict\n1,ok\n')).toEqual([[{ a: '1' }, 'clean', 1]]);
  });

  test('trials and failures instead of a verdict', () => {
    expect(short('a,trials,failures\n1,100,3\n2,50,0\n3,2,2\n4,0,0\n')).toEqual([
      [{ a: '1' }, 'failing', 3],
      [{ a: '1' }, 'clean', 97],
      [{ a: '2' }, 'clean', 50],
      [{ a: '3' }, 'failing', 2],
    ]);
  });

  test.each([
    ['CRLF and a byte order mark', '\ufeffa,b,verdict\r\n1,x,ok\r\n2,y,fail\r\n'],
    ['semicolons', 'a;b;verdict\n1;x;ok\n2;y;fail'],
    ['tabs', 'a\tb\tverdict\n1\tx\tok\n2\ty\tfail\n'],
    ['pipes', 'a|b|verdict\n1|x|ok\n2|y|fail\n'],
    ['old Macintosh lines', 'a,b,verdict\r1,x,ok\r2,y,fail\r'],
    ['mixed line ends and empty lines', '\n\na,b,verdict\r\n1,x,ok\n\r\n2,y,fail\n\n'],
    ['spaces and quotes', 'a, b ,verdict\n"1", x ,"ok"\n2,"y",fail'],
    ['lines of separators at the end', 'a,b,verdict\n1,x,ok\n2,y,fail\n,,\n,,\n'],
  ])('%s', (_, text) => {
    expect(short(text)).toEqual([
      [{ a: '1', b: 'x' }, 'clean', 1],
      [{ a: '2', b: 'y' }, 'failing', 1],
    ]);
  });

  test('a separator, a quote and a line end may stand in quotes', () => {
    const [[levels] = []] = short('a,verdict\n"one, ""two""\nthree",ok\n');
    expect(levels).toEqual({ a: 'one, "two"\nthree' });
    expect(short('"a;b;c",verdict\n1,ok\n')).toEqual([[{ 'a;b;c': '1' }, 'clean', 1]]);
    expect(short('a|b,verdict\n1,ok\n', { separator: ',' })).toHaveLength(1);
  });

  test('an empty level is a level of its own, also at the edge of a table with tabs', () => {
    expect(factor('a\tb\tverdict\n\tx\tok\n1\t\tfail\n', 'a')?.levels).toEqual(['(empty)', '1']);
    expect(factor('a\tb\tverdict\n\tx\tok\n1\t\tfail\n', 'b')?.levels).toEqual(['x', '(empty)']);
  });

  test('columns that are no factors are left out', () => {
    const ignore = ['started', 'column 1'];
    expect(short(',a,started,verdict\n0,x,12:01,ok\n', { ignore })).toEqual([
      [{ a: 'x' }, 'clean', 1],
    ]);
  });

  test('names that objects have by themselves are names like others', () => {
    const [[levels] = []] = short('__proto__,constructor,verdict\n1,2,ok\n');
    expect(Object.entries(levels as object)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
  });

  test.each([
    ['one level only', 'a,verdict\nx,ok\nx,fail\n'],
    ['all failures', 'a,verdict\nx,fail\ny,fail\n'],
    ['no failures', 'a,verdict\nx,ok\ny,ok\n'],
    ['nothing but unknown', 'a,verdict\nx,skip\ny,\n'],
    ['contradictions', 'a,verdict\nx,ok\nx,fail\nx,skip\n'],
  ])('%s is no error of the table: the analysis says what follows', (_, text) => {
    expect(read(text).rows.length).toBeGreaterThan(1);
  });
});

describe('order', () => {
  test.each<[string, string[], string[]]>([
    ['numbers', ['10', '9', '100'], ['9', '10', '100']],
    ['signs and exponents', ['1e3', '-5', '0.5'], ['-5', '0.5', '1e3']],
    ['sizes', ['1MiB', '512', '4KiB'], ['512', '4KiB', '1MiB']],
    ['durations', ['5m', '30s', '500ms'], ['500ms', '30s', '5m']],
    ['one size in two spellings', ['1MiB', '1024KiB', '4KiB'], ['4KiB', '1MiB']],
  ])('%s have one', (_, written, levels) => {
    expect(column(written)).toEqual({ name: 'x', ordered: true, levels });
  });

  test.each<[string, string[]]>([
    ['words', ['sync', 'async']],
    ['a size among words', ['4KiB', 'whole']],
    ['decimal sizes, which are refused elsewhere too', ['4kB', '8kB']],
    ['versions that are no numbers', ['5.9', '5.10', '5.11']],
    ['5.1 and 5.10, which are one number and two kernels', ['5.1', '5.10']],
    ['two names of one number', ['7', '007']],
    ['numbers with one left empty', ['1', '""', '2']],
  ])('%s have none', (_, written) => {
    const levels = written.map((text) => (text === '""' ? '(empty)' : text));
    expect(column(written)).toEqual({ name: 'x', ordered: false, levels });
  });

  test('rows carry the level, not its other spelling', () => {
    const { rows } = read('x,verdict\n1MiB,ok\n1024KiB,fail\n');
    expect(rows.map(({ levels }) => levels.x)).toEqual(['1MiB', '1MiB']);
  });
});

describe('what is refused', () => {
  const numbered = (rows: number, levels: number) =>
    `id,a,verdict\n${Array.from({ length: rows }, (_, row) => `r${row % levels},x,ok`).join('\n')}`;

  test.each<[string, string, RegExp]>([
    ['nothing', '', /it is empty/],
    ['nothing but lines', '\ufeff\r\n\n', /it is empty/],
    ['a header alone', 'a,verdict\n', /a header and no rows/],
    ['rows of separators alone', 'a,verdict\n,\n,\n', /a header and no rows/],
    ['a misspelt verdict', 'a,verdct\n1,ok', /no column "verdict"; did you mean "verdct"\?/],
    ['another name of it', 'a,Status\n1,ok', /no column "verdict"; did you mean "Status"\?/],
    ['no verdict at all', 'a,b\n1,2', /no column "verdict" \(columns: "a", "b"\)/],
    ['half of the counts', 'a,trials\n1,2', /has "trials" and no verdict; counts need both/],
    ['verdict and counts', 'a,verdict,failures\n1,ok,0', /"verdict" and "failures" both say/],
    ['counts twice', 'a,count,trials,failures\n1,1,1,0', /"count" and "trials" both say/],
    ['a name twice', 'a,b,a,verdict\n1,2,3,ok', /columns 1 and 3 are both called "a"/],
    ['no name', 'a,,verdict\n1,2,ok', /column 2 has no name/],
    ['no factor', 'verdict,count\nok,1', /no column that could be a factor/],
    ['a short row', 'a,b,verdict\n1,2,ok\n1,ok\n', /line 3 has 2 columns, the header has 3/],
    ['a long row', 'a,verdict\n1,ok,\n', /line 2 has 3 columns, the header has 2/],
    ['a new word', 'a,verdict\n1,ok\n2,flaky\n', /line 3: "flaky" is not a verdict/],
    ['a word with an escape', 'a,verdict\n1,o\u001b[2Jk\u202e', /"o\\u001b\[2Jk\\u202e" is not/],
    ['a count of none', 'a,verdict,count\n1,ok,0\n', /line 2: count is "0", not .* above 0/],
    ['half a trial', 'a,verdict,count\n1,ok,1.5\n', /line 2: count is "1\.5", not a whole number/],
    ['no count', 'a,verdict,count\n1,ok,\n', /line 2: count is "", not a whole number/],
    ['fewer than none', 'a,trials,failures\n1,5,-1\n', /line 2: failures is "-1"/],
    ['a count beyond numbers', 'a,verdict,count\n1,ok,99999999999999999999\n', /count is "999/],
    ['more failures than trials', 'a,trials,failures\n1,5,6\n', /line 2: 6 failures in 5 trials/],
    ['a quote that stays open', 'a,verdict\n1,"ok\n2,ok\n', /line \d: a quoted text .* not end/],
    ['a quote inside', 'a,verdict\n5" disk,ok\n', /line 2: a quote stands in the middle/],
    ['binary garbage', '\u007fELF\u0002\u0001\0\0', /NUL bytes/],
    ['a time for a factor', numbered(60, 60), /column "id" has 60 levels in 60 rows/],
    ['too many levels', numbered(4000, 1500), /column "id" has 1,500 levels in 4,000 rows/],
  ])('%s', (_, text, message) => {
    const { code, exitCode, remedy, message: said } = refusal(text);
    expect(said).toMatch(message);
    expect(said).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    expect({ code, exitCode }).toEqual({ code: 'invalid-table', exitCode: 2 });
    expect(remedy).not.toBe('');
  });

  test('near misses of a time: few rows, few levels, or levels that come again', () => {
    for (const text of [numbered(20, 20), numbered(50, 50), numbered(120, 60)]) {
      expect(read(text).factors).toHaveLength(2);
    }
    expect(refusal(numbered(119, 60)).remedy).toContain('--ignore "id"');
    expect(read(numbered(60, 60), { ignore: ['id'] }).factors).toHaveLength(1);
  });

  test('a verdict of 0 and 1 under a name that says the opposite', () => {
    const { message, remedy } = refusal('a,passed\nx,1\n', { verdict: 'passed' });
    expect(message).toMatch(/line 2: "passed" is 1, and 0 is read as clean/);
    expect(remedy).toMatch(/write pass and fail/);
    expect(short('a,passed\nx,fail\n', { verdict: 'passed' })).toEqual([
      [{ a: 'x' }, 'failing', 1],
    ]);
    expect(short('a,failed\nx,1\n', { verdict: 'failed' })).toEqual([[{ a: 'x' }, 'failing', 1]]);
  });

  test('a column to leave out that is not there, and the verdict itself', () => {
    const typo = refusal('kernel,verdict\n1,ok\n', { ignore: ['kernal'] });
    expect(typo.code).toBe('invalid-option');
    expect(typo.message).toMatch(/no column "kernal"; did you mean "kernel"\?/);
    const left = refusal('a,verdict\n1,ok\n', { ignore: ['verdict'] });
    expect(left.message).toMatch(/it is left out with --ignore/);
  });

  test('the accepted words are listed', () => {
    const { remedy } = refusal('a,verdict\n1,flaky');
    expect(remedy).toMatch(/clean: .*passed.*; failing: .*error.*; unknown: .*or nothing/);
  });

  test('more rows than are read', () => {
    const { message } = refusal(`a,verdict\n${'x,ok\n'.repeat(2_000_001)}`);
    expect(message).toBe('it has more than 2,000,000 rows (line 2000002)');
  });

  test('more combinations of levels than can be counted', () => {
    const names = Array.from({ length: 20 }, (_, at) => `f${at}`);
    const row = (level: number) => [...names.map(() => `l${level}`), 'ok'].join(',');
    const rows = Array.from({ length: 20 }, (_, level) => row(level % 10));
    const { message } = refusal(`${names.join(',')},verdict\n${rows.join('\n')}`);
    expect(message).toMatch(/^20 factors have 1e\+20 combinations/);
  });
});

describe('whatever the text is', () => {
  /** Either a table of which every row can be counted, or a refusal with its remedy. */
  function holds(text: string, choices?: Choices): void {
    let table: ReturnType<typeof read>;
    try {
      table = read(text, choices);
    } catch (error) {
      if (!(error instanceof HeisenwriteError)) throw error;
      expect(error.remedy).not.toBe('');
      expect(`${error.message}${error.remedy}`).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      return;
    }
    for (const { levels, count } of table.rows) {
      expect(count).toBeGreaterThan(0);
      expect(Object.keys(levels)).toHaveLength(table.factors.length);
      for (const { name, levels: known } of table.factors) expect(known).toContain(levels[name]);
    }
  }

  test('any characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => holds(text)));
  });

  test('any pieces of tables', () => {
    const piece = fc.constantFrom(
      ...['verdict', 'count', 'trials', 'failures', 'a', '', 'ok', 'fail', '1', '4KiB', '30s'],
      ...[',', ',', ';', '\t', '|', '"', '""', '\n', '\n', '\r\n', '\r', ' ', '\ufeff', '\0', '-1'],
    );
    const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
    const choices = fc.record(
      { verdict: fc.constantFrom('a', 'ok', ''), ignore: fc.array(piece, { maxLength: 2 }) },
      { requiredKeys: [] },
    );
    fc.assert(fc.property(text, choices, holds));
  });

  test('what was written as CSV is read back, level for level', () => {
    const level = fc
      .string({ unit: 'grapheme', maxLength: 8 })
      .map((text) => `l${text.replaceAll('\0', '').trim()}`);
    const row = fc.tuple(level, level, fc.constantFrom('ok', 'fail', 'skip'));
    const escaped = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (rows) => {
        const lines = rows.map((cells) => cells.map(escaped).join(','));
        const read = short(`a,b,verdict\n${lines.join('\n')}\n`);
        expect(read.map(([levels]) => levels)).toEqual(rows.map(([a, b]) => ({ a, b })));
      }),
    );
  });
});
