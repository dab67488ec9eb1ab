// `heisenwrite hunt --shrink HUNT`: from a cell that fails to the cheapest trial that still fails,
// through the same flow as every hunt, and a plan that shows it again.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshSeed } from '../base/rng.ts';
import type { Cell, Levels } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { CellReport, HuntReport } from '../domain/hunt-report.ts';
import type { Plan } from '../domain/plan.ts';
import type { ShrinkQuestion, ShrinkReport, TimedCount } from '../domain/shrink.ts';
import { type GuiltyCell, guiltyCells, isInside } from '../isolate/guilty-cells.ts';
import { RateRace } from '../isolate/rate-race.ts';
import { completeLevels, expandPlan } from '../plan/expand.ts';
import { brokenConstraint } from '../plan/flip.ts';
import { onlyCells } from '../plan/only.ts';
import { otherMediaOf } from '../plan/other-media.ts';
import { armOf, planFile } from '../plan/plan-file.ts';
import { termsOf } from '../plan/plan-terms.ts';
import { shrinkArm, shrinkSteps } from '../plan/shrink-steps.ts';
import { type FactorKinds, factorKinds } from '../report/level-words.ts';
import { shrinkLines } from '../report/shrink-lines.ts';
import { shrinkExit, shrinkInWords, tryText } from '../report/shrink-words.ts';
import { ShrinkingSchedule } from '../schedule/shrinking.ts';
import { WORKLOADS } from '../workload/workloads.ts';
import { carryOut, type Expedition } from './carry-out.ts';
import { labelPlaces, openNewGround } from './hunt-ground.ts';
import { type CheckedPlaces, connectOptions, fitOn, withPlaces } from './places.ts';
import { type PlanOptions, sizeOption, stopOf } from './plan-source.ts';
import { workloadOf } from './proof-sides.ts';
import { type ReportOptions, writeReports } from './report-command.ts';
import { refuseWith } from './resume.ts';
import { shellCommand } from './shell-words.ts';
import { readFailingHunt, type StoredHunt } from './stored-hunt.ts';
import type { Terminal } from './terminal.ts';

export interface ShrinkOptions extends PlanOptions, ReportOptions {
  readonly shrink?: string | true;
  readonly only?: readonly string[];
  readonly seed?: string;
  readonly space?: string;
  readonly destroyDataOn?: string;
  readonly dryRun?: boolean;
}

const WIDTH_DEFAULT = 100;
const PLAN_NAME = 'plan.json';
const REPLAY_NAME = 'replay.json';
/** A search among rates needs an end; it can be gone on with. */
const FOR_MS_DEFAULT = 600_000;
/** The replay ends at the first failure, or after so many times the time that one takes. */
const REPLAY_PATIENCE = 20;
const REPLAY_MS_MIN = 10_000;

/**
 * @returns the exit code: 1 where it fails, 3 where nothing could be compared
 * @throws HeisenwriteError `not-certified`, and for what a user can mend
 */
export async function runShrink(
  operands: readonly string[],
  options: ShrinkOptions,
  terminal: Terminal,
): Promise<number> {
  const { preset, factor, expect, schedule, dryRun } = options;
  const given = { preset, factor, expect, schedule, dryRun };
  refuseWith('--shrink has its plan from the hunt that it shrinks', given);
  const hunt = await readFailingHunt(options.shrink === true ? operands[0] : options.shrink);
  const start = startOf(hunt, options.only ?? []);
  const spaceBytes = sizeOption(options.space, '--space');
  const where = {
    places: labelPlaces([start.path]),
    others: otherMediaOf([start.levels], WORKLOADS),
  };
  return withPlaces(where, spaceBytes, connectOptions(options), (places) =>
    shrinkOn(places, hunt, start, options, terminal),
  );
}

async function shrinkOn(
  places: CheckedPlaces,
  hunt: StoredHunt,
  start: ReturnType<typeof startOf>,
  options: ShrinkOptions,
  terminal: Terminal,
): Promise<number> {
  const seed = options.seed ?? freshSeed();
  const { arm, cells, ...search } = searchOf(hunt, start, places);
  const question: ShrinkQuestion = {
    ...search,
    of: hunt.header.hunt,
    ofDirectory: hunt.directory,
    claim: hunt.report.isolation?.words[0] ?? '',
    replay: shellCommand(['heisenwrite', 'hunt', '--shrink', hunt.directory, '--seed', seed]),
  };
  const stop = { forMs: FOR_MS_DEFAULT, trials: null, findings: null, isolated: true };
  const plan: Plan = {
    name: `shrink ${hunt.header.hunt}`,
    places: places.paths,
    arms: [arm],
    ...termsOf(hunt.stored.plan),
    schedule: 'balanced',
    stop: stopOf(stop, options),
  };
  const ground = await openNewGround({
    plan,
    cells,
    places,
    seed,
    replay: (directory) =>
      shellCommand(['heisenwrite', 'hunt', join(directory, PLAN_NAME), '--seed', seed]),
    purpose: { kind: 'shrink', question },
  });
  writePlan(join(ground.directory, PLAN_NAME), plan);
  return carryOutShrink({ plan, ground, notes: ground.store.notes }, question, options, terminal);
}

