// Hunts over plans, causes and rates that a seed draws: with holes in the plan, dear factors,
// unknown outcomes, and outcomes that come in another order than they were asked for. Each must
// come to an end, and what it says must be true of the cells.

import { beforeAll, describe, expect, test } from 'vitest';
import { createRng, type Rng } from '../../../src/base/rng.ts';
import type { Level, Levels } from '../../../src/domain/cell.ts';
import type { IsolationFacts } from '../../../src/domain/isolation.ts';
import { conclude } from '../../../src/isolate/conclude.ts';
import { Isolator } from '../../../src/isolate/isolator.ts';
import { expectGrounds } from './grounds.ts';
import { causesOf, type VirtualPlan, virtualPlan } from './virtual-plan.ts';

interface Scene {
  readonly plan: VirtualPlan;
  /** The levels without which nothing fails. */
  readonly truth: Levels;
  readonly rate: number;
  /** Share of trials from which nothing may be concluded. */
  readonly unknown: number;
  /** Trials that are under way at a time. */
  readonly lag: number;
}

const TRIALS_MAX = 4000;

function sceneOf(rng: Rng): Scene {
  const levels: Record<string, readonly Level[]> = {};
  const factors = rng.integer(1, 3);
  for (let factor = 0; factor < factors; factor++) {
    levels[`f${factor}`] = Array.from({ length: rng.integer(2, 3) }, (_, level) => level);
  }
  const names = Object.keys(levels);
  const holes = rng.uniform() < 0.5 ? 0.2 : 0;
  const plan = virtualPlan(levels, {
    ordered: names.filter(() => rng.uniform() < 0.4),
    cost: rng.uniform() < 0.3 ? { f0: 50 } : {},
    // The first of all cells is always there.
    where: (cell) => rng.uniform() >= holes || Object.values(cell).every((level) => level === 0),
  });
  const truth = names
    .filter(() => rng.uniform() < 0.5)
    .map((name) => [name, rng.pick(levels[name] as readonly Level[])]);
  return {
    plan,
    truth: Object.fromEntries(truth),
    rate: rng.pick([0.9, 0.5, 0.2]),
    unknown: rng.uniform() < 0.3 ? 0.2 : 0,
    lag: rng.uniform() < 0.3 ? 4 : 0,
  };
}

const isGuilty = (levels: Levels, { truth }: Scene) =>
  Object.entries(truth).every(([factor, level]) => levels[factor] === level);

function hunt(scene: Scene, rng: Rng): { isolator: Isolator; facts: IsolationFacts } {
  const isolator = new Isolator(scene.plan.space, rng.fork('isolator'));
  const under: number[] = [];
  for (let trial = 0; trial < TRIALS_MAX && !isolator.isSettled; trial++) {
    const cell = isolator.next();
    expect(scene.plan.cells[cell]).toBeDefined();
    under.push(cell);
    if (under.length <= scene.lag) continue;
    const [ended] = under.splice(rng.integer(0, under.length - 1), 1) as [number];
    const { levels } = scene.plan.cells[ended] as { levels: Levels };
    const failed = isGuilty(levels, scene) && rng.uniform() < scene.rate;
    isolator.learn(ended, rng.uniform() < scene.unknown ? null : failed);
  }
  return { isolator, facts: conclude(isolator, true) };
}

/** Cells that fail and are in no cause of the claim. */
function unexplained(scene: Scene, { causes }: IsolationFacts): Levels[] {
  return scene.plan.cells
    .map(({ levels }) => levels)
    .filter(
      (levels) =>
        isGuilty(levels, scene) &&
        !causes.some(({ literals }) =>
          literals.every(({ factor, levels: all }) => all.includes(levels[factor] as Level)),
        ),
    );
}

describe('hunts that a seed draws', () => {
  const SEEDS = Array.from({ length: 100 }, (_, seed) => `scene ${seed}`);
  const outcomes: (ReturnType<typeof hunt> & { seed: string; scene: Scene })[] = [];

  beforeAll(() => {
    for (const seed of SEEDS) {
      const rng = createRng(seed);
      const scene = sceneOf(rng.fork('scene'));
      outcomes.push({ seed, scene, ...hunt(scene, rng.fork('hunt')) });
    }
  });

  test('each comes to an end, if anything fails', () => {
    const open = outcomes.flatMap(({ seed, scene, isolator }) => {
      const fails = scene.plan.cells.some(({ levels }) => isGuilty(levels, scene));
      const varies = scene.plan.cells.length > 1;
      return fails && varies && !isolator.isSettled ? [`${seed}: ${isolator.stage}`] : [];
    });
    expect(open).toEqual([]);
  });

  test('no claim says more than its counts allow', () => {
    for (const { facts } of outcomes) expectGrounds(facts);
  });

  test('what is needed is needed: no cell outside of such a claim fails', () => {
    const wrong = outcomes.flatMap(({ seed, scene, facts }) => {
      if (facts.claim !== 'needs' && facts.claim !== 'any-of') return [];
      const missed = unexplained(scene, facts);
      return missed.length > 0 ? [`${seed}: ${causesOf(facts)}, not ${missed.length} cells`] : [];
    });
    expect(wrong).toEqual([]);
  });

  test('nearly all claims are made, and hold just the cells that fail', () => {
    const exact = outcomes.filter(({ scene, facts }) => {
      if (facts.claim === 'none' || facts.claim === 'raises') return false;
      const held = scene.plan.cells.filter(({ levels }) => {
        return facts.causes.some(({ literals }) =>
          literals.every(({ factor, levels: all }) => all.includes(levels[factor] as Level)),
        );
      });
      const guilty = scene.plan.cells.filter(({ levels }) => isGuilty(levels, scene));
      return held.length === guilty.length && unexplained(scene, facts).length === 0;
    });
    expect(exact.length).toBeGreaterThan(0.75 * SEEDS.length);
  });
});
