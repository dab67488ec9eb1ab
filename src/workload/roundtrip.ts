// `roundtrip`: write, sync, close, reopen, read, check every word; then the same again with the
// next generation (so that a lost overwrite is seen), a partial overwrite, a truncation and an
// extension.

import { join } from 'node:path';
import type { Rng } from '../base/rng.ts';
import type { Levels } from '../domain/cell.ts';
import { HOST_CONSTRAINTS, HOST_FACTORS } from '../domain/hosts.ts';
import type { OperationFailure, Pattern, StampStream } from '../domain/observation.ts';
import { numberLevel, textLevel } from '../domain/plan.ts';
import type { TrialOutcome } from '../domain/trial.ts';
import type { ActorHost, TrialSetting, Workload } from '../domain/workload.ts';
import { OPEN_MODES, type OpenMode, SYNC_CALLS, type SyncCall } from '../medium/file.ts';
import { PATTERN_FACTOR } from './content-factors.ts';
import { blockBytesOf, GenerationMap } from './generation-map.ts';
import type { CheckAssignment } from './roundtrip-check.ts';
import type { ReleaseResult, WriteAssignment, WriteResult } from './roundtrip-roles.ts';
import type { CheckResult } from './run-check.ts';
import { checkedOutcome } from './tally.ts';
import { createUnitBoard, runActors } from './unit-board.ts';
import { WRITE_ORDERS, type WriteOrder } from './write-order.ts';

export const roundtrip: Workload = {
  name: 'roundtrip',
  about: 'write, sync, close, reopen, read and check every word; rewrite and check again',
  factors: [
    {
      name: 'size',
      kind: 'size',
      about: 'bytes of the file',
      fallback: 1048576,
      min: 512,
      max: 2 ** 40,
      shrinks: true,
    },
    {
      name: 'io',
      kind: 'size',
      about: 'bytes of one write and one read',
      fallback: 65_536,
      min: 512,
      max: 1048576,
      shrinks: true,
    },
    {
      name: 'mode',
      kind: 'choice',
      about: 'how writer and reader open it',
      fallback: 'buffered',
      choices: OPEN_MODES,
    },
    {
      name: 'order',
      kind: 'choice',
      about: 'order of the writes',
      fallback: 'sequential',
      choices: WRITE_ORDERS,
    },
    PATTERN_FACTOR,
    { name: 'sync', kind: 'choice', about: 'before close', fallback: 'none', choices: SYNC_CALLS },
    { name: 'reopen', kind: 'flag', about: 'close and reopen before the check', fallback: true },
    {
      name: 'writers',
      kind: 'count',
      about: 'threads that share the writes',
      fallback: 1,
      min: 1,
      max: 16,
      shrinks: true,
      provokes: { toward: 'greater' },
    },
    {
      name: 'reader',
      kind: 'choice',
      about: 'who checks: the writer itself, or another process',
      fallback: 'same',
      choices: ['same', 'process'],
    },
    {
      name: 'steps',
      kind: 'count',
      about: 'how many of: write, rewrite, rewrite a part, cut and extend',
      fallback: 4,
      min: 1,
      max: 4,
      shrinks: true,
    },
    {
      name: 'onerror',
      kind: 'choice',
      about: 'after a call that failed: stop, or check what every write() said was written',
      fallback: 'stop',
      choices: ['stop', 'check'],
    },
    ...HOST_FACTORS,
  ],
  constraints: [
    ...HOST_CONSTRAINTS,
    'io <= size',
    'io divides size',
    'mode = direct => io >= 512',
    'reader = process => reopen = true',
  ],
  promises: ['read-back', 'synced'],
  spaceBytes: (levels) => 2 * numberLevel(levels, 'size') + 65_536,
  directBytes: (levels) => (levels.mode === 'direct' ? [numberLevel(levels, 'io')] : []),
  estimateMs,
  run: runRoundtrip,
};

/** Rough: 500 MB/s when buffered, 3 ms for a synchronous write, five passes. */
function estimateMs(levels: Levels): number {
  const size = numberLevel(levels, 'size');
  const writes = size / numberLevel(levels, 'io');
  const perWriteMs = levels.mode === 'buffered' ? 0.01 : 0.5;
  return 30 + 3 * (size / 500_000 + writes * perWriteMs);
}

interface Course {
  readonly setting: TrialSetting;
  readonly stream: StampStream;
  readonly path: string;
  readonly sizeBytes: number;
  readonly ioBytes: number;
  readonly map: GenerationMap;
  readonly writes: WriteResult[];
  readonly checks: CheckResult[];
  readonly releases: ReleaseResult[];
}

