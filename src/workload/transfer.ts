// `transfer`: a file goes to a medium through its client and comes back through the same or a
// second one, every word checked; then the same again with the next generation, as a new content
// for the name or written into the file that is there, and a part of it once more.

import type { Rng } from '../base/rng.ts';
import type { Levels } from '../domain/cell.ts';
import { type Capability, type Stability, UPLOADS, type Upload } from '../domain/medium.ts';
import type { Pattern } from '../domain/observation.ts';
import { numberLevel, textLevel } from '../domain/plan.ts';
import type { TrialOutcome } from '../domain/trial.ts';
import type { ActorHost, TrialSetting, Workload } from '../domain/workload.ts';
import { PATTERN_FACTOR, STABILITY_FACTOR } from './content-factors.ts';
import { blockBytesOf, GenerationMap } from './generation-map.ts';
import type { CheckResult } from './run-check.ts';
import { checkedOutcome } from './tally.ts';
import type {
  TransferCheckAssignment,
  TransferFile,
  TransferWriteAssignment,
  TransferWriteResult,
} from './transfer-roles.ts';
import { WRITE_ORDERS, type WriteOrder } from './write-order.ts';

export const REWRITES = ['replace', 'in-place'] as const;

export const transfer: Workload = {
  name: 'transfer',
  about: 'through a client to a medium and back, every word checked; rewrite and check again',
  factors: [
    {
      name: 'size',
      kind: 'size',
      about: 'bytes of the file',
      fallback: 1048576,
      min: 512,
      max: 2 ** 36,
      shrinks: true,
    },
    {
      name: 'io',
      kind: 'size',
      about: 'bytes of one write',
      fallback: 65_536,
      min: 512,
      max: 16 * 1048576,
      shrinks: true,
    },
    {
      name: 'order',
      kind: 'choice',
      about: 'order of the writes',
      fallback: 'sequential',
      choices: WRITE_ORDERS,
    },
    {
      name: 'inflight',
      kind: 'count',
      about: 'writes under way at a time',
      fallback: 1,
      min: 1,
      max: 64,
      shrinks: true,
      provokes: { toward: 'greater' },
    },
    {
      name: 'rewrite',
      kind: 'choice',
      about: 'a new content for the name, or into the file that is there',
      fallback: 'replace',
      choices: REWRITES,
    },
    STABILITY_FACTOR,
    {
      name: 'upload',
      kind: 'choice',
      about: 'one request or parts (any: as the client does by itself)',
      fallback: 'any',
      choices: UPLOADS,
    },
    { name: 'sync', kind: 'flag', about: 'make it durable before close', fallback: false },
    {
      name: 'read',
      kind: 'choice',
      about: 'in ranges as large as a write, or the whole file at once',
      fallback: 'ranges',
      choices: ['ranges', 'whole'],
    },
    {
      name: 'reader',
      kind: 'choice',
      about: 'who checks: the same client, a second connection, process or host (ssh:USER@HOST)',
      fallback: 'connection',
      choices: ['same', 'connection', 'process'],
      named: { prefix: 'ssh:', about: 'ssh:HOST' },
    },
    PATTERN_FACTOR,
  ],
  constraints: ['io <= size', 'io divides size', 'read = whole => size <= 67108864'],
  promises: ['read-back'],
  spaceBytes: (levels) => 2 * numberLevel(levels, 'size') + 65_536,
  directBytes: () => [],
  needs,
  // Rough: 100 MB/s each way, 2 ms for a request, two and a half passes.
  estimateMs: (levels) => {
    const size = numberLevel(levels, 'size');
    return 50 + 2.5 * (size / 50_000 + (2 * 2 * size) / numberLevel(levels, 'io'));
  },
  run: runTransfer,
};

function needs(levels: Levels): Capability[] {
  const needed: Capability[] = [];
  if (levels.reader !== 'same') needed.push('secondClient');
  if (levels.rewrite === 'in-place') needed.push('randomWrites');
  if (levels.stability !== 'any') needed.push('stability');
  if (levels.upload === 'multipart') needed.push('multipart');
  return needed;
}

