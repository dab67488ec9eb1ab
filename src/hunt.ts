// THE flow. Every command that hunts enters here, and one trial can be followed by reading
// downwards:
//
//   1. plan      cells, less what does not fit the place         (plan/expand, plan/fit)
//   2. evidence  opened before anything is written                (evidence)
//   3. schedule  which cell next, asking what isolates best        (schedule, isolate)
//   4. trial     actors carry out the workload                    (trial, workload)
//   5. observe   what was seen is recorded before it is judged    (evidence, observe)
//   6. diagnose  kinds of damage, bits, layer, verdict            (diagnose)
//   7. report    compiled from the evidence alone                 (report)

import { monotonicMs, wallMs } from './base/clock.ts';
import { createRng, type Rng } from './base/rng.ts';
import { FindingSelection } from './diagnose/finding-selection.ts';
import { judge } from './diagnose/judge.ts';
import { SignatureAccount } from './diagnose/signature-account.ts';
import type { Builder } from './domain/build.ts';
import type { Cell } from './domain/cell.ts';
import type { Hosts } from './domain/hosts.ts';
import type { HuntReport } from './domain/hunt-report.ts';
import type { Plan } from './domain/plan.ts';
import type { FaultPlanting } from './domain/planting.ts';
import type { EvidenceStore, HuntGround, HuntListener, Schedule } from './domain/ports.ts';
import type { Judgement, TrialRecord } from './domain/trial.ts';
import type { Workload } from './domain/workload.ts';
import { failedBuilds, untestableCells } from './hunt-builds.ts';
import { conclude } from './isolate/conclude.ts';
import { ProvocationAccount } from './isolate/provocation-account.ts';
import { factorSpaceOf, IsolationAccount, isolatorOf } from './isolate/stored-trials.ts';
import { RigWatch } from './observe/rig-watch.ts';
import { completeLevels } from './plan/expand.ts';
import { onlyOptions } from './plan/only.ts';
import { compileReport } from './report/compile-report.ts';
import { isolationInWords } from './report/isolation-sentences.ts';
import { NO_KINDS } from './report/level-words.ts';
import { adaptiveSchedule } from './schedule/adaptive.ts';
import { balancedSchedule } from './schedule/balanced.ts';
import { ActorPool } from './trial/actor-pool.ts';
import { runTrial } from './trial/run-trial.ts';
import type { Provoker } from './trial/trial-provocations.ts';

const SPACE_USED_UP = 'the space that was allowed is used up';

export interface HuntRequest {
  readonly plan: Plan;
  readonly workloads: readonly Workload[];
  readonly listener: HuntListener;
  /** Aborted by Ctrl-C: the trial under way is finished, everything recorded is kept. */
  readonly signal: AbortSignal;
  /** Other hosts than this one; the composition root powers them off. */
  readonly hosts?: Hosts;
  /** What may be done while trials run, where cells have levels of it. */
  readonly provoker?: Provoker;
  /** Another order of cells than the plan's: old and fixed in turn, smaller and smaller. */
  readonly schedule?: (cells: readonly Cell[], rng: Rng) => Schedule;
  /** Of a plan that builds programs. */
  readonly builder?: Builder;
  /** Of a plan that plants faults. */
  readonly planting?: FaultPlanting;
}

/** What the steps of one hunt share. */
interface Course extends HuntRequest {
  readonly ground: HuntGround;
  readonly actors: ActorPool;
  readonly rig: RigWatch;
  readonly selection: FindingSelection;
  readonly begunMs: number;
  /** Damaged or failed trials so far, those of a resumed hunt included. */
  accusations: number;
  /** Indices of cells for which no program could be built. */
  untestable: ReadonlySet<number>;
}

/**
 * Hunts on a ground that has been opened, and returns the report; the caller closes the store.
 * @throws HeisenwriteError when the evidence can no longer be written
 */
