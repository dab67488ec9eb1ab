// Opens the ground of a hunt: checks the places, makes the hunt's directories, opens the evidence
// and writes its header. This is where the flow's ports meet their adapters.

import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { monotonicMs, wallMs } from '../base/clock.ts';
import { freshHuntNumber } from '../base/rng.ts';
import type { Cell } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { Facts } from '../domain/hunt-report.ts';
import type { Plan } from '../domain/plan.ts';
import type { HuntGround, HuntHeader } from '../domain/ports.ts';
import type { ProofQuestion } from '../domain/proof.ts';
import type { ShrinkQuestion } from '../domain/shrink.ts';
import type { PlaceCapabilities } from '../domain/workload.ts';
import { writeFindingFolder } from '../evidence/finding-folder.ts';
import {
  checkPlace,
  closeHuntDirectory,
  createHuntDirectory,
  type HuntDirectory,
  reopenHuntDirectory,
  takenBytes,
} from '../evidence/hunt-directory.ts';
import { openEvidence, type SqliteEvidenceStore } from '../evidence/sqlite-store.ts';
import { probePlace } from '../medium/probe.ts';
import { heisenwriteVersion, hostFacts, placeFacts } from '../observe/facts.ts';

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

export interface CheckedPlaces {
  /** Label to real path. */
  readonly paths: Readonly<Record<string, string>>;
  /** The smallest allowance of all places; bytes. */
  readonly spaceBytes: number;
}

/** @throws HeisenwriteError as checkPlace, and `unsupported-medium` for a URL */
export function checkPlaces(places: Plan['places'], spaceBytes: number | undefined): CheckedPlaces {
  const paths: Record<string, string> = {};
  let least = Number.POSITIVE_INFINITY;
  for (const [label, place] of Object.entries(places)) {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//.exec(place)?.[1];
    if (scheme) {
      throw new HeisenwriteError(
        'unsupported-medium',
        `${scheme}:// is not a medium of this version`,
      );
    }
    const checked = checkPlace(place, spaceBytes);
    if (Object.values(paths).includes(checked.path)) {
      throw new HeisenwriteError('invalid-option', `${place} is given twice`);
    }
    paths[label] = checked.path;
    least = Math.min(least, checked.spaceBytes);
  }
  return { paths, spaceBytes: least };
}

/**
 * Tries what each place can do, with a file of its own that is removed at once.
 * @throws HeisenwriteError as checkPlaces
 */
export function probePlaces(paths: CheckedPlaces['paths']): Record<string, PlaceCapabilities> {
  const name = `heisenwrite-probe-${freshHuntNumber()}`;
  return Object.fromEntries(
    Object.entries(paths).map(([label, path]) => [label, probePlace(join(path, name))]),
  );
}

export interface NewHunt {
  readonly plan: Plan;
  readonly cells: readonly Cell[];
  readonly places: CheckedPlaces;
  readonly seed: string;
  /** Made from the hunt's directory, where the plan that it repeats may lie. */
  readonly replay: (directory: string) => string;
  readonly purpose?: HuntPurpose;
}

export interface OpenGround extends HuntGround {
  readonly store: SqliteEvidenceStore;
}

export async function openNewGround(request: NewHunt): Promise<OpenGround> {
  const { plan, cells, places, seed, replay, purpose } = request;
  const hunt = freshHuntNumber();
  const directories = Object.fromEntries(
    Object.entries(places.paths).map(([label, path]) => [
      label,
      createHuntDirectory(path, hunt, places.spaceBytes),
    ]),
  );
  const directory = Object.values(directories)[0] as HuntDirectory;
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
    facts: gatherFacts(places.paths),
  };
  const store = await openEvidence(directory.path, { create: true });
  await store.begin(header);
  return groundOf(header, stored, directories, store, { trials: 0, ms: 0 });
}

/**
 * @param spaceBytes what the hunt may take from now on; without it, what it was allowed before
 * @throws HeisenwriteError `no-such-hunt`, `evidence-busy`, `evidence-damaged`
 */
