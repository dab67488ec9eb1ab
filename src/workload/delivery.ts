// `delivery`: a file is written into a store where watchers wait for it, each by a rule of its own
// kind; what a rule calls ready is carried into the next store. Early is what the bytes say: the
// copy is not what the file holds once its writer is done.

import { RULES } from '../delivery/rules.ts';
import { MARKER_ENDING } from '../delivery/temporary-names.ts';
import type { Levels } from '../domain/cell.ts';
import type { Sight } from '../domain/delivery.ts';
import type { Capability } from '../domain/medium.ts';
import { numberLevel, textLevel } from '../domain/plan.ts';
import type { TrialOutcome } from '../domain/trial.ts';
import type { TrialSetting, Workload } from '../domain/workload.ts';
import { PATTERN_FACTOR } from './content-factors.ts';
import { courseOf, type DeliveryCourse, type DeliveryStore, forwardAt } from './delivery-course.ts';
import { deliveryOutcome } from './delivery-outcome.ts';
import { DELIVERY_PLACEHOLDERS, writeByProgram } from './delivery-program.ts';
import type { DeliveryWatchAssignment, DeliveryWatchResult } from './delivery-watch.ts';
import type { DeliveryWriteAssignment, DeliveryWriteResult } from './delivery-write.ts';
import { DELIVERY_WRITERS, type DeliveryWriter, WRITER_MANNERS } from './delivery-writers.ts';
import { mediaFactor, mediaOf, mediumFactor, NOWHERE } from './medium-factor.ts';
import { checkedOutcome } from './tally.ts';

/** Sights that need the folder to be one of this host. */
const HERE_ALONE: ReadonlySet<Sight> = new Set(['open', 'closed', 'directory']);
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
    mediumFactor('origin', 'another medium, from which the writer downloads the parts in ranges'),
    mediaFactor(
      'forward',
      'other media, on which the stores behind relays are: of the first relay, of the second; ' +
        'the last one named is that of all further ones',
    ),
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
  // As if all stores lay on one medium. A program copies from a file beside them.
  spaceBytes: (levels) => {
    const files = 1 + numberLevel(levels, 'relays') + Number(levels.writer === 'command');
    return files * numberLevel(levels, 'size') + 131_072;
  },
  directBytes: () => [],
  needs,
  otherMedia,
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

function otherMedia(levels: Levels): string[] {
  const urls = ['origin', 'forward'].flatMap((factor) => mediaOf(textLevel(levels, factor)));
  return [...new Set(urls)];
}

/** A program is given paths, and a rule may see what no medium tells of. */
function refusal(levels: Levels, directory?: string): string | null {
  if (levels.writer === 'command' && directory === undefined) {
    return 'the writer "command" needs a directory of this host';
  }
  const forward = mediaOf(textLevel(levels, 'forward'));
  const relays = numberLevel(levels, 'relays');
  if (forward.length > relays) {
    return `forward names ${forward.length} media, and relays=${relays} has fewer stores behind`;
  }
  const { name, sees = [] } = RULES.find((rule) => rule.name === levels.rule) ?? {};
  if (!sees.some((sight) => HERE_ALONE.has(sight))) return null;
  // The first store is watched where the hunt is; any other one where the relay before carries it.
  const watched = Array.from({ length: relays - 1 }, (_, hop) => forwardAt(forward, hop));
  const unseen = watched.find((url) => url !== undefined && !url.startsWith('file:'));
  if (unseen === undefined) return null;
  return `the rule ${name} sees directories of this host alone, and a relay watches ${unseen}`;
}

function patienceMs(levels: Levels): number {
  const { waitsMs = 0 } = RULES.find(({ name }) => name === levels.rule) ?? {};
  const ownMs = waitsMs + 3 * numberLevel(levels, 'settle') + 20 * numberLevel(levels, 'poll');
  return ownMs + PATIENCE_MS;
}

async function runDelivery(setting: TrialSetting): Promise<TrialOutcome> {
  const course = courseOf(setting);
  const { origin, stream, sizeBytes, partBytes, stores } = course;
  if (origin !== null) {
    const assignment = { origin, stream, sizeBytes, partBytes };
    const { failures } = await prepare(setting, 'delivery-origin', assignment);
    if (failures.length > 0) return checkedOutcome([], [], failures);
  }
  const { failures } = await prepare(setting, 'delivery-prepare', { stores });
  return failures.length > 0 ? checkedOutcome([], [], failures) : deliver(course);
}

function prepare(
  { actors }: TrialSetting,
  role: string,
  assignment: object,
): Promise<Pick<TrialOutcome, 'failures'>> {
  return actors.call('writer-0', role, assignment);
}

async function deliver(course: DeliveryCourse): Promise<TrialOutcome> {
  const { setting, stores } = course;
  const watching = Promise.all(stores.slice(1).map((to, hop) => watch(course, hop, to)));
  // One that breaks while the writer still writes is told of once that is over.
  watching.catch(() => undefined);
  const command = textLevel(setting.levels, 'program');
  const byProgram = course.writer === 'command' ? await writeByProgram(course, command) : null;
  const written = byProgram ?? (await write(course));
  const watched = await watching;
  const failures = [...written.failures, ...watched.flatMap((one) => one.failures)];
  const outcome =
    failures.length > 0
      ? checkedOutcome([written], [], failures)
      : await deliveryOutcome(course, written, watched);
  return byProgram === null ? outcome : { ...outcome, programs: [byProgram.program] };
}

function write(course: DeliveryCourse): Promise<DeliveryWriteResult> {
  const { setting, board, stream, sizeBytes, partBytes, writer, origin, stores } = course;
  const { levels, rng, actors } = setting;
  const [{ medium, folder }] = stores;
  const assignment: DeliveryWriteAssignment = {
    ...{ board, medium, folder, writer, origin, stream, sizeBytes, partBytes },
    marker: Boolean(levels.marker),
    watchers: stores.length - 1,
    inFlight: numberLevel(levels, 'inflight'),
    paceMs: numberLevel(levels, 'pace'),
    stallMs: numberLevel(levels, 'stall'),
    seed: rng.fork('delivery').seed,
  };
  return actors.call('writer-0', 'delivery-write', assignment);
}

function watch(
  { setting, board, stores }: DeliveryCourse,
  hop: number,
  to: DeliveryStore,
): Promise<DeliveryWatchResult> {
  const { levels, actors } = setting;
  const assignment: DeliveryWatchAssignment = {
    ...{ board, hop, to },
    from: stores[hop] as DeliveryStore,
    rule: textLevel(levels, 'rule'),
    settleMs: numberLevel(levels, 'settle'),
    pollMs: numberLevel(levels, 'poll'),
    patienceMs: patienceMs(levels),
  };
  return actors.call(`watcher-${hop}`, 'delivery-watch', assignment);
}
