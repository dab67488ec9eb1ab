// `mailbox`: writers rewrite a unit again and again, in writes of `chunk` bytes, while readers poll
// it. Every read must show one generation, whole, and none older than what was acknowledged before
// the read began. The original: a 4096-byte mailbox written as 8 x 512 bytes by dd.

import { join } from 'node:path';
import type { Levels } from '../domain/cell.ts';
import type { OperationFailure, StampStream } from '../domain/observation.ts';
import { numberLevel, textLevel } from '../domain/plan.ts';
import type { TrialOutcome } from '../domain/trial.ts';
import type { TrialSetting, Workload } from '../domain/workload.ts';
import { OPEN_MODES } from '../medium/file.ts';
import type {
  MailboxAssignment,
  MailboxReaderResult,
  MailboxWriterResult,
} from './mailbox-roles.ts';
import { polledOutcome, READERS_FACTOR, rewriteWhilePolled, timeFactor } from './polling.ts';
import { createUnitBoard } from './unit-board.ts';

export const mailbox: Workload = {
  name: 'mailbox',
  about: 'writers rewrite a unit while readers poll it: torn, stale or absent?',
  factors: [
    {
      name: 'unit',
      kind: 'size',
      about: 'bytes that a reader expects to see in one piece',
      fallback: 4096,
      min: 512,
      max: 1024 * 1024,
      powerOfTwo: true,
      shrinks: true,
    },
    {
      name: 'chunk',
      kind: 'size',
      about: 'bytes of one write; 0 writes the whole unit at once',
      fallback: 0,
      min: 0,
      max: 1024 * 1024,
      provokes: { toward: 'smaller', where: 'chunk != 0' },
    },
    {
      name: 'program',
      kind: 'choice',
      about: 'who writes: the built-in writer, or the real dd, started for each generation',
      fallback: 'builtin',
      choices: ['builtin', 'dd'],
    },
    {
      name: 'writer',
      kind: 'choice',
      about: 'how the writer opens the file',
      fallback: 'buffered',
      choices: OPEN_MODES,
    },
    {
      name: 'reader',
      kind: 'choice',
      about: 'how the reader opens the file',
      fallback: 'buffered',
      choices: ['buffered', 'direct'],
    },
    {
      name: 'stall',
      kind: 'duration',
      about: 'pause of the writer between two chunks',
      fallback: 0,
      min: 0,
      max: 10_000,
      provokes: { toward: 'greater', where: 'chunk != 0' },
    },
    {
      name: 'writers',
      kind: 'count',
      about: 'each rewrites a unit of its own',
      fallback: 1,
      min: 1,
      max: 16,
      shrinks: true,
      provokes: { toward: 'greater' },
    },
    { ...READERS_FACTOR, about: 'each polls all units' },
    timeFactor(200),
  ],
  constraints: [
    'chunk <= unit',
    'chunk != 0 => chunk divides unit',
    'writer = direct and chunk != 0 => chunk >= 512',
  ],
  promises: ['unit-atomic', 'fresh-read'],
  spaceBytes: (levels) => 2 * numberLevel(levels, 'unit') * numberLevel(levels, 'writers') + 65_536,
  directBytes: (levels) => [
    ...(levels.writer === 'direct'
      ? [numberLevel(levels, 'chunk') || numberLevel(levels, 'unit')]
      : []),
    ...(levels.reader === 'direct' ? [numberLevel(levels, 'unit')] : []),
  ],
  estimateMs: (levels) => numberLevel(levels, 'time') + 20,
  run: runMailbox,
};

async function runMailbox(setting: TrialSetting): Promise<TrialOutcome> {
  const { levels, actors } = setting;
  const writers = numberLevel(levels, 'writers');
  const readers = numberLevel(levels, 'readers');
  const board = createUnitBoard(writers, actors);
  const assignment: MailboxAssignment = {
    board,
    regions: Array.from({ length: writers }, (_, region) => ({
      path: join(setting.directory, `mailbox-${region}`),
      file: `mailbox-${region}`,
      stream: regionStream(setting, region),
    })),
    unitBytes: numberLevel(levels, 'unit'),
    chunkBytes: numberLevel(levels, 'chunk') || numberLevel(levels, 'unit'),
    writerMode: textLevel(levels, 'writer') as MailboxAssignment['writerMode'],
    readerMode: textLevel(levels, 'reader') as MailboxAssignment['readerMode'],
    program: textLevel(levels, 'program') as MailboxAssignment['program'],
    stallMs: numberLevel(levels, 'stall'),
  };
  const prepared = await actors.call<{ failures: OperationFailure[] }>(
    'writer-0',
    'mailbox-prepare',
    assignment,
  );
  if (prepared.failures.length > 0) return polledOutcome([], [prepared]);
  const writing = Array.from({ length: writers }, (_, region) =>
    actors.call<MailboxWriterResult>(`writer-${region}`, 'mailbox-write', {
      ...assignment,
      region,
    }),
  );
  const reading = Array.from({ length: readers }, (_, reader) =>
    actors.call<MailboxReaderResult>(`reader-${reader}`, 'mailbox-read', assignment),
  );
  return rewriteWhilePolled(board, numberLevel(levels, 'time'), writing, reading);
}

function regionStream(setting: TrialSetting, region: number): StampStream {
  return {
    hunt: setting.hunt,
    file: setting.firstFile + (region % 8),
    writer: region,
    blockBytes: numberLevel(setting.levels as Levels, 'unit'),
    pattern: 'stamp',
    fileBytes: 0,
  };
}
