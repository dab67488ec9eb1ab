// How much each conjunction of up to three literals is believed after the trials so far, and how
// much "no factor matters". Rates inside and outside of a hypothesis are beta-binomial, and outside
// must be under a third of inside: without that "no factor matters" is almost never concluded.

import { type Conjunction, holds, type Weighed } from './conjunction.ts';
import type { FactorSpace } from './factor-space.ts';
import { HypothesisTable } from './hypothesis-table.ts';
import { logPriorOfSet, setsHolding, type WeighedSet } from './level-sets.ts';
import { BetaPrior, probabilityBelow } from './log-beta.ts';

/** Inside, rare failures and frequent ones are equally likely beforehand. */
const INSIDE = [new BetaPrior(0.5, 50), new BetaPrior(0.5, 2)] as const;
const OUTSIDE = new BetaPrior(0.1, 100);
/** The rate outside is below that inside by this factor. */
const CONTRAST = 3;
const LOG_CONTRAST_PRIOR = INSIDE.map(({ a, b }) =>
  Math.log(probabilityBelow([OUTSIDE.a, OUTSIDE.b], [a, b], CONTRAST)),
);
/** Belief in 0, 1, 2 and 3 literals beforehand. */
const ORDER_PRIOR = [0.1, 0.35, 0.45, 0.1] as const;
const ORDER_MAX = ORDER_PRIOR.length - 1;
/** Sets of several levels are dropped from triples beyond so many hypotheses. */
const HYPOTHESES_MAX = 20_000;
/** Up to so many cells of a plan with constraints, hypotheses are compared by what they hold. */
const ALIASES_CELLS_MAX = 2000;
/** Hypotheses less likely than the best by e to this are not weighed exactly. */
const NEGLIGIBLE_LOG = 9;
/** Hypotheses that a design is weighed by: with the first so many goes nearly all probability. */
const BELIEFS_MAX = 40;
/** Failing cells from which hypotheses are made, so that a stray failure is not the only one. */
const ANCHORS_MAX = 3;

export interface Belief {
  readonly conjunction: Conjunction;
  readonly probability: number;
  /** Expected rates. */
  readonly inside: number;
  readonly outside: number;
}

export class Posterior {
  private readonly space: FactorSpace;
  private readonly table: HypothesisTable;
  private readonly anchors: number[] = [];
  private readonly anchorsMax: number;
  private readonly extents = new Set<string>();
  private logs = new Float64Array(0);

  constructor(space: FactorSpace, anchorsMax = ANCHORS_MAX) {
    this.space = space;
    this.anchorsMax = anchorsMax;
    this.table = new HypothesisTable(space);
    this.table.add([{ conjunction: [], logPrior: Math.log(ORDER_PRIOR[0]) }]);
  }

  /** Takes trials of one cell that ended alike into every count. */
  observe(cell: number, failed: boolean, count = 1): void {
    this.table.observe(cell, failed, count);
  }

  /** Adds all hypotheses that hold this failing cell, up to a number of such cells. */
  anchorAt(cell: number): void {
    if (this.anchors.length >= this.anchorsMax || this.anchors.includes(cell)) return;
    this.anchors.push(cell);
    const sets = this.space.factors.map((_, factor) =>
      setsHolding(this.space, factor, this.space.levelOf(cell, factor)),
    );
    const fresh = [...conjunctionsOf(sets)].filter(({ conjunction }) => this.isNew(conjunction));
    this.table.add(fresh);
  }

  /** Of conjunctions that hold the same cells only the first, which is the simplest, is one. */
  private isNew(conjunction: Conjunction): boolean {
    const { space } = this;
    if (space.isFull || space.cellCount > ALIASES_CELLS_MAX) return true;
    let extent = '';
    for (let cell = 0; cell < space.cellCount; cell++) {
      extent += holds(conjunction, space, cell) ? '1' : '0';
    }
    if (this.extents.has(extent)) return false;
    this.extents.add(extent);
    return true;
  }

