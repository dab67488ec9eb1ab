// `replace`: a whole file is published again and again while readers open it and read it to its
// end. Rename is meant to be atomic; writing in place (what `fs.writeFile` does) is not; and a
// temporary name that two writers share turns the safe way into an unsafe one.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OperationFailure } from '../domain/observation.ts';
import { numberLevel, textLevel } from '../domain/plan.ts';
import type { TrialOutcome } from '../domain/trial.ts';
import type { TrialSetting, Workload } from '../domain/workload.ts';
import { PUBLISH_WAYS, type PublishWay, type ReplaceAssignment } from './replace-roles.ts';
import { sumOpportunities, sumTallies, withChances } from './tally.ts';
import { createUnitBoard, runActors, stopActors } from './unit-board.ts';
import type { UnitReaderResult } from './unit-reader.ts';

export const replace: Workload = {
  name: 'replace',
  about: 'a file is replaced while readers open it: whole, partial, or absent?',
  factors: [
    {
      name: 'publish',
      kind: 'choice',
      about: 'temporary file and rename; write in place; rename with a shared temporary name',
      fallback: 'rename',
      choices: PUBLISH_WAYS,
    },
    {
      name: 'size',
      kind: 'size',
      about: 'bytes of the file',
      fallback: 65_536,
      min: 512,
      max: 1024 * 1024,
      powerOfTwo: true,
      shrinks: true,
    },
    {
      name: 'sync',
      kind: 'flag',
      about: 'fsync before the rename',
      fallback: false,
    },
    {
      name: 'readers',
      kind: 'count',
      about: 'how many poll',
      fallback: 1,
      min: 1,
      max: 16,
      shrinks: true,
      provokes: { toward: 'greater' },
    },
    {
      name: 'time',
      kind: 'duration',
      about: 'length of a trial',
      fallback: 200,
      min: 10,
      max: 600_000,
      shrinks: true,
    },
  ],
  constraints: [],
  promises: ['replace-atomic', 'fresh-read'],
  spaceBytes: (levels) => 4 * numberLevel(levels, 'size'),
  directBytes: () => [],
  estimateMs: (levels) => numberLevel(levels, 'time') + 20,
  run: runReplace,
};

type ReaderResult = UnitReaderResult & { readonly failures: readonly OperationFailure[] };
interface WriterResult {
  readonly writes: number;
  readonly bytesWritten: number;
  readonly failures: readonly OperationFailure[];
}

async function runReplace({ levels, actors, ...setting }: TrialSetting): Promise<TrialOutcome> {
  const way = textLevel(levels, 'publish') as PublishWay;
  const assignment: ReplaceAssignment = {
    board: createUnitBoard(1),
    directory: setting.directory,
    path: join(setting.directory, 'published'),
    file: 'published',
    stream: {
      hunt: setting.hunt,
      file: setting.firstFile,
      writer: 0,
      blockBytes: numberLevel(levels, 'size'),
      pattern: 'stamp',
      fileBytes: numberLevel(levels, 'size'),
    },
    way,
    sync: Boolean(levels.sync),
  };
  const first = await actors.call<WriterResult>('writer-0', 'replace-prepare', assignment);
  if (first.failures.length > 0) return outcomeOf([], [first]);
  const writers = way === 'shared-temporary' ? 2 : 1;
  const writing = Array.from({ length: writers }, (_, writer) =>
    actors.call<WriterResult>(`writer-${writer}`, 'replace-write', { ...assignment, writer }),
  );
  const reading = Array.from({ length: numberLevel(levels, 'readers') }, (_, reader) =>
    actors.call<ReaderResult>(`reader-${reader}`, 'replace-read', assignment),
  );
  runActors(assignment.board);
  const everybody = Promise.all([Promise.all(reading), Promise.all(writing)]);
  everybody.catch(() => stopActors(assignment.board));
  await Promise.race([sleep(numberLevel(levels, 'time')), everybody]);
  stopActors(assignment.board);
  const [readerResults, writerResults] = await everybody;
  return outcomeOf(readerResults, writerResults);
}

function outcomeOf(
  readers: readonly ReaderResult[],
  writers: readonly WriterResult[],
): TrialOutcome {
  const rewrites = writers.reduce((sum, writer) => sum + writer.writes, 0);
  return {
    opportunities: sumOpportunities([...readers, ...writers]),
    tallies: withChances(sumTallies(readers.flatMap((reader) => reader.tallies)), rewrites),
    observations: readers
      .flatMap((reader) => reader.observations)
      .map((observation, seq) => ({ ...observation, seq })),
    failures: [...readers, ...writers].flatMap((actor) => actor.failures),
  };
}
