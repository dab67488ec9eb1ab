// `heisenwrite hunt` and `heisenwrite survey`: from the command line to the flow and back to an
// exit code.

import { formatCount, formatDuration, formatSize } from '../base/quantities.ts';
import { freshSeed } from '../base/rng.ts';
import type { Cell } from '../domain/cell.ts';
import type { HuntReport } from '../domain/hunt-report.ts';
import type { Plan } from '../domain/plan.ts';
import type { Workload } from '../domain/workload.ts';
import { completeLevels, expandPlan } from '../plan/expand.ts';
import { levelText } from '../plan/level.ts';
import { onlyCells } from '../plan/only.ts';
import { otherMediaOf } from '../plan/other-media.ts';
import { exitMeaning } from '../report/exit-meaning.ts';
import { WORKLOADS } from '../workload/workloads.ts';
import { carryOut } from './carry-out.ts';
import { commandWordsOf } from './command-plan.ts';
import { openNewGround } from './hunt-ground.ts';
import { type CheckedPlaces, connectOptions, fitOn, withPlaces } from './places.ts';
import { type PlanOptions, planFrom, sizeOption } from './plan-source.ts';
import { refusePlantedElsewhere } from './planted-faults.ts';
import { carryOutProof } from './prove.ts';
import { checkReportPlaces, writeReports } from './report-command.ts';
import { refuseWithResume, resume } from './resume.ts';
import { absolute, shellCommand } from './shell-words.ts';
import { carryOutShrink, runShrink } from './shrink.ts';
import type { Terminal } from './terminal.ts';

export interface HuntOptions extends PlanOptions {
  readonly seed?: string;
  readonly space?: string;
  readonly destroyDataOn?: string;
  readonly only?: readonly string[];
  readonly dryRun?: boolean;
  readonly resume?: string | true;
  readonly shrink?: string | true;
  readonly json?: boolean;
  readonly html?: string;
  readonly junit?: string;
}

/** Returns the exit code. @throws HeisenwriteError for what a user can mend */
export async function runHunt(
  operands: readonly string[],
  options: HuntOptions,
  terminal: Terminal,
): Promise<number> {
  checkReportPlaces(options);
  if (options.resume !== undefined) return resumeHunt(operands, options, terminal);
  if (options.shrink !== undefined) return runShrink(operands, options, terminal);
  const plan = await planFrom(operands, options);
  refusePlantedElsewhere(plan);
  const cells = onlyCells(expandPlan(plan, WORKLOADS), options.only ?? [], WORKLOADS);
  const others = otherMediaOf(
    cells.map(({ levels }) => levels),
    WORKLOADS,
  );
  return withPlaces(
    { places: plan.places, others },
    sizeOption(options.space, '--space'),
    connectOptions(options),
    (places) => huntOn(places, { plan, cells }, operands, options, terminal),
  );
}

async function huntOn(
  places: CheckedPlaces,
  { plan, cells }: { readonly plan: Plan; readonly cells: readonly Cell[] },
  operands: readonly string[],
  options: HuntOptions,
  terminal: Terminal,
): Promise<number> {
  const fit = fitOn(places, cells);
  if (options.dryRun) return dryRun(plan, fit.cells, fit.leftOut, places, options, terminal);
  const seed = options.seed ?? freshSeed();
  const ground = await openNewGround({
    plan,
    cells: fit.cells,
    places,
    seed,
    replay: () => replayCommand(operands, plan, options, seed),
  });
  const notes = [...fit.leftOut, ...ground.store.notes];
  return conclude(await carryOut({ plan, ground, notes }, terminal), options, terminal);
}

async function resumeHunt(
  operands: readonly string[],
  options: HuntOptions,
  terminal: Terminal,
): Promise<number> {
  const { preset, factor, only, expect, seed, schedule, dryRun, shrink, write } = options;
  refuseWithResume({ preset, factor, only, expect, seed, schedule, dryRun, shrink, write });
  const named = options.resume === true ? operands[0] : options.resume;
  const resumed = await resume(named, options);
  switch (resumed.purpose?.kind) {
    case 'proof':
      return carryOutProof(resumed, resumed.purpose.question, options, terminal);
    case 'shrink':
      return carryOutShrink(resumed, resumed.purpose.question, options, terminal);
    default:
      return conclude(await carryOut(resumed, terminal), options, terminal);
  }
}

async function conclude(
  report: HuntReport,
  options: HuntOptions,
  terminal: Terminal,
): Promise<number> {
  await writeReports(report, options);
  if (options.json) terminal.printJson(report);
  else await terminal.printSummary(report);
  return exitMeaning(report).code;
}

function dryRun(
  plan: Plan,
  cells: readonly Cell[],
  leftOut: readonly string[],
  places: CheckedPlaces,
  options: HuntOptions,
  terminal: Terminal,
): number {
  const each = cells.map((cell) => {
    const workload = WORKLOADS.find((known) => known.name === cell.levels.workload) as Workload;
    const levels = completeLevels(cell.levels, workload);
    return {
      levels: cell.levels,
      words: Object.entries(cell.levels)
        .map(
          ([name, level]) =>
            `${name}=${levelText(
              workload.factors.find((f) => f.name === name),
              level,
            )}`,
        )
        .join(' '),
      estimateMs: workload.estimateMs(levels),
      spaceBytes: workload.spaceBytes(levels),
    };
  });
  const roundMs = each.reduce((sum, cell) => sum + cell.estimateMs, 0);
  const spaceBytes = Math.max(...each.map((cell) => cell.spaceBytes));
  if (options.json) {
    terminal.printJson({
      schema: 'heisenwrite.dry-run/1',
      plan: plan.name,
      places: places.paths,
      cells: each.map(({ words: _words, ...cell }) => cell),
      leftOut,
      roundMs,
      stop: plan.stop,
      spaceBytes,
      spaceAllowedBytes: places.spaceBytes,
    });
    return 0;
  }
  const stop =
    plan.stop.forMs === null ? 'until it is stopped' : `for ${formatDuration(plan.stop.forMs)}`;
  terminal.print(
    `plan ${plan.name}: ${formatCount(cells.length)} cells in ` +
      Object.values(places.paths).join(', '),
  );
  for (const cell of each) terminal.print(`  ${cell.words}`);
  for (const reason of leftOut) terminal.print(`  ${reason}`);
  terminal.print(
    `one round about ${formatDuration(roundMs)}; runs ${stop}; ` +
      `at most ${formatSize(spaceBytes)} at a time of ${formatSize(places.spaceBytes)} allowed`,
  );
  return 0;
}

/** What repeats the decisions of this hunt; a finding adds the `--only` of its cell. */
function replayCommand(
  operands: readonly string[],
  plan: Plan,
  options: HuntOptions,
  seed: string,
): string {
  const words = [
    'heisenwrite',
    'hunt',
    ...(operands.length > 0 ? operands.map(absolute) : Object.values(plan.places)),
  ];
  if (options.preset) words.push('--preset', options.preset);
  words.push(...commandWordsOf(plan, options));
  for (const factor of options.factor ?? []) words.push('--factor', factor);
  for (const level of options.only ?? []) words.push('--only', level);
  for (const promise of options.expect ?? []) words.push('--expect', promise);
  if (options.schedule) words.push('--schedule', options.schedule);
  // What fits decides which cells there are, and so their order.
  if (options.space) words.push('--space', options.space);
  if (options.destroyDataOn) words.push('--destroy-data-on', options.destroyDataOn);
  words.push('--seed', seed);
  return shellCommand(words);
}
