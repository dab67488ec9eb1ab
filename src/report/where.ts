// Where damage was seen and where not, by levels: the first thing that a person on call asks. It
// describes, it does not isolate: a combination counts as spared only when so many trials without
// damage would be a surprise (under 5 %) at the rate of the others.

import type { Level } from '../domain/cell.ts';
import type { CellReport } from '../domain/hunt-report.ts';
import { type FactorKinds, levelsWords, levelText, variedFactors } from './level-words.ts';
import { promiseSums } from './promise-sums.ts';
import { countedTrials, countWords } from './rate-words.ts';

/** Which count of a cell is looked at: damaged trials, or failed ones where nothing was damaged. */
export type Hit = 'damaged' | 'failed';

export interface LevelTally {
  readonly level: Level;
  readonly hits: number;
  readonly trials: number;
}

/** Sums of each level of a factor over the cells that have it, in the order of the cells. */
export function levelTallies(
  cells: readonly CellReport[],
  factor: string,
  hit: Hit = 'damaged',
): LevelTally[] {
  const tallies = new Map<Level, { level: Level; hits: number; trials: number }>();
  for (const cell of cells) {
    const level = cell.levels[factor];
    const trials = countedTrials(cell);
    if (level === undefined || trials === 0) continue;
    const tally = tallies.get(level) ?? { level, hits: 0, trials: 0 };
    tally.hits += cell[hit];
    tally.trials += trials;
    tallies.set(level, tally);
  }
  return [...tallies.values()];
}

/** Sentences for the summary, the certain ones first. Empty when only one cell was tried. */
export function whereLines(
  cells: readonly CellReport[],
  kinds: FactorKinds,
  hit: Hit = 'damaged',
): string[] {
  const named = (factor: string, tallies: readonly LevelTally[]) =>
    `${factor}=${tallies.map(({ level }) => levelText(factor, level, kinds)).join('|')}`;
  const only: string[] = [];
  const open: string[] = [];
  const alike: string[] = [];
  for (const factor of variedFactors(cells)) {
    const tallies = levelTallies(cells, factor, hit);
    const damaged = tallies.filter((tally) => tally.hits > 0);
    const without = tallies.filter((tally) => tally.hits === 0);
    if (damaged.length > 0 && without.length === 0) alike.push(factor);
    if (damaged.length === 0 || without.length === 0) continue;
    const rate = sum(damaged, 'hits') / sum(damaged, 'trials');
    const spared = without.filter((tally) => surprising(tally.trials, rate));
    const few = without.filter((tally) => !spared.includes(tally));
    if (spared.length > 0) {
      const none = countWords(0, sum(spared, 'trials'), 'trials');
      only.push(`only with ${named(factor, damaged)}; with ${named(factor, spared)} ${none}`);
    }
    if (few.length > 0) {
      open.push(`too few trials to tell about ${named(factor, few)} (none seen)`);
    }
  }
  const pairs = only.length === 0 ? sparedPairs(cells, kinds, hit) : [];
  const same =
    pairs.length === 0 && alike.length > 0 ? [`seen at every level of ${alike.join(', ')}`] : [];
  return [...only, ...pairs, ...open, ...same];
}

interface Pair {
  readonly levels: Readonly<Record<string, Level>>;
  readonly cells: CellReport[];
}

/** Where no factor alone tells the cells apart: pairs of levels that never showed damage. */
function sparedPairs(cells: readonly CellReport[], kinds: FactorKinds, hit: Hit): string[] {
  const pairs = levelPairs(cells);
  const hits = cells.reduce((total, cell) => total + cell[hit], 0);
  const trials = cells.reduce((total, cell) => total + countedTrials(cell), 0);
  const tried = (pair: Pair) => pair.cells.reduce((n, cell) => n + countedTrials(cell), 0);
  const spared = pairs
    .filter((pair) => pair.cells.every((cell) => cell[hit] === 0))
    .filter((pair) => surprising(tried(pair), hits / trials))
    .toSorted((a, b) => tried(b) - tried(a));
  const told = new Set<CellReport>();
  const lines: string[] = [];
  for (const pair of spared) {
    if (lines.length === 4) break;
    if (pair.cells.filter((cell) => told.has(cell)).length * 2 > pair.cells.length) continue;
    for (const cell of pair.cells) told.add(cell);
    lines.push(`never with ${levelsWords(pair.levels, kinds)}: ${boundOf(pair.cells)}`);
  }
  const rateOf = (pair: Pair) => pair.cells.reduce((n, cell) => n + cell[hit], 0) / tried(pair);
  const worst = pairs
    .filter((pair) => tried(pair) > 0)
    .toSorted((a, b) => rateOf(b) - rateOf(a))[0];
  if (worst) {
    const count = worst.cells.reduce((n, cell) => n + cell[hit], 0);
    const often = countWords(count, tried(worst), 'trials');
    lines.unshift(`most often with ${levelsWords(worst.levels, kinds)}: ${often}`);
  }
  return lines;
}

function levelPairs(cells: readonly CellReport[]): Pair[] {
  const factors = variedFactors(cells);
  const pairs = new Map<string, Pair>();
  for (const cell of cells) {
    for (const [at, first] of factors.entries()) {
      for (const second of factors.slice(at + 1)) {
        const [a, b] = [cell.levels[first], cell.levels[second]];
        if (a === undefined || b === undefined) continue;
        const key = JSON.stringify([first, a, second, b]);
        const pair = pairs.get(key) ?? { levels: { [first]: a, [second]: b }, cells: [] };
        pair.cells.push(cell);
        pairs.set(key, pair);
      }
    }
  }
  return [...pairs.values()];
}

/** The bound of the expected promise with most tries, else of the trials. */
function boundOf(cells: readonly CellReport[]): string {
  const sums = promiseSums(cells).filter((each) => each.expected);
  const most = sums.toSorted((a, b) => b.tries - a.tries)[0];
  if (most && most.broken === 0) return countWords(0, most.tries, most.noun, most.chances);
  return countWords(
    0,
    cells.reduce((n, cell) => n + countedTrials(cell), 0),
    'trials',
  );
}

/** Would that many trials without a hit happen in under 5 % of hunts at this rate? */
function surprising(trials: number, rate: number): boolean {
  return trials * Math.log1p(-Math.min(rate, 1 - 1e-12)) < Math.log(0.05);
}

function sum(tallies: readonly LevelTally[], count: 'hits' | 'trials'): number {
  return tallies.reduce((total, tally) => total + tally[count], 0);
}