/** Also for a search that is resumed: the schedule is told all of its trials again. */
export async function carryOutShrink(
  expedition: Expedition,
  question: ShrinkQuestion,
  options: ReportOptions,
  terminal: Terminal,
): Promise<number> {
  const { cells } = expedition.ground;
  const kinds = kindsOf(cells);
  const schedule = new ShrinkingSchedule(
    cells,
    question,
    (aim) => new RateRace(aim),
    (tried) => tryText(tried, kinds),
  );
  const report = await carryOut({ ...expedition, schedule: () => schedule }, terminal);
  await writeReports(report, options);
  const shrink = shrinkReport(report, question, schedule, expedition.plan);
  if (options.json) terminal.printJson(shrink);
  else {
    const color = terminal.out.isTTY === true && !process.env.NO_COLOR;
    const width = terminal.out.columns ?? WIDTH_DEFAULT;
    for (const line of shrinkLines(shrink, kinds, { color, width })) terminal.print(line);
  }
  return shrinkExit(shrink).code;
}

function shrinkReport(
  report: HuntReport,
  question: ShrinkQuestion,
  schedule: ShrinkingSchedule,
  plan: Plan,
): ShrinkReport {
  const underWay = schedule.underWay();
  const tried = [...schedule.tried, ...(underWay ? [underWay] : [])];
  const start = (report.cells[question.start] as CellReport).levels;
  const shrunk = schedule.incumbent.levels;
  const rates = { start: schedule.countOf(start), shrunk: schedule.countOf(shrunk) };
  const failed = rates.shrunk.failures > 0;
  const path = join(report.directory, REPLAY_NAME);
  if (failed) writePlan(path, replayPlan(plan, question.of, shrunk, rates.shrunk));
  const facts: Omit<ShrinkReport, 'words' | 'schema'> = {
    start,
    shrunk,
    confirmed: schedule.confirmed,
    rates,
    tried,
    trials: Object.values(report.trials).reduce((sum, count) => sum + count, 0),
    unknown: report.trials.unknown,
    of: question.of,
    claim: question.claim,
    hunt: report.hunt,
    directory: report.directory,
    seed: report.seed,
    seconds: report.seconds,
    stopped: report.stopped,
    plan: failed ? path : null,
    replay: failed ? shellCommand(['heisenwrite', 'hunt', path]) : question.replay,
  };
  const words = shrinkInWords(facts, factorKinds(report));
  return { schema: 'heisenwrite.shrink/1', words, ...facts };
}

/** The smaller trial alone, until it fails, or for far longer than that should take. */
function replayPlan(plan: Plan, of: string, levels: Levels, count: TimedCount): Plan {
  const patienceMs = (REPLAY_PATIENCE * 1000 * count.seconds) / count.failures;
  const forMs = Math.ceil(Math.max(REPLAY_MS_MIN, patienceMs));
  return {
    ...plan,
    name: `shrunk ${of}`,
    arms: [armOf(levels)],
    stop: { forMs, trials: null, findings: 1, isolated: false },
  };
}

function writePlan(path: string, plan: Plan): void {
  writeFileSync(path, `${JSON.stringify(planFile(plan, WORKLOADS), null, 2)}\n`);
}

function kindsOf(cells: readonly Cell[]): FactorKinds {
  const factors = cells.slice(0, 1).flatMap(({ levels }) => workloadOf(levels).factors);
  return new Map(factors.map(({ name, kind }) => [name, kind]));
}

/** The cell that fails most surely, and everything around it that may be tried. */
function searchOf(
  hunt: StoredHunt,
  { levels: named, path, claim }: ReturnType<typeof startOf>,
  places: CheckedPlaces,
) {
  const workload = workloadOf(named);
  const levels = completeLevels(named, workload);
  // The user's own constraints are kept where the failing cell keeps them.
  const constraints = hunt.stored.plan.arms
    .filter((arm) => arm.workload === workload.name)
    .flatMap((arm) => arm.constraints)
    .filter((text) => brokenConstraint(levels, workload, [text]) === null);
  const wanted = shrinkSteps(levels, workload, claim);
  const { arm, steps } = shrinkArm(levels, workload, wanted, [...new Set(constraints)]);
  const all = expandPlan({ arms: [arm], places: {} }, WORKLOADS);
  const fit = fitOn(places, all);
  const cells = fit.cells.map((cell, index) => ({ ...cell, index }));
  const start = cells.findIndex((cell) =>
    Object.entries(cell.levels).every(([factor, level]) => levels[factor] === level),
  );
  if (start >= 0) return { arm, steps, cells, start };
  throw new HeisenwriteError('no-space', `the trial to be shrunk cannot be made in ${path}`, {
    remedy: 'allow it more space (--space)',
  });
}

/** @throws HeisenwriteError `not-certified`: what still fails might else be another failure */
function startOf({ header, report, directory }: StoredHunt, only: readonly string[]) {
  const { isolation } = report;
  if (isolation === null || isolation.claim === 'none') {
    const why = isolation?.words[0] ?? 'no trial failed, or nothing was varied.';
    throw new HeisenwriteError(
      'not-certified',
      `what the failure of ${directory} needs is not certified: ${why}`,
      { remedy: `heisenwrite hunt --resume ${directory} --until-isolated --for 10m` },
    );
  }
  const [best] = onlyCells(guiltyCells(report), only, WORKLOADS) as [GuiltyCell];
  const { place, ...levels } = best.levels;
  const [first] = Object.values(header.places) as [string];
  const path = header.places[String(place)] ?? first;
  const cause = isolation.causes.find((each) => isInside(best, each));
  return { levels, path, claim: cause?.literals ?? [] };
}
