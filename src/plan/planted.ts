// The faults that a plan plants, as a person writes them: the keys of a fault beside `where`, the
// cells in which it is planted, in the grammar of constraints, and `chance`, in how many of their
// trials.

import { z } from 'zod';
import type { Levels } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { faultOf, parseProbability } from '../domain/fault-grammar.ts';
import type { Arm, PlantedFault } from '../domain/plan.ts';
import type { Workload } from '../domain/workload.ts';
import { parseConstraint } from './constraint.ts';
import { completeLevels } from './expand.ts';

export const plantedSchema = z
  .object({
    kind: z.string(),
    where: z.string().optional(),
    chance: z.union([z.string(), z.number()]).optional(),
  })
  .catchall(z.union([z.string(), z.number()]));

/** @throws HeisenwriteError `invalid-fault`; `invalid-plan` for a `where` that names no factor */
export function normalisePlanted(
  written: readonly z.output<typeof plantedSchema>[],
  arms: readonly Arm[],
  workloads: readonly Workload[],
): PlantedFault[] {
  const factors = [...new Set(arms.flatMap((arm) => factorNames(arm, workloads)))];
  return written.map(({ where, chance, ...fault }) => {
    if (where !== undefined) parseConstraint(where, factors);
    faultOf(fault);
    return {
      fault,
      ...(where !== undefined && { where }),
      ...(chance !== undefined && { chance: probability(chance) }),
    };
  });
}

function probability(written: string | number): number {
  const value = parseProbability(String(written));
  if (value !== null) return value;
  const message = `chance: "${written}" is not a probability above 0 and at most 1 (as 1/300)`;
  throw new HeisenwriteError('invalid-fault', message);
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
