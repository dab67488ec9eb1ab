// A plan as a person writes it, in TypeScript or JSON, and the check that turns it into the
// normalised form. Every message names the field and the likely mistake.

import { z } from 'zod';
import { parseDuration } from '../base/quantities.ts';
import type { Level } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { type Arm, type Plan, SCHEDULES } from '../domain/plan.ts';
import { type Expectation, PROMISES } from '../domain/promise.ts';
import type { Workload } from '../domain/workload.ts';
import { buildFactors, buildSchema, normaliseBuilds } from './builds.ts';
import { parseConstraint } from './constraint.ts';
import { labelsSchema, normaliseLabels } from './labels.ts';
import { parseLevel } from './level.ts';
import { nearest } from './nearest.ts';
import { normalisePlanted, plantedSchema } from './planted.ts';

const levelSchema = z.union([z.string(), z.number(), z.boolean()]);

const armSchema = z.strictObject({
  workload: z.string(),
  /** A single level may stand without its list. */
  factors: z.record(z.string(), z.union([levelSchema, z.array(levelSchema).min(1)])).default({}),
  constraints: z.array(z.string()).default([]),
});

const stopSchema = z.strictObject({
  for: z.string().optional(),
  trials: z.int().positive().optional(),
  findings: z.int().positive().optional(),
  isolated: z.boolean().optional(),
});

const expectationSchema = z.strictObject({
  promise: z.enum(PROMISES),
  source: z.enum(['POSIX', 'manual', 'protocol', 'design']).default('design'),
});

const planSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1).max(80),
  places: z.record(z.string(), z.string()).optional(),
  arms: z.array(armSchema).min(1),
  builds: z.record(z.string(), buildSchema).optional(),
  /** Factors that only name what a trial ran on or with. */
  labels: labelsSchema.optional(),
  /** Damage that is planted on purpose, to see whether it is found. */
  faults: z.array(plantedSchema).optional(),
  /** Operation and error of calls that may fail: `write EROFS`. */
  tolerate: z
    .array(z.string().regex(/^\w+ [\w-]+$/, 'not an operation and its error (as "write EROFS")'))
    .optional(),
  expect: z.array(expectationSchema).optional(),
  schedule: z.enum(SCHEDULES).default('adaptive'),
  stop: stopSchema.default({}),
});

/** What a plan file holds. */
export type PlanInput = z.input<typeof planSchema>;

/** Gives a plan file in TypeScript its types: `export default definePlan({...})`. */
export function definePlan(plan: PlanInput): PlanInput {
  return plan;
}

/**
 * Checks a plan and brings it into its normalised form.
 * @param source name of the file or preset, for messages
 * @throws HeisenwriteError `invalid-plan`, `unknown-factor`, `unknown-level`, `invalid-size`
 */
export function normalisePlan(
  input: unknown,
  source: string,
  workloads: readonly Workload[],
): Plan {
  const parsed = planSchema.safeParse(input);
  if (!parsed.success) {
    const issue = parsed.error.issues[0] as z.core.$ZodIssue;
    throw new HeisenwriteError('invalid-plan', `${source}: ${issueWords(issue)}`);
  }
  const plan = parsed.data;
  const taken = ['workload', 'place', ...workloads.flatMap(factorNames)];
  const builds = normaliseBuilds(plan.builds ?? {}, source, taken);
  const ofBuilds = Object.values(builds).flatMap((build) => Object.keys(build.factors));
  const labels = normaliseLabels(plan.labels ?? {}, source, [...taken, ...ofBuilds]);
  const arms = plan.arms.map((arm, index) =>
    normaliseArm(arm, `${source}: arms[${index}]`, workloads, { builds, labels }),
  );
  return {
    name: plan.name,
    places: plan.places ?? {},
    arms,
    ...(plan.builds === undefined ? {} : { builds }),
    ...(plan.labels === undefined ? {} : { labels }),
    ...(plan.faults && { faults: normalisePlanted(plan.faults, arms, workloads) }),
    expectations: plan.expect ?? usualExpectations(arms, workloads),
    ...(plan.tolerate && { tolerated: plan.tolerate }),
    schedule: plan.schedule,
    stop: {
      forMs: plan.stop.for === undefined ? null : duration(plan.stop.for, `${source}: stop.for`),
      trials: plan.stop.trials ?? null,
      findings: plan.stop.findings ?? null,
      isolated: plan.stop.isolated ?? false,
    },
  };
}

