// The account of a hunt, in words and in the order in which a person on call asks: how often,
// where, what, from where, in which layer, still going on, what held, what to run next. The
// terminal and the page show these same rows, so that nobody reads two different stories.

import { formatCount, formatDuration, formatSize } from '../base/quantities.ts';
import type { Finding, HexRow, HuntReport } from '../domain/hunt-report.ts';
import { captureWords } from './capture-words.ts';
import { deliveryWords } from './delivery-words.ts';
import { documentedWords } from './documented-words.ts';
import { exitMeaning } from './exit-meaning.ts';
import { comesFrom, layerLines, stillHappening, whatLines } from './finding-words.ts';
import { factorKinds } from './level-words.ts';
import { plantedWords } from './planted-words.ts';
import { keptWords, promiseSums } from './promise-sums.ts';
import { countWords, plural, rateText, triedWords } from './rate-words.ts';
import { verdictWords } from './verdict-words.ts';
import { whereLines } from './where.ts';

/** Under this row the bytes of the example are drawn. */
export const BYTES_LABEL = 'Bytes';

export type Tone = 'bad' | 'good' | 'doubt' | 'plain';

export interface AccountRow {
  readonly label: string;
  readonly lines: readonly string[];
  readonly tone: Tone;
  /** To be shown to the letter and never broken or wrapped by words: paths and commands. */
  readonly verbatim?: boolean;
}

export interface Example {
  readonly finding: Finding;
  readonly row: HexRow;
}

export interface Account {
  readonly headline: readonly string[];
  readonly tone: Tone;
  readonly rows: readonly AccountRow[];
  /** The bytes of the first finding that shows a difference. */
  readonly example: Example | null;
}

export function huntAccount(report: HuntReport): Account {
  const tones: Record<HuntReport['verdict'], Tone> = {
    clean: 'good',
    damaged: 'bad',
    failed: 'bad',
    unknown: 'doubt',
  };
  const headline = report.words.length > 0 ? report.words : verdictWords(report);
  const example = exampleOf(report);
  const described = report.findings.find((finding) => !finding.expected);
  const rows = [
    row('How often', howOften(report), 'plain'),
    row('Isolated', isolated(report), 'bad'),
    row(
      'Provoked',
      (report.provocations ?? []).map(({ words }) => words),
      'plain',
    ),
    row('Where', where(report), 'plain'),
    row(
      'What',
      whatLines(report).filter((line) => !headline.includes(line)),
      'plain',
    ),
    row(BYTES_LABEL, example ? [exampleWords(example)] : [], 'plain'),
    row('Came from', comesFrom(report), 'plain'),
    row('Layer', layerLines(report), 'plain'),
    row('Still on?', stillHappening(report), 'plain'),
    row('Kept', report.guarantees.length > 0 ? [] : keptLines(report), 'good'),
    row('Captured', captureWords(report.captures), 'plain'),
    row('Delivered', deliveryWords(report.deliveries), 'plain'),
    row('Planted', plantedWords(report.planted), 'plain'),
    row('Failures', failureLines(report), 'bad'),
    row('Unknown', unknownLines(report), 'doubt'),
    row('Rig', rigLines(report), report.rig.passed ? 'plain' : 'doubt'),
    row('Ran', ranLines(report), 'plain'),
    row('Evidence', [evidence(report)], 'plain', true),
    row('Replay', [expectedFindings(report)[0]?.replay ?? report.replay], 'plain', true),
    row('Example', described ? [described.evidence] : [], 'plain', true),
    row('Exit code', [exitWords(report)], 'plain'),
  ];
  return {
    headline,
    tone: tones[report.verdict],
    rows: rows.filter((each) => each.lines.length > 0),
    example,
  };
}

/** Findings that count as damage; for a survey without damage there are none. */
export function expectedFindings(report: HuntReport): readonly Finding[] {
  return report.findings.filter((finding) => finding.expected);
}

function row(label: string, lines: readonly string[], tone: Tone, verbatim = false): AccountRow {
  return verbatim ? { label, lines, tone, verbatim } : { label, lines, tone };
}

function howOften(report: HuntReport): string[] {
  const { clean, damaged, failed } = report.trials;
  if (damaged + failed === 0) return [];
  const counted = clean + damaged + failed;
  const lines: string[] = [];
  if (damaged > 0) lines.push(countWords(damaged, counted, 'trials'));
  if (failed > 0) lines.push(`${countWords(failed, counted, 'trials')} failed`);
  for (const sum of promiseSums(report.cells)) {
    if (!sum.expected || sum.broken === 0) continue;
    const counted = triedWords(sum.broken, sum.tries, sum.noun, sum.chances);
    const rate = rateText(sum.broken, sum.tries, sum.effective);
    lines.push(`${sum.promise}: ${counted}, ${rate} over all cells`);
  }
  const firsts = report.cells.flatMap((cell) =>
    cell.firstDamageSeconds === null ? [] : [cell.firstDamageSeconds],
  );
  if (firsts.length > 0) {
    const soonest = formatDuration(Math.min(...firsts) * 1000);
    lines.push(`the quickest cell needed ${soonest} of trials to show it`);
  }
  return lines;
}