async function runRoundtrip(setting: TrialSetting): Promise<TrialOutcome> {
  const { levels } = setting;
  const sizeBytes = numberLevel(levels, 'size');
  const ioBytes = numberLevel(levels, 'io');
  const blockBytes = blockBytesOf(ioBytes);
  const course: Course = {
    setting,
    stream: {
      hunt: setting.hunt,
      file: setting.firstFile,
      writer: 0,
      blockBytes,
      pattern: textLevel(levels, 'pattern') as Pattern,
      fileBytes: 0,
    },
    path: join(setting.directory, 'data'),
    sizeBytes,
    ioBytes,
    map: new GenerationMap(sizeBytes / blockBytes),
    writes: [],
    checks: [],
    releases: [],
  };
  const all = steps(course, setting.rng.fork('steps'));
  for (const step of all.slice(0, numberLevel(levels, 'steps'))) {
    const isOpen = await writeStep(course, step);
    const failed = failuresOf(course).length > 0;
    if (!isOpen || (failed && levels.onerror === 'stop')) break;
    await checkStep(course, step);
    if (failuresOf(course).length > 0 || observationsOf(course).length > 0) break;
  }
  const release = { file: 'data' };
  course.releases.push(await setting.actors.call('writer-0', 'roundtrip-release', release));
  return checkedOutcome(course.writes, course.checks, failuresOf(course));
}

interface Step {
  readonly generation: number;
  /** Which I/Os of the file are written: all, or a random part. */
  readonly share: number;
  /** Cut to this length before the writes. */
  readonly cutToBytes: number | null;
  /** After a cut: stretch back with ftruncate, or let the last write extend the file. */
  readonly stretch: boolean;
}

function steps({ sizeBytes, ioBytes }: Course, rng: Rng): Step[] {
  const ios = sizeBytes / ioBytes;
  const cutToBytes = rng.integer(0, Math.max(0, ios - 1)) * ioBytes;
  return [
    { generation: 1, share: 1, cutToBytes: null, stretch: false },
    { generation: 2, share: 1, cutToBytes: null, stretch: false },
    { generation: 3, share: 0.3, cutToBytes: null, stretch: false },
    { generation: 4, share: 0.5, cutToBytes, stretch: rng.uniform() < 0.5 },
  ];
}

/** Returns false where the file could not even be opened, so that there is nothing to check. */
async function writeStep(course: Course, step: Step): Promise<boolean> {
  const { setting, map, stream, path, sizeBytes, ioBytes } = course;
  const { levels, actors } = setting;
  const writers = numberLevel(levels, 'writers');
  const ios = Array.from({ length: sizeBytes / ioBytes }, (_, index) => index);
  const rng = setting.rng.fork(`generation-${step.generation}`);
  const lastExtends = step.cutToBytes !== null && !step.stretch;
  const part = ios.filter((io) => {
    const drawn = rng.uniform() < step.share;
    return drawn || (lastExtends && io === ios.length - 1);
  });
  if (step.cutToBytes !== null) map.cut(step.cutToBytes / stream.blockBytes);
  const assignment: WriteAssignment = {
    board: createUnitBoard(1, actors),
    path,
    file: 'data',
    stream,
    mode: textLevel(levels, 'mode') as OpenMode,
    sync: textLevel(levels, 'sync') as SyncCall,
    ioBytes,
    sizeBytes,
    generation: step.generation,
    create: step.generation === 1,
    cutToBytes: step.cutToBytes,
    stretch: step.stretch,
    keepOpen: !levels.reopen,
    order: textLevel(levels, 'order') as WriteOrder,
    seed: rng.seed,
  };
  if (step.generation === 1 || step.cutToBytes !== null) {
    course.writes.push(await actors.call<WriteResult>('writer-0', 'roundtrip-prepare', assignment));
    if (failuresOf(course).length > 0) return false;
  }
  const writing = Array.from({ length: writers }, (_, writer) => {
    const own = part.filter((_io, index) => index % writers === writer);
    for (const io of own) {
      map.mark(
        (io * ioBytes) / stream.blockBytes,
        ioBytes / stream.blockBytes,
        step.generation,
        writer,
      );
    }
    return actors.call<WriteResult>(`writer-${writer}`, 'roundtrip-write', {
      ...assignment,
      writer,
      ios: own,
      keepOpen: assignment.keepOpen && writer === 0,
    });
  });
  runActors(assignment.board);
  course.writes.push(...(await Promise.all(writing)));
  return true;
}

async function checkStep(course: Course, step: Step): Promise<void> {
  const { setting, map, stream, path, sizeBytes, ioBytes } = course;
  const { levels } = setting;
  const byProcess = levels.reader === 'process';
  const host: ActorHost = byProcess ? 'process' : 'thread';
  const assignment: CheckAssignment = {
    path,
    file: 'data',
    stream,
    mode: textLevel(levels, 'mode') as OpenMode,
    ioBytes,
    lengthBytes: sizeBytes,
    runs: map.runs(),
    sourceIntact: course.writes.every((result) => result.sourceIntact),
    refused: course.writes.flatMap((result) => result.refused),
    alsoDirect: levels.sync !== 'none' && step.generation === 2,
  };
  const actor = byProcess ? 'reader-process' : 'writer-0';
  course.checks.push(
    await setting.actors.call<CheckResult>(actor, 'roundtrip-check', assignment, host),
  );
}

function failuresOf(course: Course): OperationFailure[] {
  const { writes, checks, releases } = course;
  return [...writes, ...checks, ...releases].flatMap((result) => result.failures ?? []);
}

function observationsOf(course: Course) {
  return course.checks.flatMap((check) => check.observations);
}
