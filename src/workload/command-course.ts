// What the steps of one trial of `command` share: where its files lie, what its placeholders stand
// for, and what it has come to so far.

import { extname, join } from 'node:path';
import type { ValueFor } from '../domain/command-text.ts';
import type { Observation, OperationFailure, Pattern } from '../domain/observation.ts';
import { numberLevel, textLevel } from '../domain/plan.ts';
import type { PromiseTally } from '../domain/promise.ts';
import type { ProgramRun, TrialOutcome } from '../domain/trial.ts';
import type { TrialSetting } from '../domain/workload.ts';
import { NONE } from './command-program.ts';
import type { CanaryAssignment } from './command-roles.ts';

const BLOCK_BYTES_MAX = 4096;
const IO_BYTES_MAX = 1024 * 1024;

export interface CommandCourse {
  readonly setting: TrialSetting;
  readonly canary: CanaryAssignment;
  /** Where the commands run and the output is to be. */
  readonly directory: string;
  readonly commands: Readonly<Record<'program' | 'read' | 'compare', string>>;
  readonly limitMs: number;
  readonly valueFor: ValueFor;
  readonly programs: ProgramRun[];
  readonly failures: OperationFailure[];
  readonly tallies: PromiseTally[];
  readonly observations: Observation[];
  bytesRead: number;
  reads: number;
  unknown: string | null;
  outcome(): TrialOutcome;
}

/** The canary and the output have one name in two directories, as copying programs like it. */
export function courseOf(setting: TrialSetting, lengthBytes: number): CommandCourse {
  const { levels } = setting;
  const input = textLevel(levels, 'input');
  const name = `canary${input === NONE ? '' : extname(input)}`;
  const directory = join(setting.directory, 'target');
  const canary: CanaryAssignment = {
    source: input === NONE ? stampOf(setting, lengthBytes) : { kind: 'input', path: input },
    canary: join(setting.directory, 'source', name),
    out: join(directory, name),
    lengthBytes,
  };
  const course: CommandCourse = {
    setting,
    canary,
    directory,
    commands: {
      program: textLevel(levels, 'program'),
      read: textLevel(levels, 'read'),
      compare: textLevel(levels, 'compare'),
    },
    limitMs: numberLevel(levels, 'limit'),
    valueFor: valuesOf(setting, canary, directory),
    programs: [],
    failures: [],
    tallies: [],
    observations: [],
    bytesRead: 0,
    reads: 0,
    unknown: null,
    outcome: () => outcomeOf(course),
  };
  return course;
}

function stampOf(setting: TrialSetting, lengthBytes: number): CanaryAssignment['source'] {
  return {
    kind: 'stamp',
    stream: {
      hunt: setting.hunt,
      file: setting.firstFile,
      writer: 0,
      blockBytes: largestPower(lengthBytes, BLOCK_BYTES_MAX),
      pattern: textLevel(setting.levels, 'pattern') as Pattern,
      // Stated, so that an output that was kept can be verified alone.
      fileBytes: lengthBytes,
    },
    ioBytes: largestPower(lengthBytes, IO_BYTES_MAX),
  };
}

/** The largest power of two up to `most` that divides it. */
function largestPower(bytes: number, most: number): number {
  let power = most;
  while (bytes % power !== 0) power /= 2;
  return power;
}

function valuesOf(
  { rng, trial, builds = {} }: TrialSetting,
  { canary, out }: CanaryAssignment,
  dir: string,
): ValueFor {
  const seed = String(rng.fork('command').integer(0, 2 ** 31 - 1));
  const values: Record<string, string> = { canary, out, dir, seed, trial: String(trial) };
  return (name) => (name.startsWith('build:') ? builds[name.slice(6)] : values[name]);
}

function outcomeOf(course: CommandCourse): TrialOutcome {
  const { programs, failures, tallies, observations, unknown, reads, bytesRead } = course;
  const writes = programs.filter((run) => run.as === 'write' && run.status === 0).length;
  const bytesWritten = writes * course.canary.lengthBytes;
  return {
    opportunities: { reads, writes, bytesRead, bytesWritten },
    tallies,
    observations: observations.map((observation, seq) => ({ ...observation, seq })),
    failures,
    programs,
    ...(unknown === null ? {} : { unknown }),
  };
}
