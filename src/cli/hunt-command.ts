// `heisenwrite hunt` and `heisenwrite survey`: from the command line to the flow and back to an
// exit code.

import { resolve } from 'node:path';
import { formatCount, formatDuration, formatSize, parseSize } from '../base/quantities.ts';
import { freshSeed } from '../base/rng.ts';
import type { Cell } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { HuntReport } from '../domain/hunt-report.ts';
import type { Plan } from '../domain/plan.ts';
import type { HuntListener } from '../domain/ports.ts';
import type { Workload } from '../domain/workload.ts';
import { resolveHunt } from '../evidence/resolve-hunt.ts';
import { hunt } from '../hunt.ts';
import { completeLevels, expandPlan } from '../plan/expand.ts';
import { fitCells } from '../plan/fit.ts';
import { levelText } from '../plan/level.ts';
import { onlyCells } from '../plan/only.ts';
import { exitMeaning } from '../report/exit-meaning.ts';
import { WORKLOADS } from '../workload/workloads.ts';
import {
  type CheckedPlaces,
  checkPlaces,
  type OpenGround,
  openNewGround,
  probePlaces,
  reopenGround,
  storedPlan,
} from './hunt-ground.ts';
import { type PlanOptions, planFrom } from './plan-source.ts';
import { checkReportPlaces, writeReports } from './report-command.ts';
import type { Terminal } from './terminal.ts';

export interface HuntOptions extends PlanOptions {
  readonly seed?: string;
  readonly space?: string;
  readonly only?: readonly string[];
  readonly dryRun?: boolean;
  readonly resume?: string | true;
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
  const plan = await planFrom(operands, options);
  const places = checkPlaces(plan, sizeOption(options.space, '--space'));
  const cells = onlyCells(expandPlan(plan, WORKLOADS), options.only ?? [], WORKLOADS);
  const fit = fitCells(cells, WORKLOADS, probePlaces(places.paths), places.spaceBytes);
  if (options.dryRun) return dryRun(plan, fit.cells, fit.leftOut, places, options, terminal);
  const seed = options.seed ?? freshSeed();
  const ground = await openNewGround({
    plan,
    cells: fit.cells,
    places,
    seed,
    replay: replayCommand(operands, plan, options, seed),
  });
  return carryOut(plan, ground, options, terminal, [...fit.leftOut, ...ground.store.notes]);
}

async function resumeHunt(
  operands: readonly string[],
  options: HuntOptions,
  terminal: Terminal,
): Promise<number> {
  const ofPlan = ['preset', 'factor', 'only', 'expect', 'seed', 'schedule', 'dryRun'] as const;
  const given = ofPlan.filter((name) => options[name] !== undefined);
  if (given.length > 0) {
    const names = given.map((name) => (name === 'dryRun' ? '--dry-run' : `--${name}`));
    throw new HeisenwriteError(
      'invalid-option',
      `--resume goes on with the stored plan: ${names.join(', ')} cannot be given with it`,
    );
  }
  const named = options.resume === true ? operands[0] : options.resume;
  const spaceBytes = sizeOption(options.space, '--space');
  const ground = await reopenGround(resolveHunt(named, process.cwd()), spaceBytes);
  const { plan } = storedPlan(ground.header);
  const stop = await stopFromOptions(plan, options);
  // `--for` is the time from now on; without it, what is left of the plan's.
  const forMs =
    options.for === undefined || stop.forMs === null ? stop.forMs : stop.forMs + ground.msBefore;
  const notes = [
    `resumed after ${formatCount(ground.trialsBefore)} recorded trials, ` +
      `${formatDuration(ground.msBefore)} of trials`,
  ];
  if (forMs !== null && forMs <= ground.msBefore) {
    notes.push('its time is up: go on for longer with --for, for example --for 60s');
  }
  return carryOut({ ...plan, stop: { ...stop, forMs } }, ground, options, terminal, notes);
}

async function stopFromOptions(plan: Plan, options: HuntOptions): Promise<Plan['stop']> {
  const { for: time, trials, findings } = options;
  if (time === undefined && trials === undefined && findings === undefined) return plan.stop;
  const given = {
    ...(time && { for: time }),
    ...(trials && { trials }),
    ...(findings && { findings }),
  };
  return (await planFrom([], given)).stop;
}

async function carryOut(
  plan: Plan,
  ground: OpenGround,
  options: HuntOptions,
  terminal: Terminal,
  notes: readonly string[],
): Promise<number> {
  const interruption = new AbortController();
  const listener = terminal.listener();
  const interrupt = () => {
    // A second Ctrl-C does not wait for the trial; what was recorded stays recorded.
    if (interruption.signal.aborted) process.exit(130);
    interruption.abort();
    listener.note('interrupted: finishing the trial under way (again to leave at once)');
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    const request = {
      plan,
      workloads: WORKLOADS,
      listener: withNotes(listener, notes),
      signal: interruption.signal,
    };
    const report = await hunt(request, ground);
    return await conclude(report, options, terminal);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    await ground.store.close();
  }
}

/** Notes appear once the display has begun, so that it does not draw over them. */
function withNotes(listener: HuntListener, notes: readonly string[]): HuntListener {
  return {
    ...listener,
    begun: (header, cells, limits) => {
      listener.begun(header, cells, limits);
      for (const note of notes) listener.note(note);
    },
  };
}

async function conclude(
  report: HuntReport,
  options: HuntOptions,
  terminal: Terminal,
): Promise<number> {
  await writeReports(report, options);
  if (options.json) terminal.printJson(report);
  else terminal.printSummary(report);
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

export function sizeOption(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const bytes = parseSize(text);
  if (bytes !== null && bytes > 0) return bytes;
  throw new HeisenwriteError('invalid-size', `${option}: "${text}" is not a size`);
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
  for (const factor of options.factor ?? []) words.push('--factor', factor);
  for (const level of options.only ?? []) words.push('--only', level);
  for (const promise of options.expect ?? []) words.push('--expect', promise);
  if (options.schedule) words.push('--schedule', options.schedule);
  // What fits decides which cells there are, and so their order.
  if (options.space) words.push('--space', options.space);
  words.push('--seed', seed);
  return words.map(quoted).join(' ');
}

/** So that the command can be called from anywhere. */
function absolute(operand: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//.test(operand) ? operand : resolve(operand);
}

/** For a POSIX shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
