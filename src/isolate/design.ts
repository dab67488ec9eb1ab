// Which trials tell the hypotheses apart: around a failing cell each factor is kept, drawn at
// random or forced to another level. The design with the largest expected information for its cost
// is taken (Lindley, Annals of Mathematical Statistics 27, 1956; here per batch of trials).

import type { Rng } from '../base/rng.ts';
import type { LevelSet } from './conjunction.ts';
import type { FactorSpace } from './factor-space.ts';
import type { Belief } from './posterior.ts';

/** What a design does with a factor of the anchor cell: keep its level, any, or another. */
const KEEP = 0;
const RANDOM = 1;
const TREATMENTS = 3;
/**
 * Up to so many factors every design is weighed; beyond, single changes are made until none helps.
 */
const EXHAUSTIVE_FACTORS_MAX = 6;

/** Hypotheses less probable than this decide no design. */
const LIKELY = 0.002;
/**
 * What a factor drawn at random is worth beside its information: such trials also look where a
 * second cause might be.
 */
const SPREAD_BONUS = 0.03;

export interface Design {
  /** The failing cell around which it is drawn. */
  readonly anchor: number;
  /** By factor: 0 keep, 1 random, 2 different. */
  readonly treatments: Uint8Array;
}

/** The best design around `anchor` among those that some cell of the plan can serve. */
export function bestDesign(
  space: FactorSpace,
  anchor: number,
  beliefs: readonly Belief[],
  batch: number,
): Design {
  const likely = beliefs.filter(({ probability }) => probability >= LIKELY);
  const weigher = new DesignWeigher(space, anchor, likely, batch);
  const count = space.factors.length;
  const treatments =
    count <= EXHAUSTIVE_FACTORS_MAX ? exhaustive(weigher, count) : ascent(weigher, count);
  return { anchor, treatments };
}

/** Cells of the plan that the design may draw; empty where constraints leave none. */
export function designCells(space: FactorSpace, { anchor, treatments }: Design): number[] {
  const cells: number[] = [];
  const count = space.factors.length;
  next: for (let cell = 0; cell < space.cellCount; cell++) {
    for (let factor = 0; factor < count; factor++) {
      const treatment = treatments[factor];
      if (treatment === RANDOM) continue;
      const same = space.levelOf(cell, factor) === space.levelOf(anchor, factor);
      if (same !== (treatment === KEEP)) continue next;
    }
    cells.push(cell);
  }
  return cells;
}

/** `size` cells of the design, each once before any a second time. */
export function drawCells(cells: readonly number[], size: number, rng: Rng): number[] {
  const drawn: number[] = [];
  while (drawn.length < size) drawn.push(...rng.shuffle(cells).slice(0, size - drawn.length));
  return drawn;
}

class DesignWeigher {
  private readonly shares: Float64Array[];
  private readonly probabilities: Float64Array;
  private readonly inside: Float64Array;
  private readonly outside: Float64Array;
  private readonly factors: Int32Array[];
  private readonly costs: number[][];
  private readonly batch: number;

  constructor(space: FactorSpace, anchor: number, beliefs: readonly Belief[], batch: number) {
    this.batch = batch;
    this.probabilities = Float64Array.from(beliefs, ({ probability }) => probability);
    this.inside = Float64Array.from(beliefs, ({ inside }) => inside);
    this.outside = Float64Array.from(beliefs, ({ outside }) => outside);
    this.factors = beliefs.map(({ conjunction }) =>
      Int32Array.from(conjunction, ({ factor }) => factor),
    );
    this.shares = beliefs.map(({ conjunction }) =>
      Float64Array.from(conjunction.flatMap((set) => sharesOf(space, anchor, set))),
    );
    this.costs = space.factors.map(({ cost = 0, levels }) => [
      0,
      cost * Math.min(batch, levels.length),
      cost * Math.min(batch, levels.length - 1),
    ]);
  }

  /** Expected information of one trial in nats, for what the batch costs. */
  worth(treatments: Uint8Array): number {
    let mean = 0;
    let known = 0;
    for (let at = 0; at < this.probabilities.length; at++) {
      const factors = this.factors[at] as Int32Array;
      const shares = this.shares[at] as Float64Array;
      let share = 1;
      for (let literal = 0; literal < factors.length; literal++) {
        const treatment = treatments[factors[literal] as number] as number;
        share *= shares[literal * TREATMENTS + treatment] as number;
      }
      const [p, q] = [this.inside[at] as number, this.outside[at] as number];
      const rate = share * p + (1 - share) * q;
      const probability = this.probabilities[at] as number;
      mean += probability * rate;
      known += probability * entropy(rate);
    }
    const cost = this.costs.reduce(
      (sum, costs, factor) => sum + (costs[treatments[factor] as number] as number),
      0,
    );
    let spread = 1;
    for (let factor = 0; factor < treatments.length; factor++) {
      if (treatments[factor] === RANDOM) spread += SPREAD_BONUS;
    }
    return (spread * (entropy(mean) - known)) / (1 + cost / this.batch);
  }
}

/** The share of a factor's draws that fall into the set, for each treatment. */
function sharesOf(space: FactorSpace, anchor: number, { factor, member, size }: LevelSet) {
  const holds = member[space.levelOf(anchor, factor)] === 1 ? 1 : 0;
  const count = space.levelCount(factor);
  return [holds, size / count, (size - holds) / (count - 1)];
}

function entropy(rate: number): number {
  if (rate <= 0 || rate >= 1) return 0;
  return -rate * Math.log(rate) - (1 - rate) * Math.log1p(-rate);
}

function exhaustive(weigher: DesignWeigher, factors: number): Uint8Array {
  const treatments = new Uint8Array(factors);
  let best = treatments.slice();
  let bestWorth = Number.NEGATIVE_INFINITY;
  for (let code = 0; code < TREATMENTS ** factors; code++) {
    let rest = code;
    for (let factor = 0; factor < factors; factor++) {
      treatments[factor] = rest % TREATMENTS;
      rest = Math.floor(rest / TREATMENTS);
    }
    const worth = weigher.worth(treatments);
    if (worth <= bestWorth) continue;
    bestWorth = worth;
    best = treatments.slice();
  }
  return best;
}

/** From each of a few starts, one factor at a time, until no change of one factor helps. */
function ascent(weigher: DesignWeigher, factors: number): Uint8Array {
  let best = new Uint8Array(factors);
  let bestWorth = Number.NEGATIVE_INFINITY;
  for (const start of [KEEP, RANDOM]) {
    const treatments = new Uint8Array(factors).fill(start);
    let worth = weigher.worth(treatments);
    for (let improved = true; improved; ) {
      improved = false;
      for (let factor = 0; factor < factors; factor++) {
        const before = treatments[factor] as number;
        let kept = before;
        for (let treatment = 0; treatment < TREATMENTS; treatment++) {
          treatments[factor] = treatment;
          const changed = weigher.worth(treatments);
          if (changed <= worth * (1 + 1e-9)) continue;
          [worth, kept, improved] = [changed, treatment, true];
        }
        treatments[factor] = kept;
      }
    }
    if (worth > bestWorth) [best, bestWorth] = [treatments.slice(), worth];
  }
  return best;
}
