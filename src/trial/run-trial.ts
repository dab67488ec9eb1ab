// One trial: a directory of its own, the workload with its actors, and whatever comes of it. A
// trial hardly ever throws: when the tester or the environment breaks, its outcome says `unknown`
// and why. Only the first one refuses a program of the user's that is not there.

import { monotonicMs, wallMs } from '../base/clock.ts';
import type { Rng } from '../base/rng.ts';
import type { Cell, Levels } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { FaultReceipt } from '../domain/fault.ts';
import type { Hosts, TrialHost } from '../domain/hosts.ts';
import type { FaultPlanting, TrialGround } from '../domain/planting.ts';
import type { TrialsPlace } from '../domain/ports.ts';
import type { TrialOutcome, TrialRecord } from '../domain/trial.ts';
import type { TrialSetting, Workload } from '../domain/workload.ts';
import type { ActorPool } from './actor-pool.ts';
import { enterHost } from './trial-host.ts';
import {
  actorProcesses,
  chosenProvocations,
  type Provoker,
  TrialProvocations,
} from './trial-provocations.ts';

/** File numbers of a trial: room for 8 files, so that no two trials of a hunt share one. */
const FILES_PER_TRIAL = 8;
/** A trial may take this many times its estimate, and never less than the floor. */
const PATIENCE = 20;
const LIMIT_FLOOR_MS = 30_000;

export interface TrialOrder {
  readonly trial: number;
  readonly cell: Cell;
  /** Every factor of the workload, defaults filled in. */
  readonly levels: Levels;
  readonly workload: Workload;
  readonly rng: Rng;
  readonly hunt: string;
  readonly place: TrialsPlace;
  /** Other hosts than this one, where the hunt has any. */
  readonly hosts?: Hosts;
  /** Of a plan that plants faults. */
  readonly planting?: FaultPlanting;
  /** What provokes, where a cell has a level of it. */
  readonly provoker?: Provoker;
  /** Makes the programs that the cell needs. */
  readonly builds?: () => Promise<Readonly<Record<string, string>>>;
}

export async function runTrial(order: TrialOrder, actors: ActorPool): Promise<TrialRecord> {
  const { trial, cell, levels, workload, rng, hunt } = order;
  const startedAtMs = wallMs();
  let begun = monotonicMs();
  let outcome: TrialOutcome;
  let host: TrialHost | null = null;
  let provoking: TrialProvocations | null = null;
  try {
    const builds = await order.builds?.();
    // What it took to build is no part of the trial.
    begun = monotonicMs();
    const made = await order.place.make(trial);
    const others = await groundsOn(order.place.others, trial);
    const below = { directory: made, medium: order.place.medium };
    const { directory, medium } = (await order.planting?.begin(below, levels, rng)) ?? below;
    const chosen = chosenProvocations(order.provoker, levels);
    actors.separate(chosen.some(({ kind, level }) => kind.separates(level)));
    host = await enterHost(order.hosts, { levels, directory, rng }, actors);
    host.limit(Math.max(LIMIT_FLOOR_MS, PATIENCE * workload.estimateMs(levels)));
    // A boot is no part of the trial.
    begun = monotonicMs();
    provoking = await TrialProvocations.begin(chosen, {
      rng,
      directory,
      actors: actorProcesses(actors),
      undo: order.provoker?.undo ?? noGuard,
    });
    const seen = await workload.run({
      trial,
      levels,
      rng,
      directory: host.directory,
      medium,
      ...(others && { others }),
      hunt,
      firstFile: trial * FILES_PER_TRIAL,
      actors: host.actors,
      ...(builds && { builds }),
    });
    outcome = await host.leave(await provoking.end(seen));
    const planted = await order.planting?.end();
    if (planted) outcome = { ...outcome, planted };
  } catch (error) {
    await provoking?.end(unknownOutcome(''));
    await host?.abandon();
    await order.planting?.end().catch((): FaultReceipt[] => []);
    // It would be the same in every trial to come, and only the user can mend it.
    if (trial === 1 && isAbsentProgram(error)) throw error;
    outcome = unknownOutcome((error as Error).message);
  }
  const durationMs = monotonicMs() - begun;
  return { trial, cell, seed: rng.seed, startedAtMs, durationMs, outcome };
}

/** The directories of a trial on other media than its own. */
async function groundsOn(
  others: TrialsPlace['others'],
  trial: number,
): Promise<TrialSetting['others']> {
  const grounds: Record<string, TrialGround> = {};
  for (const [url, place] of Object.entries(others ?? {})) {
    grounds[url] = { directory: await place.make(trial), medium: place.medium };
  }
  return others && grounds;
}

const noGuard = () => Promise.reject(new Error('there is no guard to undo it'));

function isAbsentProgram(error: unknown): boolean {
  return error instanceof HeisenwriteError && error.code === 'no-such-program';
}

function unknownOutcome(reason: string): TrialOutcome {
  return {
    opportunities: { reads: 0, writes: 0, bytesRead: 0, bytesWritten: 0 },
    tallies: [],
    observations: [],
    failures: [],
    unknown: reason.split('\n')[0] as string,
  };
}
