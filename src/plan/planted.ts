// The faults that a plan plants, as a person writes them: the keys of a fault beside `where`, the
// cells in which it is planted, in the grammar of constraints.

import { z } from 'zod';
import type { Levels } from '../domain/cell.ts';
import { faultOf } from '../domain/fault-grammar.ts';
import type { Arm, PlantedFault } from '../domain/plan.ts';
import type { Workload } from '../domain/workload.ts';
import { parseConstraint } from './constraint.ts';
import { completeLevels } from './expand.ts';

export const plantedSchema = z
  .object({ kind: z.string(), where: z.string().optional() })
  .catchall(z.union([z.string(), z.number()]));

/** @throws HeisenwriteError `invalid-fault`; `invalid-plan` for a `where` that names no factor */
export function normalisePlanted(
  written: readonly z.output<typeof plantedSchema>[],
  arms: readonly Arm[],
  workloads: readonly Workload[],
): PlantedFault[] {
  const factors = [...new Set(arms.flatMap((arm) => factorNames(arm, workloads)))];
  return written.map(({ where, ...fault }) => {
    if (where !== undefined) parseConstraint(where, factors);
    faultOf(fault);
    return { fault, ...(where !== undefined && { where }) };
  });
}

function factorNames({ workload, factors }: Arm, workloads: readonly Workload[]): string[] {
  const declared = workloads.find(({ name }) => name === workload)?.factors ?? [];
  return [...declared.map(({ name }) => name), ...Object.keys(factors)];
}

/** Whether it is planted in a trial of these levels. */
export function isPlantedIn({ where }: PlantedFault, levels: Levels, workload: Workload): boolean {
  if (where === undefined) return true;
  const complete = completeLevels(levels, workload);
  return parseConstraint(where, Object.keys(complete)).holds(complete);
}
