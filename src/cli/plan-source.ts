// Where a hunt's plan comes from: a preset, or a file in TypeScript, JavaScript or JSON; and what
// the command line changes in it.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseSize } from '../base/quantities.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import { type Plan, SCHEDULES, type ScheduleName } from '../domain/plan.ts';
import { PROMISES, type PromiseName } from '../domain/promise.ts';
import { schemeOf } from '../medium/media.ts';
import { duration, normalisePlan } from '../plan/define-plan.ts';
import { nearest } from '../plan/nearest.ts';
import { withFactors } from '../plan/only.ts';
import { CLIENT_PRESETS, PRESETS } from '../plan/presets.ts';
import { WORKLOADS } from '../workload/workloads.ts';
import { type CommandOptions, commandPlan, withPaths } from './command-plan.ts';
import { labelPlaces } from './hunt-ground.ts';

const PLAN_EXTENSIONS = ['.json', '.ts', '.mts', '.js', '.mjs'];

export interface PlanOptions extends CommandOptions {
  readonly preset?: string;
  readonly for?: string;
  readonly trials?: string;
  readonly findings?: string;
  readonly factor?: readonly string[];
  readonly expect?: readonly string[];
  readonly schedule?: string;
  readonly untilIsolated?: boolean;
}

/** Of the operands of `hunt`, which are plan files and which are places. */
export function isPlanFile(operand: string): boolean {
  if (!PLAN_EXTENSIONS.includes(extname(operand))) return false;
  return !existsSync(operand) || statSync(operand).isFile();
}

/**
 * @param operands plan files (at most one), directories and URLs; none is the current directory
 * @throws HeisenwriteError with the field, the option or the file that is wrong
 */
export async function planFrom(operands: readonly string[], options: PlanOptions): Promise<Plan> {
  const files = operands.filter(isPlanFile);
  const places = operands.filter((operand) => !isPlanFile(operand));
  if (files.length > 1) {
    throw new HeisenwriteError('invalid-option', `one plan at a time, not ${files.join(' and ')}`);
  }
  const { input, source, here } = await writtenPlan(files[0], places, options);
  const written = normalisePlan(input, source, WORKLOADS);
  const plan = withPaths(withFactors(written, options.factor ?? [], WORKLOADS), here);
  checkIsolated(scheduleOf(plan.schedule, options.schedule), stopOf(plan.stop, options));
  const named = places.length > 0 || Object.keys(plan.places).length === 0;
  return {
    ...plan,
    places: named
      ? labelPlaces(places.length > 0 ? places.map((each) => resolvePlace(each)) : [process.cwd()])
      : plan.places,
    expectations: [...plan.expectations, ...(options.expect ?? []).map(expectation)],
    schedule: scheduleOf(plan.schedule, options.schedule),
    stop: stopOf(plan.stop, options),
  };
}

/** A plan as somebody wrote it, and the directory from which its paths are meant. */
async function writtenPlan(
  file: string | undefined,
  places: readonly string[],
  options: PlanOptions,
): Promise<{ input: unknown; source: string; here: string }> {
  const { preset } = options;
  const commands = commandPlan(options);
  const given = [
    ...(file === undefined ? [] : ['a plan file']),
    ...(preset === undefined ? [] : ['--preset']),
    ...(commands === null ? [] : ['--write']),
  ];
  if (given.length > 1) {
    const words = given.toReversed().join(' and ');
    throw new HeisenwriteError('invalid-option', `${words} exclude each other`);
  }
  if (file !== undefined) {
    return { input: await readPlan(file), source: file, here: dirname(resolve(file)) };
  }
  const here = process.cwd();
  if (commands) return { input: commands, source: 'the command line', here };
  const name = preset ?? 'survey';
  return { input: presetNamed(name, places), source: `preset ${name}`, here };
}