/** Of a plan that names none: a channel says itself what it promises, and reads nothing back. */
function usualExpectations(arms: readonly Arm[], workloads: readonly Workload[]): Expectation[] {
  const promisesItself = arms.every((arm) =>
    workloads.some(({ name, promisesItself: itself }) => name === arm.workload && itself),
  );
  return promisesItself ? [] : [{ promise: 'read-back', source: 'POSIX' }];
}

function issueWords(issue: z.core.$ZodIssue): string {
  const path = issue.path.map((part) =>
    typeof part === 'number' ? `[${part}]` : `.${String(part)}`,
  );
  const where = path.join('').replace(/^\./, '') || 'the plan';
  if (issue.code === 'unrecognized_keys') {
    const known = knownFields(issue.path[0]);
    const key = issue.keys[0] as string;
    const near = nearest(key, known);
    return (
      `${where} has the unknown field "${key}"${near ? `; did you mean "${near}"?` : ''} ` +
      `(fields: ${known.join(', ')})`
    );
  }
  if (issue.code === 'invalid_union') {
    return `${where}: not a level or a list of levels (as "4KiB", 2, true, ["4KiB", "16KiB"])`;
  }
  return `${where}: ${issue.message}`;
}

function knownFields(first: PropertyKey | undefined): string[] {
  switch (first) {
    case 'arms':
      return Object.keys(armSchema.shape);
    case 'stop':
      return Object.keys(stopSchema.shape);
    case 'builds':
      return Object.keys(buildSchema.shape);
    case 'expect':
      return Object.keys(expectationSchema.shape);
    default:
      return Object.keys(planSchema.shape);
  }
}

function normaliseArm(
  arm: z.output<typeof armSchema>,
  where: string,
  workloads: readonly Workload[],
  { builds, labels }: Required<Pick<Plan, 'builds' | 'labels'>>,
): Arm {
  const workload = workloads.find((each) => each.name === arm.workload);
  if (!workload) {
    const names = workloads.map((each) => each.name);
    const near = nearest(arm.workload, names);
    throw new HeisenwriteError(
      'invalid-plan',
      `${where}.workload: there is no workload "${arm.workload}"` +
        `${near ? `; did you mean "${near}"?` : ''} (workloads: ${names.join(', ')})`,
    );
  }
  const writtenLevels = Object.values(arm.factors).flat();
  const ofBuilds = buildFactors(writtenLevels, builds, `${where}.factors`);
  const factors: Record<string, readonly Level[]> = {};
  for (const [name, written] of Object.entries(arm.factors)) {
    const list = Array.isArray(written) ? written : [written];
    if (ofBuilds[name] || labels[name]) {
      factors[name] = [...new Set(list.map(String))];
      continue;
    }
    const declaration = findFactor(workload, name, where);
    const levels = list.map((level) => parseLevel(declaration, level, `${where}.factors.${name}`));
    factors[name] = [...new Set(levels)];
  }
  const added = { ...ofBuilds, ...labels };
  for (const [name, levels] of Object.entries(added)) factors[name] ??= levels;
  const absent = workload.factors.find(({ name, required }) => required && !(name in factors));
  if (absent) {
    throw new HeisenwriteError(
      'invalid-plan',
      `${where}.factors: workload ${workload.name} needs ${absent.name}, ${absent.about}`,
    );
  }
  const names = [...factorNames(workload), ...Object.keys(added)];
  for (const text of arm.constraints) parseConstraint(text, names);
  return { workload: arm.workload, factors, constraints: arm.constraints };
}

const factorNames = (workload: Workload) => workload.factors.map((factor) => factor.name);

/** @throws HeisenwriteError `unknown-factor` with the factors there are. */
export function findFactor(workload: Workload, name: string, where: string) {
  const declaration = workload.factors.find((factor) => factor.name === name);
  if (declaration) return declaration;
  const names = workload.factors.map((factor) => factor.name);
  const near = nearest(name, names);
  throw new HeisenwriteError(
    'unknown-factor',
    `${where}: workload ${workload.name} has no factor "${name}"` +
      `${near ? `; did you mean "${near}"?` : ''} (factors: ${names.join(', ')})`,
  );
}

/** @throws HeisenwriteError `invalid-duration` */
export function duration(text: string, where: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms <= 0) {
    throw new HeisenwriteError('invalid-duration', `${where}: "${text}" is not a duration`);
  }
  return ms;
}
