// The port of a workload (what a trial does) and of the actors that take part in it. Workloads say
// what they need and test; the trial stage gives them actors, a directory of their own and a limit.

import type { Rng } from '../base/rng.ts';
import type { Levels } from './cell.ts';
import type { Capability, MediumAddress, MediumCapabilities } from './medium.ts';
import type { FactorDeclaration } from './plan.ts';
import type { TrialGround } from './planting.ts';
import type { PromiseName } from './promise.ts';
import type { TrialOutcome } from './trial.ts';

export interface Workload {
  readonly name: string;
  readonly about: string;
  readonly factors: readonly FactorDeclaration[];
  /** Constraints that always hold, in the grammar of src/plan/constraint.ts. */
  readonly constraints: readonly string[];
  readonly promises: readonly PromiseName[];
  /** What it tests says itself which of them it keeps (`TrialOutcome.promised`). */
  readonly promisesItself?: true;
  /** Bytes that one trial may occupy at a time. `levels` has every factor. */
  spaceBytes(levels: Levels): number;
  /**
   * Sizes that the trial moves with O_DIRECT, all of which the medium's alignment must divide;
   * empty where it opens nothing so.
   */
  directBytes(levels: Levels): readonly number[];
  /** It speaks the port of media, and that of a mounted directory as well. */
  readonly anywhere?: true;
  /** Of a workload that speaks the port of media: what the medium must be able to do. */
  needs?(levels: Levels): readonly Capability[];
  /** URLs of other media than the place, on each of which the trial has a directory, too. */
  otherMedia?(levels: Levels): readonly string[];
  /**
   * Why this machine cannot make such a trial there, or null: what provokes it may not be done.
   * @param directory the place, where it is one of this host
   */
  refusal?(levels: Levels, directory?: string): string | null;
  /** Expected duration of one trial in milliseconds, for `--dry-run` and time limits. */
  estimateMs(levels: Levels): number;
  /** Drives one trial; rejects only when the tester or the environment broke (verdict unknown). */
  run(setting: TrialSetting): Promise<TrialOutcome>;
}

export interface TrialSetting {
  readonly trial: number;
  /** Every factor of the workload, defaults filled in. */
  readonly levels: Levels;
  readonly rng: Rng;
  /** Directory of this trial alone, empty, on the medium under test; a path of that medium. */
  readonly directory: string;
  /** How a client reaches the medium; a directory that is mounted has the scheme `file`. */
  readonly medium: MediumAddress;
  /** By URL, of each of `otherMedia`: its directory there, which is removed after the trial. */
  readonly others?: Readonly<Record<string, TrialGround>>;
  /** 16 hex digits. */
  readonly hunt: string;
  /** File numbers [firstFile, firstFile + 8) belong to this trial. */
  readonly firstFile: number;
  readonly actors: Actors;
  /** What the plan builds, by name: the program that was made of this cell's levels. */
  readonly builds?: Readonly<Record<string, string>>;
}

/** Where an actor lives: a worker thread, a process of its own, or another host, over ssh. */
export type ActorHost = 'thread' | 'process' | `ssh:${string}`;

export interface Actors {
  /**
   * Runs `role` (a name in src/workload/roles.ts) on the standing actor `name` and resolves with
   * what it returns. Rejects when the actor dies or exceeds the trial's time limit.
   */
  call<Result>(name: string, role: string, assignment: object, host?: ActorHost): Promise<Result>;
  /**
   * Whole numbers, all 0, that every actor of the trial sees; left out: threads share them.
   * @param host where the actors are that see it, as they are called
   */
  board?(slots: number, host?: ActorHost): Int32Array<ArrayBufferLike>;
}

/** What a place can do, found by trying; trials that need more are left out, with the reason. */
export interface PlaceCapabilities {
  /** Smallest multiple that O_DIRECT takes, bytes; null where it is refused. */
  readonly directAlignmentBytes: number | null;
  /** Why there is no O_DIRECT: the errno. */
  readonly directRefusal: string | null;
  /** Where it is, of a mounted file system. */
  readonly directory?: string;
  /** What its client can do; null for a directory on a mounted file system. */
  readonly client: MediumCapabilities | null;
}