export async function reopenGround(path: string, spaceBytes?: number): Promise<OpenGround> {
  const first = reopenHuntDirectory(path);
  const store = await openEvidence(first.path, { create: false });
  const header = await store.header();
  const directories = Object.fromEntries(
    Object.entries(header.places).map(([label, place], index) => [
      label,
      index === 0 ? first : reopenHuntDirectory(join(place, basename(first.path))),
    ]),
  );
  for (const directory of Object.values(directories)) closeHuntDirectory(directory);
  for (const directory of Object.values(directories)) reopenHuntDirectory(directory.path);
  const before = { trials: 0, ms: 0 };
  for await (const { trial, durationMs } of store.trials()) {
    before.trials = Math.max(before.trials, trial);
    before.ms += durationMs;
  }
  const stored = storedPlan(header);
  const allowed = { ...stored, spaceBytes: spaceBytes ?? stored.spaceBytes };
  return groundOf(header, allowed, directories, store, before);
}

export function storedPlan(header: HuntHeader): StoredPlan {
  return JSON.parse(header.planJson) as StoredPlan;
}

/** Facts of several places are named by label. */
function gatherFacts(paths: CheckedPlaces['paths']): Facts {
  const labels = Object.keys(paths);
  const ofPlaces = Object.entries(paths).flatMap(([label, path]) =>
    Object.entries(placeFacts(path)).map(([name, value]) => [
      labels.length === 1 ? name : `${label}: ${name}`,
      value,
    ]),
  );
  return { ...hostFacts(), ...Object.fromEntries(ofPlaces) };
}

/** How long a count of the space taken is believed while there is plenty left; milliseconds. */
const TAKEN_VALID_MS = 2000;
/** Below this share of the allowance it is counted before every trial. */
const PLENTY_SHARE = 0.6;
/** Below this share of the allowance evidence is thinned. */
const SCARCE_SHARE = 0.4;
/** Kept free for what the trial to come leaves as evidence. */
const RESERVED_SHARE = 0.25;

function groundOf(
  header: HuntHeader,
  stored: StoredPlan,
  directories: Readonly<Record<string, HuntDirectory>>,
  store: SqliteEvidenceStore,
  before: { readonly trials: number; readonly ms: number },
): OpenGround {
  const [first] = Object.values(directories) as [HuntDirectory];
  let taken = { bytes: 0, atMs: Number.NEGATIVE_INFINITY };
  const spaceLeftBytes = () => {
    const scarce = stored.spaceBytes - taken.bytes < PLENTY_SHARE * stored.spaceBytes;
    if (scarce || monotonicMs() - taken.atMs > TAKEN_VALID_MS) {
      const bytes = Math.max(...Object.values(directories).map(({ path }) => takenBytes(path)));
      taken = { bytes, atMs: monotonicMs() };
    }
    return (1 - RESERVED_SHARE) * stored.spaceBytes - taken.bytes;
  };
  return {
    header,
    cells: stored.cells,
    store,
    directory: first.path,
    trialsBefore: before.trials,
    msBefore: before.ms,
    trialsDirectory: (place) => (directories[String(place)] ?? first).trials,
    keepFinding: async (finding, observation, expected) =>
      writeFindingFolder(first.path, finding, { observation, expected }, header.facts),
    spaceLeftBytes,
    isSpaceScarce: () => spaceLeftBytes() < SCARCE_SHARE * stored.spaceBytes,
    clear: () => {
      for (const directory of Object.values(directories)) closeHuntDirectory(directory);
    },
  };
}

/** Labels for places given on the command line: their last path element, made unique. */
export function labelPlaces(places: readonly string[]): Record<string, string> {
  const labelled: Record<string, string> = {};
  for (const place of places) {
    const name = basename(place) || 'root';
    let label = name;
    for (let again = 2; label in labelled; again++) label = `${name}-${again}`;
    labelled[label] = place;
  }
  return labelled;
}