interface Course {
  readonly setting: TrialSetting;
  readonly target: TransferFile;
  readonly map: GenerationMap;
  readonly writes: TransferWriteResult[];
  readonly checks: CheckResult[];
}

async function runTransfer(setting: TrialSetting): Promise<TrialOutcome> {
  const { levels, medium, directory, hunt, firstFile } = setting;
  const sizeBytes = numberLevel(levels, 'size');
  const ioBytes = numberLevel(levels, 'io');
  const blockBytes = blockBytesOf(ioBytes);
  const pattern = textLevel(levels, 'pattern') as Pattern;
  const course: Course = {
    setting,
    target: {
      medium,
      path: `${directory}/data`,
      file: 'data',
      stream: { hunt, file: firstFile, writer: 0, blockBytes, pattern, fileBytes: 0 },
      ioBytes,
      sizeBytes,
    },
    map: new GenerationMap(sizeBytes / blockBytes),
    writes: [],
    checks: [],
  };
  const inPlace = levels.rewrite === 'in-place';
  const shares = inPlace ? [1, 1, 0.3] : [1, 1];
  for (const [index, share] of shares.entries()) {
    const generation = index + 1;
    await writeGeneration(course, { generation, share, replace: !inPlace || generation === 1 });
    if (failuresOf(course).length > 0) break;
    await check(course);
    if (failuresOf(course).length > 0 || observationsOf(course).length > 0) break;
  }
  return checkedOutcome(course.writes, course.checks, failuresOf(course));
}

interface Step {
  readonly generation: number;
  /** Which I/Os of the file are written: all, or a random part. */
  readonly share: number;
  readonly replace: boolean;
}

async function writeGeneration(course: Course, step: Step): Promise<void> {
  const { setting, target, map } = course;
  const { levels, actors } = setting;
  const rng = setting.rng.fork(`generation-${step.generation}`);
  const ios = partOf(target, step.share, rng);
  const blocks = target.ioBytes / target.stream.blockBytes;
  for (const io of ios) map.mark(io * blocks, blocks, step.generation, 0);
  const assignment: TransferWriteAssignment = {
    ...target,
    manner: {
      stability: textLevel(levels, 'stability') as Stability,
      upload: textLevel(levels, 'upload') as Upload,
      totalBytes: target.sizeBytes,
    },
    order: textLevel(levels, 'order') as WriteOrder,
    inFlight: numberLevel(levels, 'inflight'),
    generation: step.generation,
    ios,
    replace: step.replace,
    sync: Boolean(levels.sync),
    seed: rng.seed,
  };
  course.writes.push(await actors.call('writer-0', 'transfer-write', assignment));
}

function partOf({ sizeBytes, ioBytes }: TransferFile, share: number, rng: Rng): number[] {
  const ios = Array.from({ length: sizeBytes / ioBytes }, (_, index) => index);
  return share === 1 ? ios : ios.filter(() => rng.uniform() < share);
}

async function check({ setting, target, map, writes, checks }: Course): Promise<void> {
  const { levels, actors } = setting;
  const assignment: TransferCheckAssignment = {
    ...target,
    runs: map.runs(),
    sourceIntact: writes.every((result) => result.sourceIntact),
    readBytes: levels.read === 'whole' ? target.sizeBytes : target.ioBytes,
  };
  const reader = readerOf(textLevel(levels, 'reader'));
  checks.push(await actors.call(reader.name, 'transfer-check', assignment, reader.host));
}

/** The actor that checks, and where it lives. */
function readerOf(level: string): { name: string; host: ActorHost } {
  switch (level) {
    case 'same':
      return { name: 'writer-0', host: 'thread' };
    case 'connection':
      return { name: 'reader-0', host: 'thread' };
    default:
      return { name: `reader ${level}`, host: level as ActorHost };
  }
}

function failuresOf({ writes, checks }: Course) {
  return [...writes, ...checks].flatMap((result) => result.failures);
}

function observationsOf({ checks }: Course) {
  return checks.flatMap((each) => each.observations);
}