export async function hunt(request: HuntRequest, ground: HuntGround): Promise<HuntReport> {
  const { store, header, cells } = ground;
  const { stop } = request.plan;
  const course: Course = {
    ...request,
    ground,
    actors: new ActorPool(ground.recordings),
    rig: new RigWatch(ground.directory),
    selection: new FindingSelection(await store.findings()),
    begunMs: monotonicMs(),
    accusations: await countAccusations(store),
    untestable: await untestableCells(store),
  };
  const forMs = stop.forMs === null ? null : Math.max(0, stop.forMs - ground.msBefore);
  const limits = { ...stop, forMs, spaceBytes: ground.spaceLeftBytes() };
  request.listener.begun(header, cells, limits);
  let stopped = 'an error of the hunter itself';
  try {
    await store.appendRig(await course.rig.check(), wallMs());
    for (const record of await store.unjudged()) await judgeTrial(record, course);
    stopped = await runTrials(course, await buildFirst(course));
  } finally {
    course.actors.close();
    await store.appendRig(await course.rig.check(), wallMs());
    await store.appendStop(stopped, wallMs(), (monotonicMs() - course.begunMs) / 1000);
    for (const left of await ground.clear()) request.listener.note(left);
  }
  const report = await reportOf(store, cells, request.workloads, request.plan.schedule);
  request.listener.ended(report);
  return report;
}

/** Step 7, also for hunts that were stored: the report is compiled from the evidence alone. */
export async function reportOf(
  store: EvidenceStore,
  cells: readonly Cell[],
  workloads: readonly Workload[],
  schedule: Plan['schedule'],
): Promise<HuntReport> {
  const factors = workloads.flatMap((workload) => workload.factors);
  const kinds = Object.fromEntries(factors.map(({ name, kind }) => [name, kind]));
  const { seed } = await store.header();
  const untestable = await untestableCells(store);
  const tested = cells.filter(({ index }) => !untestable.has(index));
  const space = factorSpaceOf(tested, factors);
  const isolation = new IsolationAccount(tested, space, seed, schedule === 'adaptive');
  const provoking = new ProvocationAccount(seed);
  return compileReport(store, cells, kinds, new SignatureAccount(), isolation, provoking);
}

/** Returns how many trials it took to say what cannot be built; see hunt-builds.ts. */
async function buildFirst(course: Course): Promise<number> {
  const { builder, ground, signal, listener } = course;
  if (!builder || course.schedule || ground.trialsBefore > 0) return 0;
  const untestable = new Set<number>();
  for await (const record of failedBuilds(builder, ground.cells, ground.header.seed, signal)) {
    untestable.add(record.cell.index);
    listener.trialStarted(record.trial, record.cell);
    await ground.store.appendTrial(record);
    listener.trialJudged(record, await judgeTrial(record, course));
  }
  course.untestable = untestable;
  return untestable.size;
}

/** Steps 3 to 6, until the plan or the user says stop. Returns why it stopped. */
async function runTrials(course: Course, madeBefore: number): Promise<string> {
  const { ground, listener, builder } = course;
  if (course.untestable.size === ground.cells.length) return 'no program could be built';
  const rng = createRng(ground.header.seed);
  const schedule = scheduleOf(course, rng);
  await replayTrials(schedule, course);
  for (let trial = ground.trialsBefore + madeBefore + 1; ; trial++) {
    const reason = stopReason(course, trial - 1, schedule);
    if (reason !== null) return reason;
    const cell = schedule.next();
    if (cell === null) return 'every cell has been tried';
    const workload = workloadOf(cell, course.workloads);
    const levels = completeLevels(cell.levels, workload);
    if (ground.spaceLeftBytes() < workload.spaceBytes(levels)) return SPACE_USED_UP;
    listener.trialStarted(trial, cell);
    const record = await runTrial(
      {
        trial,
        cell,
        levels,
        workload,
        rng: rng.fork(`trial-${trial}`),
        hunt: ground.header.hunt,
        place: ground.trialsPlace(cell.levels),
        ...(course.hosts && { hosts: course.hosts }),
        ...(course.provoker && { provoker: course.provoker }),
        ...(builder && { builds: () => builder.programs(cell.levels) }),
        ...(course.planting && { planting: course.planting }),
      },
      course.actors,
    );
    await ground.store.appendTrial(record);
    const judgement = await judgeTrial(record, course);
    schedule.learn(cell, judgement.verdict, record.durationMs);
    listener.trialJudged(record, judgement);
    const news = schedule.news();
    if (news !== null) listener.note(news);
    await clearTrial(record, judgement, course);
  }
}

function scheduleOf(course: Course, rng: Rng): Schedule {
  const { schedule, ground, plan, workloads, untestable } = course;
  const { header } = ground;
  const cells = ground.cells.filter(({ index }) => !untestable.has(index));
  if (schedule) return schedule(cells, rng.fork('schedule'));
  if (plan.schedule === 'balanced') return balancedSchedule(cells, rng.fork('schedule'));
  const space = factorSpaceOf(
    cells,
    workloads.flatMap((workload) => workload.factors),
  );
  const isolator = isolatorOf(space, header.seed);
  return adaptiveSchedule(cells, isolator, () => {
    if (isolator.counts.allFailures === 0 || space.factors.length === 0) return null;
    const [first = null] = isolationInWords(conclude(isolator, true), NO_KINDS, null).words;
    return first;
  });
}

