// THE flow. Every command that hunts enters here, and one trial can be followed by reading downwards:
//
//   1. plan      cells, less what does not fit the place         (plan/expand, plan/fit)
//   2. evidence  opened before anything is written                (evidence)
//   3. schedule  which cell next                                  (schedule)
//   4. trial     actors carry out the workload                    (trial, workload)
//   5. observe   what was seen is recorded before it is judged    (evidence, observe)
//   6. diagnose  kinds of damage, bits, layer, verdict            (diagnose)
//   7. report    compiled from the evidence alone                 (report)

import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { monotonicMs, wallMs } from './base/clock.ts';
import { createRng } from './base/rng.ts';
import { judge } from './diagnose/judge.ts';
import type { Cell } from './domain/cell.ts';
import type { HuntReport } from './domain/hunt-report.ts';
import type { Plan } from './domain/plan.ts';
import type { HuntListener, Schedule } from './domain/ports.ts';
import type { Judgement, TrialRecord } from './domain/trial.ts';
import type { Workload } from './domain/workload.ts';
import { keepFindings } from './hunt-findings.ts';
import { type HuntGround, openHunt } from './hunt-ground.ts';
import { reportOf } from './hunt-report.ts';
import { RigWatch } from './observe/rig-watch.ts';
import { completeLevels } from './plan/expand.ts';
import { balancedSchedule } from './schedule/balanced.ts';
import { ActorPool } from './trial/actor-pool.ts';
import { runTrial, trialDirectory } from './trial/run-trial.ts';

export interface HuntRequest {
  readonly plan: Plan;
  /** Cells of the plan to hunt in; all of them unless narrowed. */
  readonly cells: readonly Cell[];
  readonly workloads: readonly Workload[];
  readonly seed: string;
  /** What the hunt may take on each place; null for the default allowance. */
  readonly spaceBytes: number | null;
  /** The command that repeats this hunt, without `--only`. */
  readonly replay: string;
  /** Directory of the hunt to go on with, or null for a new one. */
  readonly resume: string | null;
  readonly listener: HuntListener;
  /** Aborted by Ctrl-C: the trial under way is finished, everything recorded is kept. */
  readonly signal: AbortSignal;
}

/** @throws HeisenwriteError before the first trial; afterwards the report says what went wrong */
export async function hunt(request: HuntRequest): Promise<HuntReport> {
  const ground = await openHunt(request);
  const { store, listener } = ground;
  const actors = new ActorPool();
  const begun = monotonicMs();
  const rig = new RigWatch(ground.directory.path);
  let stopped = 'an error of the hunter';
  try {
    await store.appendRig(await rig.check(), wallMs());
    for (const record of await store.unjudged()) await judgeTrial(record, ground, rig);
    stopped = await runTrials(ground, actors, rig, begun);
  } catch (error) {
    stopped = `broken off: ${(error as Error).message}`;
    throw error;
  } finally {
    actors.close();
    await store.appendRig(await rig.check(), wallMs());
    await store.appendStop(stopped, wallMs(), (monotonicMs() - begun) / 1000);
    ground.close();
  }
  const report = await reportOf(store, ground.cells);
  await store.close();
  listener.ended(report);
  return report;
}

/** Steps 3 to 6, until the plan or the user says stop. Returns why it stopped. */
async function runTrials(
  ground: HuntGround,
  actors: ActorPool,
  rig: RigWatch,
  begun: number,
): Promise<string> {
  const { request, cells, listener } = ground;
  const rng = createRng(request.seed);
  const schedule: Schedule = balancedSchedule(cells, rng.fork('schedule'), ground.trialsBefore);
  let trial = ground.trialsBefore;
  for (;;) {
    const reason = stopReason(ground, trial, monotonicMs() - begun);
    const cell = reason === null ? schedule.next() : null;
    if (cell === null) return reason ?? 'every cell has been tried';
    trial++;
    listener.trialStarted(trial, cell);
    const workload = workloadOf(cell, request.workloads);
    const record = await runTrial(
      {
        trial,
        cell,
        levels: completeLevels(cell.levels, workload),
        workload,
        rng: rng.fork(`trial-${trial}`),
        hunt: ground.hunt,
        trialsDirectory: ground.trialsDirectory(cell),
      },
      actors,
    );
    await ground.store.appendTrial(record);
    const judgement = await judgeTrial(record, ground, rig);
    schedule.learn(cell, judgement);
    ground.count(judgement);
    listener.trialJudged(record, judgement);
    await clearTrial(record, judgement, ground);
  }
}

async function judgeTrial(
  record: TrialRecord,
  ground: HuntGround,
  rig: RigWatch,
): Promise<Judgement> {
  const accused = record.outcome.observations.length > 0 || record.outcome.failures.length > 0;
  const checked = accused ? await rig.recent() : null;
  const judgement = judge(record.outcome, ground.request.plan.expectations, checked);
  await ground.store.appendJudgement(record.trial, judgement);
  await keepFindings(record, judgement, ground);
  return judgement;
}

function stopReason(ground: HuntGround, trials: number, elapsedMs: number): string | null {
  const { stop } = ground.request.plan;
  if (ground.request.signal.aborted) return 'interrupted';
  if (stop.forMs !== null && elapsedMs >= stop.forMs) return 'the time was up';
  if (stop.trials !== null && trials >= stop.trials) return 'the number of trials was reached';
  if (stop.findings !== null && ground.findings >= stop.findings) {
    return 'the number of findings was reached';
  }
  return ground.spaceIsUsedUp() ? 'the space that was allowed is used up' : null;
}

/** What is clean is removed; files that hold damage stay, beside the evidence, under a name of their own. */
async function clearTrial(
  record: TrialRecord,
  judgement: Judgement,
  ground: HuntGround,
): Promise<void> {
  const trials = ground.trialsDirectory(record.cell);
  const directory = trialDirectory(trials, record.trial);
  const rewritten = record.outcome.observations.every((each) => each.expected.shape === 'unit');
  if (judgement.verdict === 'damaged' && !rewritten && ground.mayKeepFiles()) {
    await rename(directory, join(trials, '..', `kept-trial-${record.trial}`));
  } else {
    await rm(directory, { recursive: true, force: true });
  }
}

function workloadOf(cell: Cell, workloads: readonly Workload[]): Workload {
  return workloads.find((each) => each.name === cell.levels.workload) as Workload;
}

