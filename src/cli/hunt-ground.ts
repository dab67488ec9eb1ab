// Opens the ground of a hunt: checks the places, makes the hunt's directories, opens the evidence
// and writes its header. This is where the flow's ports meet their adapters.

import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { monotonicMs, wallMs } from '../base/clock.ts';
import { freshHuntNumber } from '../base/rng.ts';
import { heisenwriteVersion } from '../base/version.ts';
import type { Cell } from '../domain/cell.ts';
import type { ConnectOptions } from '../domain/medium.ts';
import type { Plan } from '../domain/plan.ts';
import type { HuntGround, HuntHeader } from '../domain/ports.ts';
import type { ProofQuestion } from '../domain/proof.ts';
import type { ShrinkQuestion } from '../domain/shrink.ts';
import { writeFindingFolder } from '../evidence/finding-folder.ts';
import {
  closeHuntDirectory,
  createHuntDirectory,
  discardHuntDirectory,
  type HuntDirectory,
  reopenHuntDirectory,
  takenBytes,
} from '../evidence/hunt-directory.ts';
import { openEvidence, type SqliteEvidenceStore } from '../evidence/sqlite-store.ts';
import { schemeOf } from '../medium/media.ts';
import { hostFacts } from '../observe/facts.ts';
import { otherMediaOf } from '../plan/other-media.ts';
import { WORKLOADS } from '../workload/workloads.ts';
import { HuntRecordings } from './hunt-recordings.ts';
import { HuntTrials } from './hunt-trials.ts';
import { type CheckedPlaces, factsOfPlaces, type OpenMedium, openMedium } from './places.ts';

/** What the header's `planJson` holds: enough to resume and to report. */
export interface StoredPlan {
  readonly plan: Plan;
  readonly cells: readonly Cell[];
  /** What the hunt may take, also when it is resumed; bytes. */
  readonly spaceBytes: number;
  readonly purpose?: HuntPurpose;
}

/** What a hunt is for, where it is not for finding something: it decides the order of the cells. */
export type HuntPurpose =
  | { readonly kind: 'proof'; readonly question: ProofQuestion }
  | { readonly kind: 'shrink'; readonly question: ShrinkQuestion };

export interface NewHunt {
  readonly plan: Plan;
  readonly cells: readonly Cell[];
  readonly places: CheckedPlaces;
  readonly seed: string;
  /** Made from the hunt's directory, where the plan that it repeats may lie. */
  readonly replay: (directory: string) => string;
  readonly purpose?: HuntPurpose;
}

/** What a resumed hunt has had already. */
interface Before {
  readonly trials: number;
  readonly ms: number;
  readonly damaged: readonly number[];
}

const NOTHING_BEFORE: Before = { trials: 0, ms: 0, damaged: [] };

export interface OpenGround extends HuntGround {
  readonly store: SqliteEvidenceStore;
  /** Removes all of it, once the store is closed: the hunt was refused before its first trial. */
  discard(): void;
}

export async function openNewGround(request: NewHunt): Promise<OpenGround> {
  const { plan, cells, places, seed, replay, purpose } = request;
  const hunt = freshHuntNumber();
  const make = (path: string) => createHuntDirectory(path, hunt, places.spaceBytes);
  const directories = huntDirectories(places.paths, {
    home: () => make(process.cwd()),
    onPlace: make,
  });
  const directory = directories.home;
  const { spaceBytes } = places;
  const stored: StoredPlan = { plan, cells, spaceBytes, ...(purpose && { purpose }) };
  const planJson = JSON.stringify(stored);
  const header: HuntHeader = {
    hunt,
    seed,
    version: heisenwriteVersion(),
    planJson,
    planName: plan.name,
    planHash: createHash('sha256')
      .update(JSON.stringify([plan, cells]))
      .digest('hex')
      .slice(0, 16),
    expectations: plan.expectations,
    places: places.paths,
    directory: directory.path,
    replay: replay(directory.path),
    startedAtMs: wallMs(),
    facts: { ...hostFacts(), ...factsOfPlaces(places) },
  };
  const store = await openEvidence(directory.path, { create: true });
  await store.begin(header);
  return groundOf(header, stored, directories, places, store, NOTHING_BEFORE);
}

/**
 * @param spaceBytes what the hunt may take from now on; without it, what it was allowed before
 * @throws HeisenwriteError `no-such-hunt`, `evidence-busy`, `evidence-damaged`
 */
export async function reopenGround(
  path: string,
  spaceBytes?: number,
  options: ConnectOptions = {},
): Promise<OpenGround> {
  const home = reopenHuntDirectory(path);
  const store = await openEvidence(home.path, { create: false });
  const header = await store.header();
  const stored = storedPlan(header);
  const directories = huntDirectories(header.places, {
    home: () => home,
    onPlace: (place) => {
      const own = join(place, basename(home.path));
      return own === home.path ? home : reopenHuntDirectory(own);
    },
  });
  for (const directory of directories.all) closeHuntDirectory(directory);
  for (const directory of directories.all) reopenHuntDirectory(directory.path);
  const before = { trials: 0, ms: 0, damaged: [] as number[] };
  for await (const { trial, durationMs, judgement } of store.trials()) {
    before.trials = Math.max(before.trials, trial);
    before.ms += durationMs;
    if (judgement?.verdict === 'damaged') before.damaged.push(trial);
  }
  const allowed = { ...stored, spaceBytes: spaceBytes ?? stored.spaceBytes };
  // Last, since a connection that nobody ends would keep the command from ending.
  const media = await reopenMedia(header, stored, options);
  return groundOf(header, allowed, directories, media, store, before);
}

