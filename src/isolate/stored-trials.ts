// Isolation from what was stored. A hunt that was steered by an isolator is followed again, trial
// by trial, and so has the certificate that it had; every other set of trials is looked at in
// retrospect.

import { createRng } from '../base/rng.ts';
import type { Cell } from '../domain/cell.ts';
import type { FactorSpec, IsolationFacts, TrialRow } from '../domain/isolation.ts';
import type { FactorDeclaration } from '../domain/plan.ts';
import { hasFailed, type Verdict } from '../domain/trial.ts';
import { CellCounts } from './cell-counts.ts';
import { conclude } from './conclude.ts';
import { FactorSpace, factorsOf } from './factor-space.ts';
import { Isolator } from './isolator.ts';
import { retrospect } from './retrospect.ts';
import { TimeLine } from './time-line.ts';

/** @param declarations of the factors of all workloads, for their order and their cost */
export function factorSpaceOf(
  cells: readonly Cell[],
  declarations: readonly FactorDeclaration[],
): FactorSpace {
  const find = (name: string) => declarations.find((each) => each.name === name);
  const factors = factorsOf(
    cells,
    (name) => ['size', 'duration', 'count'].includes(find(name)?.kind ?? 'choice'),
    (name) => find(name)?.switchTrials ?? 0,
  );
  return new FactorSpace(factors, cells);
}

/** The isolator that steers the hunt with this seed, always the same one. */
export function isolatorOf(space: FactorSpace, seed: string): Isolator {
  return new Isolator(space, createRng(`${seed}/isolate`));
}

/** Takes the trials of a stored hunt in order; cells by their position among the hunt's cells. */
export class IsolationAccount {
  private readonly space: FactorSpace;
  private readonly seed: string;
  private readonly counts: CellCounts;
  private readonly positions: ReadonlyMap<number, number>;
  /** Null once a trial came that it would not have asked for: it did not steer this hunt. */
  private isolator: Isolator | null;
  private unknown = 0;
  private readonly time = new TimeLine();

  constructor(cells: readonly Cell[], space: FactorSpace, seed: string, adaptive: boolean) {
    this.space = space;
    this.seed = seed;
    this.counts = new CellCounts(cells.length);
    this.positions = new Map(cells.map(({ index }, position) => [index, position]));
    this.isolator = adaptive ? isolatorOf(space, seed) : null;
  }

  add(index: number, verdict: Verdict, seconds: number): void {
    const cell = this.positions.get(index);
    if (cell === undefined) return;
    const failed = hasFailed(verdict);
    if (failed === null) this.unknown++;
    else this.take(cell, failed, seconds);
    if (this.isolator && this.isolator.next() !== cell) this.isolator = null;
    this.isolator?.learn(cell, failed);
  }

  /** Null where nothing failed or nothing was varied: there is nothing to isolate. */
  facts(): IsolationFacts | null {
    if (this.counts.allFailures === 0 || this.space.factors.length === 0) return null;
    const rng = createRng(`${this.seed}/retrospect`);
    const state = this.isolator ?? retrospect(this.space, this.counts, this.unknown, rng);
    const { cover } = state;
    // Without a claim, the cells that failed are the ones to ask about.
    const inside = (cell: number) =>
      cover ? cover.explainedBy[cell] !== -1 : this.counts.failures[cell] !== 0;
    return { ...conclude(state, true), timeToFailure: this.time.timeToFailure(inside) };
  }

  private take(cell: number, failed: boolean, seconds: number): void {
    this.counts.add(cell, failed);
    this.time.add(cell, failed, seconds);
  }
}

/** Of somebody's table. The same seed gives the same division of the trials into halves. */
export function isolateRows(
  specs: readonly FactorSpec[],
  rows: readonly TrialRow[],
  { seed }: { readonly seed: string },
): IsolationFacts {
  const cells = new Map<string, Pick<Cell, 'levels'>>();
  const nameOf = ({ levels }: TrialRow) => JSON.stringify(specs.map(({ name }) => levels[name]));
  for (const row of rows) cells.set(nameOf(row), row);
  const ordered = (name: string) => specs.find((spec) => spec.name === name)?.ordered === true;
  const list = [...cells.values()];
  const space = new FactorSpace(factorsOf(list, ordered), list);
  const positions = new Map([...cells.keys()].map((name, position) => [name, position]));
  const counts = new CellCounts(list.length);
  let unknown = 0;
  for (const row of rows) {
    if (row.verdict === 'unknown') unknown += row.count;
    else counts.add(positions.get(nameOf(row)) as number, row.verdict === 'failing', row.count);
  }
  return conclude(retrospect(space, counts, unknown, createRng(`${seed}/retrospect`)), false);
}
