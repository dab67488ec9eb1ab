// A plan as a person would have written it, of what the program put together by itself: the file
// from which a proof or a smaller trial can be hunted again.

import { BUILT_ON } from '../domain/build.ts';
import type { Levels } from '../domain/cell.ts';
import type { Arm, FactorDeclaration, Plan, PlantedFault } from '../domain/plan.ts';
import type { Workload } from '../domain/workload.ts';
import type { PlanInput } from './define-plan.ts';
import { levelText } from './level.ts';

/** An arm with this one cell; its place is no factor of an arm. */
export function armOf({ workload, place: _place, ...factors }: Levels): Arm {
  return {
    workload: String(workload),
    factors: Object.fromEntries(Object.entries(factors).map(([name, level]) => [name, [level]])),
    constraints: [],
  };
}

/** `normalisePlan` makes the same plan of it again. */
export function planFile(plan: Plan, workloads: readonly Workload[]): PlanInput {
  const { forMs, trials, findings, isolated } = plan.stop;
  return {
    name: plan.name,
    places: plan.places,
    arms: plan.arms.map((arm) => armInput(arm, workloads)),
    ...(plan.builds === undefined ? {} : { builds: buildInputs(plan.builds) }),
    ...(plan.labels && { labels: lists(plan.labels) }),
    ...(plan.faults && { faults: plan.faults.map(faultInput) }),
    expect: [...plan.expectations],
    ...(plan.tolerated && { tolerate: [...plan.tolerated] }),
    schedule: plan.schedule,
    stop: {
      ...(forMs === null ? {} : { for: `${forMs}ms` }),
      ...(trials === null ? {} : { trials }),
      ...(findings === null ? {} : { findings }),
      // Of a proof it means its own rule; a balanced hunt of the same cells knows none.
      ...(isolated && plan.schedule !== 'balanced' ? { isolated } : {}),
    },
  };
}

const lists = (levels: NonNullable<Plan['labels']>) =>
  Object.fromEntries(Object.entries(levels).map(([name, list]) => [name, [...list]]));

function faultInput({ fault, ...when }: PlantedFault): NonNullable<PlanInput['faults']>[number] {
  return { ...fault, kind: String(fault.kind), ...when };
}

/** With the directory from which their paths are meant, since this file may lie elsewhere. */
function buildInputs(builds: NonNullable<Plan['builds']>): NonNullable<PlanInput['builds']> {
  return Object.fromEntries(
    Object.entries(builds).map(([name, { sources, command, factors, directory }]) => {
      const { [BUILT_ON]: host, ...others } = factors;
      const lists = Object.entries(others).map(([factor, levels]) => [factor, [...levels]]);
      const written = { sources: [...sources], command, factors: Object.fromEntries(lists) };
      return [name, { ...written, directory, ...(host && { host: [...host] }) }];
    }),
  );
}

/** Sizes and durations are written with their unit; a count is a number. */
function isMeasure(declaration: FactorDeclaration | undefined): boolean {
  return declaration?.kind === 'size' || declaration?.kind === 'duration';
}

function armInput(arm: Arm, workloads: readonly Workload[]): PlanInput['arms'][number] {
  const declared = workloads.find(({ name }) => name === arm.workload)?.factors ?? [];
  const factors = Object.entries(arm.factors).map(([name, levels]) => {
    const declaration = declared.find((each) => each.name === name);
    const texts = levels.map((level) =>
      isMeasure(declaration) ? levelText(declaration, level) : level,
    );
    return [name, texts.length === 1 && texts[0] !== undefined ? texts[0] : texts] as const;
  });
  const constraints = arm.constraints.length > 0 ? { constraints: [...arm.constraints] } : {};
  return { workload: arm.workload, factors: Object.fromEntries(factors), ...constraints };
}
