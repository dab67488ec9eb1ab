// The counts of every hypothesis, kept up to date trial by trial: a trial is inside a hypothesis if
// it has all of its literals. Typed arrays, since this runs for every trial over thousands of them.

import type { Conjunction, LevelSet, Weighed } from './conjunction.ts';
import type { FactorSpace } from './factor-space.ts';

/** Literals of a hypothesis, at most. */
const WIDTH = 3;

export class HypothesisTable {
  readonly conjunctions: Conjunction[] = [];
  logPriors = new Float64Array(256);
  /** Trials and failures inside, by hypothesis. */
  trials = new Float64Array(256);
  failures = new Float64Array(256);
  allTrials = 0;
  allFailures = 0;
  private readonly space: FactorSpace;
  /** Numbers of the literals of hypothesis h at [WIDTH * h ...]; 0 holds always. */
  private literals = new Uint16Array(WIDTH * 256);
  private readonly sets: LevelSet[] = [];
  private readonly setNumbers = new Map<string, number>();
  private readonly names = new Set<string>();
  /** Whether a literal holds in the cell that is being counted. */
  private held = new Uint8Array(64);
  /** Counts by cell, for hypotheses that come later. */
  private readonly cells = new Map<number, { trials: number; failures: number }>();

  constructor(space: FactorSpace) {
    this.space = space;
  }

  get size(): number {
    return this.conjunctions.length;
  }

  /** Adds those that are not there yet, with their counts of all trials so far. */
  add(hypotheses: Iterable<Weighed>): void {
    const from = this.size;
    for (const { conjunction, logPrior } of hypotheses) this.append(conjunction, logPrior);
    for (const [cell, { trials, failures }] of this.cells) {
      this.count(cell, trials, failures, from);
    }
  }

  /** Takes trials of one cell that ended alike into every count. */
  observe(cell: number, failed: boolean, count = 1): void {
    this.allTrials += count;
    if (failed) this.allFailures += count;
    const known = this.cells.get(cell) ?? { trials: 0, failures: 0 };
    known.trials += count;
    if (failed) known.failures += count;
    this.cells.set(cell, known);
    this.count(cell, count, failed ? count : 0, 0);
  }

  private count(cell: number, trials: number, failures: number, from: number): void {
    const { space, sets, held, literals, size } = this;
    held[0] = 1;
    for (let number = 1; number <= sets.length; number++) {
      const { factor, member } = sets[number - 1] as LevelSet;
      held[number] = member[space.levelOf(cell, factor)] as number;
    }
    for (let at = from, literal = WIDTH * from; at < size; at++, literal += WIDTH) {
      const inside =
        (held[literals[literal] as number] as number) &
        (held[literals[literal + 1] as number] as number) &
        (held[literals[literal + 2] as number] as number);
      if (inside === 0) continue;
      this.trials[at] = (this.trials[at] as number) + trials;
      if (failures > 0) this.failures[at] = (this.failures[at] as number) + failures;
    }
  }

  private append(conjunction: Conjunction, logPrior: number): void {
    const numbers = conjunction.map((set) => this.numberOf(set));
    const name = numbers.join(' ');
    if (this.names.has(name)) return;
    this.names.add(name);
    const at = this.size;
    if (at === this.trials.length) this.grow();
    this.conjunctions.push(conjunction);
    this.logPriors[at] = logPrior;
    for (let literal = 0; literal < WIDTH; literal++) {
      this.literals[WIDTH * at + literal] = numbers[literal] ?? 0;
    }
  }

  private numberOf(set: LevelSet): number {
    const name = `${set.factor}:${set.member.join('')}`;
    const known = this.setNumbers.get(name);
    if (known !== undefined) return known;
    this.sets.push(set);
    this.setNumbers.set(name, this.sets.length);
    if (this.sets.length >= this.held.length) this.held = new Uint8Array(2 * this.held.length);
    return this.sets.length;
  }

  private grow(): void {
    const larger = (array: Float64Array<ArrayBuffer>) => {
      const grown = new Float64Array(2 * array.length);
      grown.set(array);
      return grown;
    };
    this.logPriors = larger(this.logPriors);
    this.trials = larger(this.trials);
    this.failures = larger(this.failures);
    const literals = new Uint16Array(2 * this.literals.length);
    literals.set(this.literals);
    this.literals = literals;
  }
}