/** What the failures need, where that is certified; the counts are a command away. */
function isolated({ isolation }: HuntReport): string[] {
  if (!isolation || isolation.claim === 'none') return [];
  return [...isolation.words, 'the counts behind it: heisenwrite isolate'];
}

/** Described only where nothing better is known. */
function where(report: HuntReport): string[] {
  const { damaged, failed } = report.trials;
  if (damaged + failed === 0 || isolated(report).length > 0) return [];
  return whereLines(report.cells, factorKinds(report), damaged > 0 ? 'damaged' : 'failed');
}

/** Bounds for what held throughout; what held at some levels only is said under Where. */
function keptLines(report: HuntReport): string[] {
  return promiseSums(report.cells)
    .filter((sum) => sum.broken === 0)
    .map((sum) => `${sum.promise}: ${keptWords(sum, report.cells)}`);
}

function failureLines(report: HuntReport): string[] {
  const byClient = Object.values(report.places).some((place) => /^[a-z][a-z0-9+-]*:/.test(place));
  return report.failures.flatMap(({ errno, operation, count, example }) => {
    const documented = documentedWords(operation, errno, byClient);
    return [
      `${errno} from ${operation}, ${plural(count, 'time')}: ${example}`,
      ...(documented === null ? [] : [documented]),
    ];
  });
}

function unknownLines(report: HuntReport): string[] {
  return report.unknowns.map((each) => `${plural(each.count, 'trial')}: ${each.because}`);
}

function rigLines(report: HuntReport): string[] {
  const { checks, passed } = report.rig;
  if (passed) return [passedWords(checks)];
  return checks
    .filter((check) => !check.passed)
    .map((check) => `NOT PASSED: ${check.name}: ${check.detail}`);
}

/** A check that could not be made has passed nothing. */
function passedWords(checks: HuntReport['rig']['checks']): string {
  const names = (made: boolean) =>
    checks.filter((check) => (check.checked !== false) === made).map((check) => check.name);
  const [made, open] = [names(true), names(false)];
  if (open.length === 0) return `all ${checks.length} checks passed: ${made.join(', ')}`;
  return (
    `${made.length} of ${checks.length} checks passed, ` +
    `${open.join(', ')} could not be checked; passed: ${made.join(', ')}`
  );
}

function ranLines(report: HuntReport): string[] {
  const { reads, writes, bytesRead, bytesWritten } = report.opportunities;
  const { clean, damaged, failed, unknown } = report.trials;
  const trials = plural(clean + damaged + failed + unknown, 'trial');
  const places = Object.entries(report.places).map(([label, path]) =>
    label === path ? path : `${label} (${path})`,
  );
  return [
    `plan ${report.plan.name} on ${places.join(', ')}; ${trials} in ` +
      `${triedCells(report.cells)}, ${formatDuration(report.seconds * 1000)}, ` +
      `${plural(reads, 'read')} (${formatSize(bytesRead)}), ` +
      `${plural(writes, 'write')} (${formatSize(bytesWritten)}); stopped: ${report.stopped}`,
    ...untriedLines(report),
  ];
}

/** `54 cells`, `30 of 54 cells`. */
function triedCells(cells: HuntReport['cells']): string {
  const tried = cells.filter((cell) => cell.trials > 0).length;
  const all = plural(cells.length, 'cell');
  return tried === cells.length ? all : `${formatCount(tried)} of ${all}`;
}

/** A bound says nothing of a cell that was not reached. */
function untriedLines({ cells }: HuntReport): string[] {
  const untried = cells.filter((cell) => cell.trials === 0).length;
  if (untried === 0) return [];
  return [`${plural(untried, 'cell')} not reached: go on with --resume, or give more time (--for)`];
}

function evidence(report: HuntReport): string {
  const first = expectedFindings(report)[0];
  return first ? first.evidence : report.directory;
}

function exitWords(report: HuntReport): string {
  const { code, words } = exitMeaning(report);
  return `${code}: ${words}`;
}

function exampleWords({ finding, row: { offset } }: Example): string {
  const at = `${offset} (0x${offset.toString(16)})`;
  return `first kept finding: trial ${finding.trial}, near offset ${at}`;
}

function exampleOf(report: HuntReport): Example | null {
  for (const finding of expectedFindings(report)) {
    const differing = finding.hex.find((each) => each.expected !== each.observed);
    if (differing) return { finding, row: differing };
  }
  return null;
}