  /** The most probable hypotheses, best first, and with them nearly all probability. */
  beliefs(most = BELIEFS_MAX): Belief[] {
    const { table } = this;
    if (this.logs.length < table.size) this.logs = new Float64Array(2 * table.size);
    const { logs } = this;
    let best = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < table.size; at++) {
      logs[at] = (table.logPriors[at] as number) + this.logLikelihood(at, false);
      if ((logs[at] as number) > best) best = logs[at] as number;
    }
    const live: { at: number; log: number }[] = [];
    for (let at = 0; at < table.size; at++) {
      // "No factor" is weighed always: the contrast may yet rule out all that seem better.
      if (at > 0 && (logs[at] as number) < best - NEGLIGIBLE_LOG) continue;
      live.push({ at, log: (table.logPriors[at] as number) + this.logLikelihood(at, true) });
    }
    live.sort((a, b) => b.log - a.log);
    const highest = live[0]?.log ?? 0;
    const sum = live.reduce((total, { log }) => total + Math.exp(log - highest), 0);
    return live.slice(0, most).map(({ at, log }) => ({
      conjunction: table.conjunctions[at] as Conjunction,
      probability: Math.exp(log - highest) / sum,
      ...this.rates(at),
    }));
  }

  /** Probability that a hypothesis among `beliefs` holds this cell. */
  explained(cell: number, beliefs: readonly Belief[]): number {
    return beliefs.reduce(
      (sum, { conjunction, probability }) =>
        holds(conjunction, this.space, cell) ? sum + probability : sum,
      0,
    );
  }

  private rates(at: number) {
    const { table } = this;
    const trials = table.trials[at] as number;
    const failures = table.failures[at] as number;
    const prior = failures > 0.2 * trials ? INSIDE[1] : INSIDE[0];
    const inside = prior.mean(failures, trials);
    if (table.conjunctions[at]?.length === 0) return { inside, outside: inside };
    const outside = OUTSIDE.mean(table.allFailures - failures, table.allTrials - trials);
    return { inside, outside: Math.min(outside, inside / CONTRAST) };
  }

  private logLikelihood(at: number, exact: boolean): number {
    const { table } = this;
    const trials = table.trials[at] as number;
    const failures = table.failures[at] as number;
    const unconditional = at === 0;
    const outTrials = table.allTrials - trials;
    const outFailures = table.allFailures - failures;
    let [rare, frequent] = [
      INSIDE[0].logLikelihood(failures, trials),
      INSIDE[1].logLikelihood(failures, trials),
    ];
    if (exact && !unconditional) {
      const outside = [OUTSIDE.a + outFailures, OUTSIDE.b + outTrials - outFailures] as const;
      const below = (which: 0 | 1) => {
        const { a, b } = INSIDE[which];
        const p = probabilityBelow(outside, [a + failures, b + trials - failures], CONTRAST);
        return Math.log(Math.max(p, 1e-300)) - (LOG_CONTRAST_PRIOR[which] as number);
      };
      rare += below(0);
      frequent += below(1);
    }
    const highest = Math.max(rare, frequent);
    const inside = highest + Math.log1p(Math.exp(Math.min(rare, frequent) - highest)) - Math.LN2;
    return unconditional ? inside : inside + OUTSIDE.logLikelihood(outFailures, outTrials);
  }
}

/** All conjunctions of up to three of these literals, of each factor at most one. */
export function* conjunctionsOf(sets: readonly (readonly WeighedSet[])[]): Generator<Weighed> {
  const singles = sets.map((each) => each.slice(0, 1));
  const many = combinations(sets.map((each) => each.length)) > HYPOTHESES_MAX;
  yield { conjunction: [], logPrior: Math.log(ORDER_PRIOR[0]) };
  for (const order of [1, 2, 3] as const) {
    if (order > sets.length) return;
    const logPrior = Math.log(ORDER_PRIOR[order] / choose(sets.length, order));
    const from = order === ORDER_MAX && many ? singles : sets;
    yield* combine(from, order, 0, { conjunction: [], logPrior });
  }
}

/** The log prior that `conjunctionsOf` gives this conjunction. */
export function logPriorOf(conjunction: Conjunction, space: FactorSpace): number {
  const order = conjunction.length as 0 | 1 | 2 | 3;
  const prior = Math.log(ORDER_PRIOR[order] / choose(space.factors.length, order));
  return conjunction.reduce((sum, set) => sum + logPriorOfSet(space, set), prior);
}

function* combine(
  sets: readonly (readonly WeighedSet[])[],
  order: number,
  from: number,
  chosen: Weighed,
): Generator<Weighed> {
  if (chosen.conjunction.length === order) {
    yield chosen;
    return;
  }
  for (let factor = from; factor < sets.length; factor++) {
    for (const { set, logPrior } of sets[factor] as readonly WeighedSet[]) {
      const conjunction = [...chosen.conjunction, set];
      yield* combine(sets, order, factor + 1, {
        conjunction,
        logPrior: chosen.logPrior + logPrior,
      });
    }
  }
}

/** How many conjunctions of one to three of these there are. */
function combinations(sizes: readonly number[]): number {
  let [triples, pairs, singles] = [0, 0, 0];
  for (const size of sizes) {
    triples += pairs * size;
    pairs += singles * size;
    singles += size;
  }
  return singles + pairs + triples;
}

function choose(n: number, k: number): number {
  let product = 1;
  for (let at = 0; at < k; at++) product *= (n - at) / (at + 1);
  return product;
}
