// What may be tried to make a trial cheaper, or its failure more frequent, as the workload declares
// it: which levels of which factor, and the cells that all of them together make.

import type { Level, Levels } from '../domain/cell.ts';
import type { Literal } from '../domain/isolation.ts';
import type { Arm, FactorDeclaration } from '../domain/plan.ts';
import type { ShrinkAim, ShrinkStep } from '../domain/shrink.ts';
import type { Workload } from '../domain/workload.ts';
import { parseConstraint } from './constraint.ts';
import { completeLevels } from './expand.ts';

/** Provocations are tried at so many levels. */
const STRONGER_LEVELS_MAX = 2;
/** A longer pause than this costs more trials than it can win. */
const PAUSE_MS_MAX = 100;
/** The smallest piece of a write that is tried; bytes. */
const PIECE_BYTES_MIN = 512;
/** More cells only make the hunt's plan large: then every second level is left out. */
const CELLS_MAX = 3000;

/**
 * Shorter trials first, because a trial that always fails hides what else would make it fail; then
 * provocations; then everything else that makes it cheaper.
 * @param levels of the cell that fails, every factor of the workload
 * @param claim a factor that it names keeps to the levels that it names
 */
export function shrinkSteps(
  levels: Levels,
  workload: Workload,
  claim: readonly Literal[],
): ShrinkStep[] {
  const names = workload.factors.map(({ name }) => name);
  const step = (factor: FactorDeclaration, aim: ShrinkAim, tried: readonly Level[]) => {
    const named = claim.find((literal) => literal.factor === factor.name);
    const allowed = tried.filter((level) => named === undefined || named.levels.includes(level));
    return allowed.length > 0 ? [{ factor: factor.name, aim, levels: allowed }] : [];
  };
  const cheaper = (factors: readonly FactorDeclaration[]) =>
    factors.flatMap((factor) =>
      step(factor, 'cheaper', smallerLevels(factor, Number(levels[factor.name]))),
    );
  const shrinking = workload.factors.filter(({ shrinks }) => shrinks === true);
  const provoking = workload.factors.filter(({ provokes }) => {
    if (provokes === undefined) return false;
    return !provokes.where || parseConstraint(provokes.where, names).holds(levels);
  });
  return [
    ...cheaper(shrinking.filter(({ kind }) => kind === 'duration')),
    ...provoking.flatMap((factor) =>
      step(factor, 'stronger', strongerLevels(factor, Number(levels[factor.name]))),
    ),
    ...cheaper(shrinking.filter(({ kind }) => kind !== 'duration')),
  ];
}

/** The arm whose cells are all combinations of these steps; steps of too many are thinned out. */
export function shrinkArm(
  start: Levels,
  workload: Workload,
  steps: readonly ShrinkStep[],
  constraints: readonly string[],
): { readonly arm: Arm; readonly steps: readonly ShrinkStep[] } {
  // Those that do nothing would only make every command longer.
  const idle = new Set(
    workload.factors.filter(({ check }) => check).map((each) => `${each.name}=${each.fallback}`),
  );
  const { workload: name, place: _place, ...levels } = completeLevels(start, workload);
  const factors = Object.fromEntries(
    Object.entries(levels).flatMap(([factor, level]) => {
      const tried = steps.filter((step) => step.factor === factor).flatMap((step) => step.levels);
      const isIdle = tried.length === 0 && idle.has(`${factor}=${level}`);
      return isIdle ? [] : [[factor, [...new Set([level, ...tried])]]];
    }),
  );
  const cells = Object.values(factors).reduce((product, each) => product * each.length, 1);
  if (cells > CELLS_MAX) {
    const thinner = thinned(steps);
    if (thinner.some((step, at) => step.levels.length < (steps[at]?.levels.length ?? 0))) {
      return shrinkArm(start, workload, thinner, constraints);
    }
  }
  return { arm: { workload: String(name), factors, constraints }, steps };
}

/** Every second level of the longest steps; the last one stays, since it is the cheapest. */
function thinned(steps: readonly ShrinkStep[]): ShrinkStep[] {
  const longest = Math.max(...steps.map(({ levels }) => levels.length));
  return steps.map((step) => {
    if (step.levels.length < longest) return step;
    const last = step.levels.length - 1;
    return { ...step, levels: step.levels.filter((_, at) => (last - at) % 2 === 0) };
  });
}

/** Halves, down to the least that the workload takes; from the greatest to the smallest. */
function smallerLevels({ min = 0 }: FactorDeclaration, start: number): number[] {
  const least = Math.max(1, min);
  const levels: number[] = [];
  for (let level = start; level > least; ) {
    level = Math.max(least, Math.floor(level / 2));
    levels.push(level);
  }
  return levels;
}

/** From the weakest to the strongest. */
function strongerLevels(factor: FactorDeclaration, start: number): number[] {
  const { kind, provokes, max = Number.MAX_SAFE_INTEGER } = factor;
  const least = Math.max(PIECE_BYTES_MIN, factor.min ?? 0);
  const levels: number[] = [];
  for (let level = start; levels.length < STRONGER_LEVELS_MAX; ) {
    if (provokes?.toward === 'smaller') level = Math.floor(level / 4);
    else level = kind === 'duration' ? Math.max(1, level * 4) : level * 2;
    const most = kind === 'duration' ? Math.min(max, PAUSE_MS_MAX) : max;
    if (level > most || (provokes?.toward === 'smaller' && level < least)) break;
    levels.push(level);
  }
  return levels;
}