/** A resumed hunt decides as it would have: the schedule is asked and told all of it again. */
async function replayTrials(schedule: Schedule, { ground, untestable }: Course): Promise<void> {
  for await (const { cell, judgement, durationMs } of ground.store.trials()) {
    if (untestable.has(cell.index)) continue;
    schedule.next();
    schedule.learn(cell, judgement?.verdict ?? 'unknown', durationMs);
  }
  schedule.news();
}

/**
 * Step 6. The rig is checked first: a hunter that accuses wrongly is worse than none. Findings are
 * appended before the judgement, so that a crash in between judges the trial again and loses
 * nothing.
 */
async function judgeTrial(record: TrialRecord, course: Course): Promise<Judgement> {
  const { ground, plan, rig } = course;
  const { observations, failures } = record.outcome;
  const checked = observations.length > 0 || failures.length > 0 ? await rig.recent() : null;
  if (checked && !checked.passed) await ground.store.appendRig(checked, wallMs());
  const judgement = judge(record.outcome, plan.expectations, checked, plan.tolerated);
  const scarce = observations.length > 0 && ground.isSpaceScarce();
  await keepFindings(record, judgement, scarce, course);
  await ground.store.appendJudgement(record.trial, judgement);
  if (scarce) await ground.store.dropBytes(record.trial);
  if (judgement.verdict === 'damaged' || judgement.verdict === 'failed') course.accusations++;
  return judgement;
}

async function keepFindings(
  record: TrialRecord,
  judgement: Judgement,
  scarce: boolean,
  { ground, selection, workloads, listener }: Course,
): Promise<void> {
  const replay = withOnly(ground.header.replay, onlyOptions(record.cell.levels, workloads));
  for (const selected of selection.select(record, judgement, replay, scarce)) {
    const { observation, expected } = selected;
    const lastCalls = ground.lastCalls(observation, record);
    const told = { ...selected.finding, ...(lastCalls && { lastCalls }) };
    const evidence = await ground.keepFinding(told, observation, expected);
    const finding = { ...told, evidence };
    await ground.store.appendFinding(finding);
    listener.found(finding);
  }
}

/** The command of the hunt, narrowed to one cell; what it says already is not said again. */
function withOnly(replay: string, only: string): string {
  const options = only.split(/ (?=--only )/).filter((each) => !`${replay} `.includes(` ${each} `));
  return [replay, ...options].join(' ');
}

function stopReason(course: Course, trials: number, schedule: Schedule): string | null {
  const { stop } = course.plan;
  const concluded = stop.isolated ? schedule.concluded() : null;
  if (concluded !== null) return concluded;
  if (course.signal.aborted) return 'interrupted';
  const elapsedMs = course.ground.msBefore + monotonicMs() - course.begunMs;
  if (stop.forMs !== null && elapsedMs >= stop.forMs) return 'time was up';
  if (stop.trials !== null && trials >= stop.trials) return 'the number of trials was reached';
  if (stop.findings !== null && course.accusations >= stop.findings) {
    return 'the number of findings was reached';
  }
  return null;
}

/** What is clean is removed; a file that holds damage stays, beside the evidence. */
async function clearTrial(
  record: TrialRecord,
  judgement: Judgement,
  { ground }: Course,
): Promise<void> {
  if (record.outcome.observations.length > 0) ground.forgetCalls();
  const place = ground.trialsPlace(record.cell.levels);
  const persists = record.outcome.observations.some(
    ({ expected }) => !['unit', 'deliveries', 'message'].includes(expected.shape),
  );
  if (judgement.verdict === 'damaged' && persists) {
    await place.keep(record.trial);
  } else {
    await place.remove(record.trial);
  }
}

async function countAccusations(store: EvidenceStore): Promise<number> {
  let accusations = 0;
  for await (const { judgement } of store.trials()) {
    if (judgement?.verdict === 'damaged' || judgement?.verdict === 'failed') accusations++;
  }
  return accusations;
}

function workloadOf(cell: Cell, workloads: readonly Workload[]): Workload {
  return workloads.find((each) => each.name === cell.levels.workload) as Workload;
}