async function reopenMedia(
  { places }: HuntHeader,
  { cells }: StoredPlan,
  options: ConnectOptions,
): Promise<Pick<CheckedPlaces, 'clients' | 'others'>> {
  const clients: Record<string, OpenMedium> = {};
  const others: Record<string, OpenMedium> = {};
  const levels = cells.map((cell) => cell.levels);
  try {
    for (const [label, url] of Object.entries(places)) {
      if (schemeOf(url) !== null) clients[label] = await openMedium({ url, options });
    }
    for (const url of otherMediaOf(levels, WORKLOADS)) {
      others[url] = await openMedium({ url, options });
    }
    return { clients, others };
  } catch (error) {
    const opened = [...Object.values(clients), ...Object.values(others)];
    await Promise.all(opened.map(({ connection }) => connection.client.close()));
    throw error;
  }
}

export function storedPlan(header: HuntHeader): StoredPlan {
  return JSON.parse(header.planJson) as StoredPlan;
}

/** How long a count of the space taken is believed while there is plenty left; milliseconds. */
const TAKEN_VALID_MS = 2000;
/** Below this share of the allowance it is counted before every trial. */
const PLENTY_SHARE = 0.6;
/** Below this share of the allowance evidence is thinned. */
const SCARCE_SHARE = 0.4;
/** Kept free for what the trial to come leaves as evidence. */
const RESERVED_SHARE = 0.25;

async function groundOf(
  header: HuntHeader,
  stored: StoredPlan,
  directories: HuntDirectories,
  media: Pick<CheckedPlaces, 'clients' | 'others'>,
  store: SqliteEvidenceStore,
  before: Before,
): Promise<OpenGround> {
  const { home, all, byLabel } = directories;
  const folders = Object.entries(byLabel).map(([label, each]) => [label, each.trials]);
  const trials = new HuntTrials(
    header.hunt,
    { ...media, directories: Object.fromEntries(folders) },
    before.damaged,
  );
  if (before !== NOTHING_BEFORE) await trials.open(before.trials);
  let taken = { bytes: 0, atMs: Number.NEGATIVE_INFINITY };
  const countTaken = () => Math.max(...all.map(({ path }) => takenBytes(path)), trials.keptBytes());
  const spaceLeftBytes = () => {
    const scarce = stored.spaceBytes - taken.bytes < PLENTY_SHARE * stored.spaceBytes;
    if (scarce || monotonicMs() - taken.atMs > TAKEN_VALID_MS) {
      taken = { bytes: countTaken(), atMs: monotonicMs() };
    }
    return (1 - RESERVED_SHARE) * stored.spaceBytes - taken.bytes;
  };
  const recordings = new HuntRecordings(header.hunt);
  return {
    header,
    cells: stored.cells,
    store,
    directory: home.path,
    trialsBefore: before.trials,
    msBefore: before.ms,
    trialsPlace: (levels) => trials.of(levels),
    recordings: recordings.directory,
    lastCalls: (observation, record) => recordings.lastCalls(observation, record),
    forgetCalls: () => recordings.forget(),
    keepFinding: async (finding, observation, expected) => {
      const bytes = { observation, expected, recordings: recordings.files(observation) };
      return writeFindingFolder(home.path, finding, bytes, header.facts);
    },
    spaceLeftBytes,
    isSpaceScarce: () => spaceLeftBytes() < SCARCE_SHARE * stored.spaceBytes,
    discard: () => {
      recordings.remove();
      for (const directory of all) discardHuntDirectory(directory);
    },
    clear: async () => {
      recordings.remove();
      for (const directory of all) closeHuntDirectory(directory);
      return trials.clear();
    },
  };
}

interface HuntDirectories {
  /** Holds the evidence: on the first place that is a directory, else where the command runs. */
  readonly home: HuntDirectory;
  readonly byLabel: Readonly<Record<string, HuntDirectory>>;
  readonly all: readonly HuntDirectory[];
}

function huntDirectories(
  paths: CheckedPlaces['paths'],
  open: {
    /** Where no place is a directory. */
    readonly home: () => HuntDirectory;
    readonly onPlace: (place: string) => HuntDirectory;
  },
): HuntDirectories {
  const byLabel = Object.fromEntries(
    Object.entries(paths)
      .filter(([, place]) => schemeOf(place) === null)
      .map(([label, place]) => [label, open.onPlace(place)]),
  );
  const onPlaces = Object.values(byLabel);
  const home = onPlaces[0] ?? open.home();
  return { home, byLabel, all: onPlaces.length > 0 ? onPlaces : [home] };
}

/** Labels for places given on the command line: their last path element, made unique. */
export function labelPlaces(places: readonly string[]): Record<string, string> {
  const labelled: Record<string, string> = {};
  for (const place of places) {
    const name = basename(place.replace(/[?#].*$/, '')) || 'root';
    let label = name;
    for (let again = 2; label in labelled; again++) label = `${name}-${again}`;
    labelled[label] = place;
  }
  return labelled;
}
