// From a plan to its cells: for each arm the product of its levels, less what constraints forbid.

import type { Cell, Level, Levels } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { Arm, Plan } from '../domain/plan.ts';
import type { Workload } from '../domain/workload.ts';
import { parseConstraint } from './constraint.ts';

/** More cells than this are a mistake in a plan, not a plan. */
const CELLS_MAX = 1_000_000;

/**
 * The cells in a stable order: arms as written, first factor slowest. A cell's levels are the
 * workload, the place where there are several, and the factors that the workload's arms name.
 * @throws HeisenwriteError `impossible-constraint` when an arm is left without a cell
 */
export function expandPlan(
  plan: Pick<Plan, 'places' | 'arms'>,
  workloads: readonly Workload[],
): Cell[] {
  const places = Object.keys(plan.places);
  const cells: Cell[] = [];
  for (const arm of plan.arms) {
    const workload = workloads.find((each) => each.name === arm.workload) as Workload;
    const factors = { ...fallbacksNamedElsewhere(plan, workload), ...arm.factors };
    for (const levels of armLevels({ ...arm, factors }, workload, places))
      cells.push({ index: cells.length, levels });
  }
  return cells;
}

/**
 * Arms of one workload name the same factors in their cells, so that cells can be compared: what
 * another arm varies has its default here.
 */
function fallbacksNamedElsewhere(plan: Pick<Plan, 'arms'>, workload: Workload): Arm['factors'] {
  const named = new Set(
    plan.arms
      .filter((arm) => arm.workload === workload.name)
      .flatMap((arm) => Object.keys(arm.factors)),
  );
  const factors = workload.factors.filter((factor) => named.has(factor.name));
  return Object.fromEntries(factors.map((factor) => [factor.name, [factor.fallback]]));
}

/** Levels of a cell with every factor of the workload, defaults filled in. */
export function completeLevels(levels: Levels, workload: Workload): Levels {
  const fallbacks = Object.fromEntries(
    workload.factors.map((factor) => [factor.name, factor.fallback]),
  );
  return { ...fallbacks, ...levels };
}

function armLevels(arm: Arm, workload: Workload, places: readonly string[]): Levels[] {
  const axes: [string, readonly Level[]][] = [
    ['workload', [arm.workload]],
    ...(places.length > 1 ? [['place', places] as [string, readonly Level[]]] : []),
    ...Object.entries(arm.factors),
  ];
  const size = axes.reduce((product, [, levels]) => product * levels.length, 1);
  if (size > CELLS_MAX) {
    throw new HeisenwriteError(
      'invalid-plan',
      `the arm ${arm.workload} has ${size} cells; at most ${CELLS_MAX} are possible`,
    );
  }
  const declared = workload.factors.map((factor) => factor.name);
  const names = [...new Set([...declared, ...Object.keys(arm.factors)])];
  const constraints = [...workload.constraints, ...arm.constraints].map((text) =>
    parseConstraint(text, names),
  );
  const broken = new Map<string, number>();
  const kept = product(axes).filter((levels) => {
    const complete = completeLevels(levels, workload);
    const failing = constraints.find((constraint) => !constraint.holds(complete));
    if (failing) broken.set(failing.text, (broken.get(failing.text) ?? 0) + 1);
    return !failing;
  });
  if (kept.length === 0) {
    const worst = [...broken].sort((a, b) => b[1] - a[1])[0];
    throw new HeisenwriteError(
      'impossible-constraint',
      `the arm ${arm.workload} has no cell left: the constraint "${worst?.[0]}" ` +
        `forbids ${worst?.[1]} of ${size}`,
    );
  }
  return kept;
}

function product(axes: readonly (readonly [string, readonly Level[]])[]): Levels[] {
  let partial: Levels[] = [{}];
  for (const [name, levels] of axes) {
    partial = partial.flatMap((before) => levels.map((level) => ({ ...before, [name]: level })));
  }
  return partial;
}
