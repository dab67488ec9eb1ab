// Sums cells over all factors but the chosen ones: the heat map's numbers. Every factor that is not
// an axis is summed over, so a number is always "of all trials with these levels".

import type { Level } from '../src/domain/cell.ts';
import type { CellReport } from '../src/domain/hunt-report.ts';
import type { PromiseName } from '../src/domain/promise.ts';
import { variedFactors } from '../src/report/level-words.ts';
import { promiseSums, tryNoun } from '../src/report/promise-sums.ts';
import { countedTrials, countInterval, effectiveChances } from '../src/report/rate-words.ts';

export type Measure = 'damaged' | 'failed' | PromiseName;

export interface Count {
  readonly hits: number;
  readonly of: number;
  /** Independent chances among them: fewer than `of` where reads outnumber rewrites. */
  readonly chances: number;
  /** Chances on which a rate summed over cells rests, see effectiveChances. */
  readonly effective: number;
}

/** What of a cell is counted: trials for a verdict, tries for a promise. */
export function countOf(cell: CellReport, measure: Measure): Count {
  if (measure === 'damaged' || measure === 'failed') {
    const of = countedTrials(cell);
    return { hits: cell[measure], of, chances: of, effective: of };
  }
  const promise = cell.promises.find((each) => each.promise === measure);
  const of = promise?.tries ?? 0;
  const chances = promise?.chances ?? of;
  return { hits: promise?.broken ?? 0, of, chances, effective: chances };
}

export function sumCounts(cells: readonly CellReport[], measure: Measure): Count {
  const counts = cells.map((cell) => countOf(cell, measure));
  return {
    hits: counts.reduce((sum, count) => sum + count.hits, 0),
    of: counts.reduce((sum, count) => sum + count.of, 0),
    chances: counts.reduce((sum, count) => sum + count.chances, 0),
    effective: effectiveChances(counts.map(({ of, chances }) => ({ tries: of, chances }))),
  };
}

export function levelsOf(cells: readonly CellReport[], factor: string | null): (Level | null)[] {
  if (factor === null) return [null];
  const levels = new Set<Level | null>();
  for (const cell of cells) levels.add(cell.levels[factor] ?? null);
  const list = [...levels];
  // A null level means that the factor does not apply (another workload's).
  return list.every((level) => typeof level === 'number')
    ? list.toSorted((a, b) => Number(a) - Number(b))
    : list;
}

export function cellsWith(
  cells: readonly CellReport[],
  factor: string | null,
  level: Level | null,
): readonly CellReport[] {
  if (factor === null) return cells;
  return cells.filter((cell) => (cell.levels[factor] ?? null) === level);
}

/** Verdicts and promises that this report can show, the one that says most first. */
export function measuresOf(cells: readonly CellReport[]): Measure[] {
  const promises = promiseSums(cells).toSorted(
    (a, b) => Number(b.broken > 0) - Number(a.broken > 0),
  );
  const total = (measure: Measure) => sumCounts(cells, measure).hits;
  const all: Measure[] = ['damaged', 'failed', ...promises.map((sum) => sum.promise)];
  return all.toSorted((a, b) => Number(total(b) > 0) - Number(total(a) > 0));
}

/** Largest less smallest rate over the levels of each varied factor. */
function spreadsOf(cells: readonly CellReport[], measure: Measure): Map<string, number> {
  const spread = (factor: string) => {
    const rates = levelsOf(cells, factor)
      .map((level) => sumCounts(cellsWith(cells, factor, level), measure))
      .filter((count) => count.of > 0)
      .map((count) => count.hits / count.of);
    return rates.length === 0 ? 0 : Math.max(...rates) - Math.min(...rates);
  };
  return new Map(variedFactors(cells).map((factor) => [factor, spread(factor)]));
}

/** Levels of which there is a count: those of another workload would be empty lines. */
export function triedLevels(
  cells: readonly CellReport[],
  factor: string | null,
  measure: Measure,
): (Level | null)[] {
  return levelsOf(cells, factor).filter(
    (level) => sumCounts(cellsWith(cells, factor, level), measure).of > 0,
  );
}

/** The two factors that show most at first: levels that differ much, and few pairs untried. */
export function axesOf(cells: readonly CellReport[], measure: Measure): readonly string[] {
  const spreads = [...spreadsOf(cells, measure)]
    .filter(([factor]) => triedLevels(cells, factor, measure).length > 1)
    .toSorted((a, b) => b[1] - a[1]);
  let best: { axes: readonly string[]; score: number } | null = null;
  for (const [at, [first, one]] of spreads.slice(0, AXES_TRIED).entries()) {
    for (const [second, other] of spreads.slice(at + 1, AXES_TRIED)) {
      const score = (one + other) * triedShare(cells, [first, second], measure);
      if (best === null || score > best.score) best = { axes: [first, second], score };
    }
  }
  return best?.axes ?? spreads.map(([factor]) => factor);
}

/** Factors beyond these are not considered for the first view: it must not take seconds. */
const AXES_TRIED = 8;

/** Of the pairs of levels of two factors, where both apply. */
function triedShare(
  cells: readonly CellReport[],
  [first, second]: readonly [string, string],
  measure: Measure,
): number {
  const levels = (factor: string) =>
    triedLevels(cells, factor, measure).filter((level) => level !== null);
  const columns = levels(second);
  const pairs = levels(first).flatMap((level) => {
    const inRow = cellsWith(cells, first, level);
    return columns.map((column) => sumCounts(cellsWith(inRow, second, column), measure).of > 0);
  });
  return pairs.filter((tried) => tried).length / Math.max(1, pairs.length);
}

/** Varied factors, those first whose levels differ most in rate. */
export function factorsBySpread(cells: readonly CellReport[], measure: Measure): string[] {
  const spreads = spreadsOf(cells, measure);
  return [...spreads.keys()].toSorted((a, b) => (spreads.get(b) ?? 0) - (spreads.get(a) ?? 0));
}

/** The noun of what is counted: `trials`, `reads`. */
export function nounOf(measure: Measure): string {
  return measure === 'damaged' || measure === 'failed' ? 'trials' : tryNoun(measure);
}

/** Upper ends of the colour steps. Fixed, so that colours mean the same in every report. */
export const HEAT_STEPS = [
  { upTo: 0, words: 'none' },
  { upTo: 0.0001, words: 'to 0.01%' },
  { upTo: 0.001, words: 'to 0.1%' },
  { upTo: 0.01, words: 'to 1%' },
  { upTo: 0.1, words: 'to 10%' },
  { upTo: 1, words: 'over 10%' },
] as const;

export function heatStep({ hits, of }: Count): number {
  return HEAT_STEPS.findIndex((step) => hits / of <= step.upTo);
}

export interface RateRow extends Count {
  readonly label: string;
  readonly rate: number;
  readonly low: number;
  readonly high: number;
}

export function rateRow(label: string, count: Count): RateRow | null {
  const chances = count.hits === 0 ? count.chances : count.effective;
  const { rate, low, high } = countInterval(count.hits, count.of, chances);
  if (rate === null || low === null || high === null) return null;
  return { label, ...count, rate, low, high };
}
