// Sums cells over all factors but the chosen ones: the heat map's numbers. Every factor that is not
// an axis is summed over, so a number is always "of all trials with these levels".

import { binomialInterval } from '../src/base/binomial-interval.ts';
import type { Level } from '../src/domain/cell.ts';
import type { CellReport } from '../src/domain/hunt-report.ts';
import type { PromiseName } from '../src/domain/promise.ts';
import { promiseSums } from '../src/report/promise-sums.ts';
import { countedTrials, variedFactors } from '../src/report/rate-words.ts';

export type Measure = 'damaged' | 'failed' | PromiseName;

export interface Count {
  readonly hits: number;
  readonly of: number;
}

/** What of a cell is counted: trials for a verdict, tries for a promise. */
export function countOf(cell: CellReport, measure: Measure): Count {
  if (measure === 'damaged' || measure === 'failed') {
    return { hits: cell[measure], of: countedTrials(cell) };
  }
  const promise = cell.promises.find((each) => each.promise === measure);
  return { hits: promise?.broken ?? 0, of: promise?.tries ?? 0 };
}

export function sumCounts(cells: readonly CellReport[], measure: Measure): Count {
  let [hits, of] = [0, 0];
  for (const cell of cells) {
    const count = countOf(cell, measure);
    hits += count.hits;
    of += count.of;
  }
  return { hits, of };
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

/** Varied factors, those first whose levels differ most in rate. */
export function factorsBySpread(cells: readonly CellReport[], measure: Measure): string[] {
  const spread = (factor: string) => {
    const rates = levelsOf(cells, factor)
      .map((level) => sumCounts(cellsWith(cells, factor, level), measure))
      .filter((count) => count.of > 0)
      .map((count) => count.hits / count.of);
    return rates.length === 0 ? 0 : Math.max(...rates) - Math.min(...rates);
  };
  const spreads = new Map(variedFactors(cells).map((factor) => [factor, spread(factor)]));
  return [...spreads.keys()].toSorted((a, b) => (spreads.get(b) ?? 0) - (spreads.get(a) ?? 0));
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
  const { rate, low, high } = binomialInterval(count.hits, count.of);
  if (rate === null || low === null || high === null) return null;
  return { label, ...count, rate, low, high };
}
