// `replay --diff GOOD... --bad BAD...`: what is different before failures.

import { EXIT_CLEAN, EXIT_DAMAGE } from '../domain/errors.ts';
import { openRecordings } from '../recorder/recordings.ts';
import { compareRuns, type Difference, type DifferenceResult } from '../recorder/run-difference.ts';
import { featuresOf, type RunFeatures } from '../recorder/run-features.ts';
import { formatSpan } from '../recorder/time-text.ts';
import { writeLines } from './line-output.ts';
import { invalid, type ReplayOptions, selectionOf } from './replay-options.ts';
import { jsonText } from './replay-print.ts';
import type { Terminal } from './terminal.ts';

const SHOWN_MAX = 20;
const LISTED = 1000;
/** Below this a split is not put down to chance. */
const CHANCE_MAX = 0.05;

/** @returns the exit code: 1 something is different, 0 nothing is */
export async function printDifference(
  given: readonly string[],
  options: ReplayOptions,
  terminal: Terminal,
): Promise<number> {
  const { good, bad } = sidesOf(given, options);
  const result = compareRuns(
    good.map((path) => runOf(path, options)),
    bad.map((path) => runOf(path, options)),
  );
  if (options.json) {
    const differences = result.differences.slice(0, LISTED);
    const document = { schema: 'heisenwrite.difference/1', ...result, differences };
    await writeLines(terminal.out, [jsonText(document, 2)]);
  } else {
    await writeLines(terminal.out, differenceLines(result));
  }
  return result.differences.length > 0 ? EXIT_DAMAGE : EXIT_CLEAN;
}

function sidesOf(
  given: readonly string[],
  { diff = [], bad = [], match, export: format, around, last }: ReplayOptions,
): { good: readonly string[]; bad: readonly string[] } {
  if (match || format || around || last) {
    throw invalid('--diff goes with no --match, --export, --around or --last');
  }
  if (given.length > 0) throw invalid(`--diff: is ${given.join(' ')} a good run or a bad one?`);
  if (bad.length > 0) return { good: diff, bad };
  const [one, other] = diff;
  if (diff.length === 2 && one !== undefined && other !== undefined) {
    return { good: [one], bad: [other] };
  }
  throw invalid('--diff needs runs that failed: --diff GOOD... --bad BAD...');
}

/** A file or a directory is one run. */
function runOf(path: string, { event, where, from, to }: ReplayOptions): RunFeatures {
  const recordings = openRecordings([path]);
  const some = {
    ...(event ? { event } : {}),
    ...(where ? { where } : {}),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  try {
    return featuresOf(selectionOf(recordings, some).events());
  } finally {
    recordings.close();
  }
}

function differenceLines(result: DifferenceResult): string[] {
  const { good, failed, compared, differences } = result;
  const runs = (count: number) => `${count} ${count === 1 ? 'run' : 'runs'}`;
  const lines = [`${runs(failed)} that failed against ${runs(good)} that did not`];
  if (differences.length === 0) {
    return [...lines, `nothing of ${compared} events, orders and values is more usual in failures`];
  }
  if (good === 1 || failed === 1) {
    lines.push('with one run of a kind, what differs may be chance: give several of each');
  }
  lines.push('', 'rank  failed    good  mean failed/good  by chance');
  for (const one of differences.slice(0, SHOWN_MAX)) lines.push(differenceLine(one, result));
  const more = differences.length - SHOWN_MAX;
  if (more > 0) lines.push(`and ${more} more (--json lists up to ${LISTED})`);
  const certain = differences.filter(({ chance }) => chance * compared <= CHANCE_MAX).length;
  const of = `of ${compared} compared`;
  lines.push(
    '',
    certain > 0
      ? `${certain} ${of} are beyond chance (Fisher's exact test, ${CHANCE_MAX} for all together)`
      : `none ${of} is beyond chance: with so many compared, more runs are needed`,
  );
  return lines;
}

const SPLIT_WORDS: Readonly<Record<Difference['split'], string>> = {
  present: '',
  absent: 'never ',
  more: 'more often ',
  fewer: 'less often ',
};
const KIND_WORDS: Readonly<Record<Difference['kind'], (words: string) => string>> = {
  event: (words) => words,
  follows: (words) => `${words.replace(', ', ' then at once ')}`,
  before: (words) => `first ${words.replace(', ', ' before first ')}`,
  value: (words) => words,
  size: (words) => words,
};

function differenceLine(one: Difference, { good, failed }: DifferenceResult): string {
  const { ochiai, failedWith, goodWith, failedMean, goodMean, chance, split, than, firstNs } = one;
  const means = `${round(failedMean)}/${round(goodMean)}`;
  const words = `${SPLIT_WORDS[split]}${KIND_WORDS[one.kind](one.words)}`;
  const limit = than === null ? '' : ` (${split} than ${than} in a run)`;
  const first = firstNs === null || split !== 'present' ? '' : `, first at +${formatSpan(firstNs)}`;
  return [
    ochiai.toFixed(2).padStart(4),
    `${failedWith}/${failed}`.padStart(7),
    `${goodWith}/${good}`.padStart(7),
    means.padStart(17),
    chance.toPrecision(2).padStart(10),
    ` ${words}${limit}${first}`,
  ].join(' ');
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
