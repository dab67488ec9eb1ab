// `delivery`: a file is written into a store where watchers wait for it, each by a rule of its own
// kind; what a rule calls ready is carried into the next store. Early is what the bytes say: the
// copy is not what the file holds once its writer is done.

import { RULES } from '../delivery/rules.ts';
import { MARKER_ENDING } from '../delivery/temporary-names.ts';
import type { Levels } from '../domain/cell.ts';
import type { Capability } from '../domain/medium.ts';
import type { StampStream } from '../domain/observation.ts';
import { numberLevel, textLevel } from '../domain/plan.ts';
import type { TrialOutcome } from '../domain/trial.ts';
import type { TrialSetting, Workload } from '../domain/workload.ts';
import { PATTERN_FACTOR } from './content-factors.ts';
import { boardSlots } from './delivery-board.ts';
import { type DeliveryCourse, deliveryOutcome, folderOf } from './delivery-outcome.ts';
import { DELIVERY_PLACEHOLDERS, writeByProgram } from './delivery-program.ts';
import type { DeliveryWatchAssignment, DeliveryWatchResult } from './delivery-watch.ts';
import {
  type DeliveryOrigin,
  type DeliveryWriteAssignment,
  type DeliveryWriteResult,
  partsOf,
} from './delivery-write.ts';
import { DELIVERY_WRITERS, type DeliveryWriter, WRITER_MANNERS } from './delivery-writers.ts';
import { blockBytesOf, GenerationMap } from './generation-map.ts';
import { checkedOutcome } from './tally.ts';

/** Of `origin`: the parts are made by the writer. */
const NOWHERE = 'none';
/** After the writer is done a rule has this long beyond what it waits for by itself; ms. */
const PATIENCE_MS = 2000;

export const delivery: Workload = {
  name: 'delivery',
  about: 'a file arrives, and watchers guess when it is whole: who picks it up too early?',
  factors: [
    {
      name: 'writer',
      kind: 'choice',
      about: 'how the file comes to be under its name',
      fallback: 'sequential',
      choices: DELIVERY_WRITERS,
    },
    {
      name: 'rule',
      kind: 'choice',
      about: 'by what a watcher believes that it is ready',
      fallback: 'size-stable',
      choices: RULES.map(({ name }) => name),
    },
    {
      name: 'size',
      kind: 'size',
      about: 'bytes of the file',
      fallback: 4_194_304,
      min: 4096,
      max: 2 ** 36,
      shrinks: true,
    },
    {
      name: 'part',
      kind: 'size',
      about: 'bytes of one part',
      fallback: 524_288,
      min: 512,
      max: 16 * 1_048_576,
    },
    {
      name: 'inflight',
      kind: 'count',
      about: 'parts under way at a time, of a writer that is parallel',
      fallback: 4,
      min: 2,
      max: 8,
      shrinks: true,
    },
    {
      name: 'pace',
      kind: 'duration',
      about: 'pause of the writer before each part',
      fallback: 5,
      min: 0,
      max: 60_000,
      provokes: { toward: 'greater' },
    },
    {
      name: 'stall',
      kind: 'duration',
      about: 'pause before one part, drawn from the seed',
      fallback: 0,
      min: 0,
      max: 600_000,
      provokes: { toward: 'greater' },
    },
    {
      name: 'settle',
      kind: 'duration',
      about: 'how long a rule that waits wants something to stay the same',
      fallback: 100,
      min: 1,
      max: 600_000,
    },
    {
      name: 'poll',
      kind: 'duration',
      about: 'pause between two looks of a watcher',
      fallback: 10,
      min: 1,
      max: 60_000,
    },
    {
      name: 'relays',
      kind: 'count',
      about: 'watchers one behind the other, each with a store behind it',
      fallback: 1,
      min: 1,
      max: 4,
      shrinks: true,
    },
    {
      name: 'marker',
      kind: 'flag',
      about: `a marker (NAME${MARKER_ENDING}, with length and SHA-256) is written after the file`,
      fallback: false,
    },
    {
      name: 'origin',
      kind: 'text',
      about: 'URL of another medium, from which the writer downloads the parts in ranges',
      fallback: NOWHERE,
    },
    {
      name: 'program',
      kind: 'text',
      about: 'of the writer "command": your own program, as `rsync {from} {to}`',
      fallback: NOWHERE,
      placeholders: DELIVERY_PLACEHOLDERS,
    },
    PATTERN_FACTOR,
  ],
  constraints: [
    'part <= size',
    'part divides size',
    // Nobody would ever pick it up.
    'rule = marker-present => marker = true',
    'rule = manifest-complete => marker = true',
    'writer = early-marker => marker = true',
    'writer = sparse => origin = none',
    'writer = command => origin = none and program != none and marker = false',
    'program != none => writer = command',
  ],
  promises: ['read-back', 'ready-whole'],
  anywhere: true,
  spaceBytes: (levels) =>
    (1 + numberLevel(levels, 'relays')) * numberLevel(levels, 'size') + 131_072,
  directBytes: () => [],
  needs,
  refusal,
  estimateMs: (levels) => {
    const size = numberLevel(levels, 'size');
    const relays = numberLevel(levels, 'relays');
    const writeMs = (numberLevel(levels, 'pace') * size) / numberLevel(levels, 'part');
    return (
      100 +
      (2 * (1 + relays) * size) / 50_000 +
      writeMs +
      numberLevel(levels, 'stall') +
      relays * patienceMs(levels)
    );
  },
  run: runDelivery,
};

