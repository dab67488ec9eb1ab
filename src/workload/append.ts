// `append`: several writers append records to one file through descriptors opened with O_APPEND,
// one write(2) a record. Afterwards every record must be there, whole, once, and in its writer's
// order.

import { join } from 'node:path';
import type { Observation, OperationFailure, StampStream } from '../domain/observation.ts';
import { numberLevel, textLevel } from '../domain/plan.ts';
import type { PromiseTally } from '../domain/promise.ts';
import type { TrialOutcome } from '../domain/trial.ts';
import type { TrialSetting, Workload } from '../domain/workload.ts';
import type { AppendAssignment } from './append-roles.ts';
import { sumOpportunities, sumTallies } from './tally.ts';
import { createUnitBoard, runActors, stopActors } from './unit-board.ts';

export const append: Workload = {
  name: 'append',
  about: 'several writers append records to one file: mixed, lost, or all whole?',
  factors: [
    {
      name: 'writers',
      kind: 'count',
      about: 'how many append at a time',
      fallback: 4,
      min: 1,
      max: 16,
      shrinks: true,
      provokes: { toward: 'greater' },
    },
    {
      name: 'record',
      kind: 'size',
      about: 'bytes of one record, written by one call',
      fallback: 512,
      min: 512,
      max: 1024 * 1024,
      powerOfTwo: true,
      shrinks: true,
    },
    {
      name: 'records',
      kind: 'count',
      about: 'records of each writer',
      fallback: 500,
      min: 1,
      max: 100_000,
      shrinks: true,
    },
    {
      name: 'writer',
      kind: 'choice',
      about: 'how the writers open the file (O_APPEND besides)',
      fallback: 'buffered',
      choices: ['buffered', 'dsync'],
    },
  ],
  constraints: [],
  promises: ['append-atomic'],
  spaceBytes: (levels) =>
    numberLevel(levels, 'writers') * numberLevel(levels, 'records') * numberLevel(levels, 'record'),
  directBytes: () => [],
  estimateMs: (levels) => {
    const records = numberLevel(levels, 'writers') * numberLevel(levels, 'records');
    return 20 + records * (levels.writer === 'dsync' ? 1 : 0.02);
  },
  run: runAppend,
};

interface ActorResult {
  readonly writes?: number;
  readonly bytesWritten?: number;
  readonly reads?: number;
  readonly bytesRead?: number;
  readonly acknowledged?: number;
  readonly failures: readonly OperationFailure[];
  readonly tallies?: readonly PromiseTally[];
  readonly observations?: readonly Observation[];
}

async function runAppend({ levels, actors, ...setting }: TrialSetting): Promise<TrialOutcome> {
  const writers = numberLevel(levels, 'writers');
  const stream: StampStream = {
    hunt: setting.hunt,
    file: setting.firstFile,
    writer: 0,
    blockBytes: numberLevel(levels, 'record'),
    pattern: 'stamp',
    fileBytes: 0,
  };
  const assignment: AppendAssignment = {
    board: createUnitBoard(1, actors),
    path: join(setting.directory, 'journal'),
    file: 'journal',
    stream,
    mode: textLevel(levels, 'writer') as AppendAssignment['mode'],
    recordsPerWriter: numberLevel(levels, 'records'),
  };
  const writing = Array.from({ length: writers }, (_, writer) =>
    actors.call<ActorResult>(`writer-${writer}`, 'append-write', { ...assignment, writer }),
  );
  runActors(assignment.board);
  const written = await Promise.all(writing);
  stopActors(assignment.board);
  const failures = written.flatMap((result) => result.failures);
  const recordsOfWriter = written.map((result) => result.acknowledged ?? 0);
  const results =
    failures.length > 0
      ? written
      : [
          ...written,
          await actors.call<ActorResult>('reader-0', 'append-check', {
            ...assignment,
            recordsOfWriter,
          }),
        ];
  return {
    opportunities: sumOpportunities(results),
    tallies: sumTallies(results.flatMap((result) => result.tallies ?? [])),
    observations: results.flatMap((result) => result.observations ?? []),
    failures: results.flatMap((result) => result.failures),
  };
}