function presetNamed(name: string, places: readonly string[]): unknown {
  const byClient = places.length > 0 && places.every((place) => schemeOf(place) !== null);
  const preset = (byClient ? CLIENT_PRESETS : PRESETS)[name];
  if (preset) return preset;
  const names = Object.keys(PRESETS);
  const near = nearest(name, names);
  throw new HeisenwriteError(
    'invalid-option',
    `there is no preset "${name}"${near ? `; did you mean "${near}"?` : ''} ` +
      `(presets: ${names.join(', ')})`,
  );
}

/** A plan file as it stands, for where no option may change it. @throws HeisenwriteError */
export async function planInFile(path: string): Promise<Plan> {
  const plan = normalisePlan(await readPlan(path), path, WORKLOADS);
  return withPaths(plan, dirname(resolve(path)));
}

async function readPlan(path: string): Promise<unknown> {
  if (!existsSync(path)) throw new HeisenwriteError('no-such-file', `there is no plan ${path}`);
  try {
    if (extname(path) === '.json') return JSON.parse(readFileSync(path, 'utf8'));
    const module: { default?: unknown } = await import(pathToFileURL(resolve(path)).href);
    if (module.default !== undefined) return module.default;
  } catch (error) {
    const message = (error as Error).message.split('\n')[0];
    throw new HeisenwriteError('invalid-plan', `${path} cannot be read as a plan: ${message}`);
  }
  throw new HeisenwriteError('invalid-plan', `${path} has no default export that is a plan`);
}

function resolvePlace(place: string): string {
  if (place === '') throw new HeisenwriteError('no-such-place', 'the name of a place is empty');
  return schemeOf(place) === null ? resolve(place) : place;
}

function expectation(name: string): Plan['expectations'][number] {
  if ((PROMISES as readonly string[]).includes(name)) {
    return { promise: name as PromiseName, source: 'design' };
  }
  const near = nearest(name, PROMISES);
  throw new HeisenwriteError(
    'invalid-option',
    `--expect: there is no promise "${name}"${near ? `; did you mean "${near}"?` : ''} ` +
      `(promises: ${PROMISES.join(', ')})`,
  );
}

/** A limit on the command line replaces the plan's; `--trials` alone replaces its time too. */
export function stopOf(stop: Plan['stop'], options: PlanOptions): Plan['stop'] {
  const trials =
    options.trials === undefined ? stop.trials : wholeNumber(options.trials, '--trials');
  const onlyTrials = options.trials !== undefined && options.for === undefined;
  return {
    forMs:
      options.for === undefined ? (onlyTrials ? null : stop.forMs) : duration(options.for, '--for'),
    trials,
    findings:
      options.findings === undefined ? stop.findings : wholeNumber(options.findings, '--findings'),
    isolated: options.untilIsolated ?? stop.isolated,
  };
}

/** A balanced hunt isolates nothing while it runs, so it would never stop for that. */
function checkIsolated(schedule: ScheduleName, { isolated }: Plan['stop']): void {
  if (!isolated || schedule !== 'balanced') return;
  throw new HeisenwriteError(
    'invalid-option',
    'a hunt with the schedule balanced never ends because the failures are isolated',
    { remedy: 'leave out --until-isolated (stop.isolated), or the schedule balanced' },
  );
}

function scheduleOf(planned: ScheduleName, named: string | undefined): ScheduleName {
  if (named === undefined) return planned;
  const known = SCHEDULES.find((each) => each === named);
  if (known) return known;
  const near = nearest(named, SCHEDULES);
  throw new HeisenwriteError(
    'invalid-option',
    `--schedule: there is no schedule "${named}"${near ? `; did you mean "${near}"?` : ''} ` +
      `(schedules: ${SCHEDULES.join(', ')})`,
  );
}

export function sizeOption(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const bytes = parseSize(text);
  if (bytes !== null && bytes > 0) return bytes;
  throw new HeisenwriteError('invalid-size', `${option}: "${text}" is not a size`);
}

function wholeNumber(text: string, option: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value > 0 && Number.isSafeInteger(value)) return value;
  throw new HeisenwriteError(
    'invalid-option',
    `${option} takes a whole number above 0, not "${text}"`,
  );
}