function needs(levels: Levels): Capability[] {
  return ['secondClient', ...WRITER_MANNERS[textLevel(levels, 'writer') as DeliveryWriter].needs];
}

/** A program is given paths. */
function refusal(levels: Levels, directory?: string): string | null {
  const isHere = levels.writer !== 'command' || directory !== undefined;
  return isHere ? null : 'the writer "command" needs a directory of this host';
}

function patienceMs(levels: Levels): number {
  const { waitsMs = 0 } = RULES.find(({ name }) => name === levels.rule) ?? {};
  const ownMs = waitsMs + 3 * numberLevel(levels, 'settle') + 20 * numberLevel(levels, 'poll');
  return ownMs + PATIENCE_MS;
}

async function runDelivery(setting: TrialSetting): Promise<TrialOutcome> {
  const course = courseOf(setting);
  const { origin, stream, sizeBytes, partBytes } = course;
  if (origin === null) return deliver(course);
  const assignment = { origin, stream, sizeBytes, partBytes };
  const { failures } = await setting.actors.call<Pick<TrialOutcome, 'failures'>>(
    'writer-0',
    'delivery-origin',
    assignment,
  );
  if (failures.length > 0) return checkedOutcome([], [], failures);
  try {
    return await deliver(course);
  } finally {
    await setting.actors.call('writer-0', 'delivery-remove-origin', origin);
  }
}

function originOf({ levels, directory, medium }: TrialSetting): DeliveryOrigin | null {
  const url = textLevel(levels, 'origin');
  const path = `${directory}/origin`;
  if (textLevel(levels, 'writer') === 'command') return { medium, path };
  return url === NOWHERE ? null : { medium: { url, options: {} }, path };
}

async function deliver(course: DeliveryCourse): Promise<TrialOutcome> {
  const { setting } = course;
  const { actors, medium } = setting;
  const stores = Array.from({ length: course.relays + 1 }, (_, store) => folderOf(course, store));
  const prepared = await actors.call<{ failures: TrialOutcome['failures'] }>(
    'writer-0',
    'delivery-prepare',
    { medium, folders: stores },
  );
  if (prepared.failures.length > 0) return checkedOutcome([], [], prepared.failures);
  const watching = Array.from({ length: course.relays }, (_, hop) => watch(course, hop));
  const command = textLevel(setting.levels, 'program');
  const byProgram = course.writer === 'command' ? await writeByProgram(course, command) : null;
  const written = byProgram ?? (await write(course));
  const watched = await Promise.all(watching);
  const failures = [...written.failures, ...watched.flatMap((one) => one.failures)];
  const outcome =
    failures.length > 0
      ? checkedOutcome([written], [], failures)
      : await deliveryOutcome(course, written, watched);
  return byProgram === null ? outcome : { ...outcome, programs: [byProgram.program] };
}

function courseOf(setting: TrialSetting): DeliveryCourse {
  const { levels, hunt, firstFile, actors } = setting;
  const sizeBytes = numberLevel(levels, 'size');
  const partBytes = numberLevel(levels, 'part');
  const writer = textLevel(levels, 'writer') as DeliveryWriter;
  const relays = numberLevel(levels, 'relays');
  const origin = originOf(setting);
  const blockBytes = blockBytesOf(partBytes);
  const pattern = textLevel(levels, 'pattern') as StampStream['pattern'];
  const map = new GenerationMap(sizeBytes / blockBytes);
  const blocks = partBytes / blockBytes;
  for (const part of partsOf({ writer, sizeBytes, partBytes }))
    map.mark(part * blocks, blocks, 1, 0);
  const slots = boardSlots(relays + 1);
  return {
    setting,
    board: actors.board?.(slots) ?? new Int32Array(new SharedArrayBuffer(4 * slots)),
    stream: { hunt, file: firstFile, writer: 0, blockBytes, pattern, fileBytes: 0 },
    ...{ map, sizeBytes, partBytes, writer, origin, relays },
  };
}

function write(course: DeliveryCourse): Promise<DeliveryWriteResult> {
  const { setting, board, stream, sizeBytes, partBytes, writer, origin, relays } = course;
  const { levels, medium, rng, actors } = setting;
  const assignment: DeliveryWriteAssignment = {
    ...{ board, medium, writer, origin, stream, sizeBytes, partBytes },
    marker: Boolean(levels.marker),
    watchers: relays,
    folder: folderOf(course, 0),
    inFlight: numberLevel(levels, 'inflight'),
    paceMs: numberLevel(levels, 'pace'),
    stallMs: numberLevel(levels, 'stall'),
    seed: rng.fork('delivery').seed,
  };
  return actors.call('writer-0', 'delivery-write', assignment);
}

function watch(course: DeliveryCourse, hop: number): Promise<DeliveryWatchResult> {
  const { setting, board } = course;
  const { levels, medium, actors } = setting;
  const assignment: DeliveryWatchAssignment = {
    ...{ board, hop, medium },
    from: folderOf(course, hop),
    to: folderOf(course, hop + 1),
    rule: textLevel(levels, 'rule'),
    settleMs: numberLevel(levels, 'settle'),
    pollMs: numberLevel(levels, 'poll'),
    patienceMs: patienceMs(levels),
  };
  return actors.call(`watcher-${hop}`, 'delivery-watch', assignment);
}
