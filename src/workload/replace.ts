// `replace`: a whole file is published again and again while readers open it and read it to its
// end. Rename is meant to be atomic; writing in place (what `fs.writeFile` does) is not; and a
// temporary name that two writers share turns the safe way into an unsafe one.

import { join } from 'node:path';
import { numberLevel, textLevel } from '../domain/plan.ts';
import type { TrialOutcome } from '../domain/trial.ts';
import type { TrialSetting, Workload } from '../domain/workload.ts';
import {
  type PollerResult,
  polledOutcome,
  READERS_FACTOR,
  type RewriterResult,
  rewriteWhilePolled,
  timeFactor,
} from './polling.ts';
import { PUBLISH_WAYS, type PublishWay, type ReplaceAssignment } from './replace-roles.ts';
import { createUnitBoard } from './unit-board.ts';

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
    READERS_FACTOR,
    timeFactor(200),
  ],
  constraints: [],
  promises: ['replace-atomic', 'fresh-read'],
  spaceBytes: (levels) => 4 * numberLevel(levels, 'size'),
  directBytes: () => [],
  estimateMs: (levels) => numberLevel(levels, 'time') + 20,
  run: runReplace,
};

async function runReplace({ levels, actors, ...setting }: TrialSetting): Promise<TrialOutcome> {
  const way = textLevel(levels, 'publish') as PublishWay;
  const assignment: ReplaceAssignment = {
    board: createUnitBoard(1, actors),
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
  const first = await actors.call<RewriterResult>('writer-0', 'replace-prepare', assignment);
  if (first.failures.length > 0) return polledOutcome([], [first]);
  const writers = way === 'shared-temporary' ? 2 : 1;
  const writing = Array.from({ length: writers }, (_, writer) =>
    actors.call<RewriterResult>(`writer-${writer}`, 'replace-write', { ...assignment, writer }),
  );
  const reading = Array.from({ length: numberLevel(levels, 'readers') }, (_, reader) =>
    actors.call<PollerResult>(`reader-${reader}`, 'replace-read', assignment),
  );
  return rewriteWhilePolled(assignment.board, numberLevel(levels, 'time'), writing, reading);
}
