// `exchange`: a name gets its next content again and again while another client polls it: whole,
// partial, old, or absent? What one operation does atomically, a rename may or may not, and writing
// into the file does not.

import type { Levels } from '../domain/cell.ts';
import type { Capability, Stability } from '../domain/medium.ts';
import { numberLevel, textLevel } from '../domain/plan.ts';
import type { TrialOutcome } from '../domain/trial.ts';
import type { TrialSetting, Workload } from '../domain/workload.ts';
import { STABILITY_FACTOR } from './content-factors.ts';
import {
  EXCHANGE_WAYS,
  type ExchangeAssignment,
  type ExchangeWay,
  type ExchangeWriterResult,
} from './exchange-roles.ts';
import {
  type PollerResult,
  polledOutcome,
  READERS_FACTOR,
  rewriteWhilePolled,
  timeFactor,
} from './polling.ts';
import { createUnitBoard } from './unit-board.ts';

export const exchange: Workload = {
  name: 'exchange',
  about: 'a name is given its next content while another client polls it: whole, partial, old?',
  factors: [
    {
      name: 'way',
      kind: 'choice',
      about: 'put; temporary name and rename; write into the file; create it anew',
      fallback: 'rename',
      choices: EXCHANGE_WAYS,
    },
    {
      name: 'size',
      kind: 'size',
      about: 'bytes of the content',
      fallback: 65_536,
      min: 512,
      max: 1024 * 1024,
      powerOfTwo: true,
      shrinks: true,
    },
    {
      name: 'chunk',
      kind: 'size',
      about: 'bytes of one write',
      fallback: 1024 * 1024,
      min: 512,
      max: 1024 * 1024,
    },
    STABILITY_FACTOR,
    { ...READERS_FACTOR, about: 'how many clients poll' },
    timeFactor(500),
  ],
  constraints: [],
  promises: ['replace-atomic', 'fresh-read'],
  spaceBytes: (levels) => 4 * numberLevel(levels, 'size'),
  directBytes: () => [],
  needs,
  estimateMs: (levels) => numberLevel(levels, 'time') + 50,
  run: runExchange,
};

const NEEDS: Readonly<Record<ExchangeWay, readonly Capability[]>> = {
  put: ['atomicReplace'],
  rename: ['rename'],
  'in-place': ['randomWrites'],
  create: [],
};

function needs(levels: Levels): Capability[] {
  const needed: Capability[] = ['secondClient', ...NEEDS[textLevel(levels, 'way') as ExchangeWay]];
  if (levels.stability !== 'any') needed.push('stability');
  return needed;
}

async function runExchange({ levels, actors, ...setting }: TrialSetting): Promise<TrialOutcome> {
  const way = textLevel(levels, 'way') as ExchangeWay;
  const sizeBytes = numberLevel(levels, 'size');
  const assignment: ExchangeAssignment = {
    board: createUnitBoard(1, actors),
    medium: setting.medium,
    path: `${setting.directory}/published`,
    file: 'published',
    stream: {
      hunt: setting.hunt,
      file: setting.firstFile,
      writer: 0,
      blockBytes: sizeBytes,
      pattern: 'stamp',
      fileBytes: sizeBytes,
    },
    way,
    manner: {
      stability: textLevel(levels, 'stability') as Stability,
      upload: 'any',
      totalBytes: sizeBytes,
    },
    chunkBytes: Math.min(sizeBytes, numberLevel(levels, 'chunk')),
  };
  const first = await actors.call<ExchangeWriterResult>('writer-0', 'exchange-prepare', assignment);
  if (first.failures.length > 0) return polledOutcome([], [first]);
  const writing = actors.call<ExchangeWriterResult>('writer-0', 'exchange-write', assignment);
  const reading = Array.from({ length: numberLevel(levels, 'readers') }, (_, reader) =>
    actors.call<PollerResult>(`reader-${reader}`, 'exchange-read', assignment),
  );
  return rewriteWhilePolled(assignment.board, numberLevel(levels, 'time'), [writing], reading);
}
