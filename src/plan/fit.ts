// Which cells can be tried at all on a place: those that fit the space that was allowed and need no
// more than the medium can do. What is left out is said, never silently dropped.

import { formatSize } from '../base/quantities.ts';
import type { Cell, Levels } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import {
  type Capability,
  DIRECTORY_CAPABILITIES,
  type MediumCapabilities,
} from '../domain/medium.ts';
import type { PlaceCapabilities, Workload } from '../domain/workload.ts';
import { completeLevels } from './expand.ts';

/** Of the space allowed; the rest is for the evidence of the trials before. */
const TRIAL_SHARE = 0.5;

export interface Fit {
  readonly cells: readonly Cell[];
  /** One line for each reason, with the number of cells that it left out. */
  readonly leftOut: readonly string[];
}

/**
 * @param capabilities by label of the place
 * @param others by URL: media besides the places, of cells that have any
 * @throws HeisenwriteError `no-space` or `impossible-constraint` when no cell is left
 */
export function fitCells(
  cells: readonly Cell[],
  workloads: readonly Workload[],
  capabilities: Readonly<Record<string, PlaceCapabilities>>,
  spaceBytes: number,
  others: Readonly<Record<string, MediumCapabilities>> = {},
): Fit {
  const forTrials = TRIAL_SHARE * spaceBytes;
  const tooLargeWords =
    `they need more than ${formatSize(forTrials)} ` +
    `(of ${formatSize(spaceBytes)} allowed half is for evidence)`;
  const reasons = new Map<string, number>();
  let tooLarge = 0;
  const [onlyPlace] = Object.keys(capabilities);
  const kept = cells.filter((cell) => {
    const workload = workloads.find((each) => each.name === cell.levels.workload) as Workload;
    const levels = completeLevels(cell.levels, workload);
    const place = capabilities[String(levels.place ?? onlyPlace)] as PlaceCapabilities;
    const space = workload.spaceBytes(levels);
    if (space > forTrials) tooLarge++;
    const reason =
      clientReason(workload, levels, place) ??
      otherReason(workload.otherMedia?.(levels) ?? [], others) ??
      directReason(workload.directBytes(levels), place) ??
      workload.refusal?.(levels, place.directory) ??
      (space > forTrials ? tooLargeWords : null);
    if (reason) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    return reason === null;
  });
  const leftOut = [...reasons].map(
    ([reason, count]) => `${count} of ${cells.length} cells left out: ${reason}`,
  );
  if (kept.length === 0) {
    const code = tooLarge === cells.length ? 'no-space' : 'impossible-constraint';
    throw new HeisenwriteError(code, `nothing can be tried here: ${leftOut.join('; ')}`);
  }
  return { cells: kept, leftOut };
}

/** A workload with needs speaks the port of media; the others make system calls. */
function clientReason(
  workload: Workload,
  levels: Levels,
  { client }: PlaceCapabilities,
): string | null {
  const isLocal = workload.needs === undefined;
  if (client === null && !workload.anywhere) {
    return isLocal ? null : `${workload.name} needs a place with an URL`;
  }
  if (isLocal) return `${workload.name} works on a mounted directory only`;
  const can = client ?? DIRECTORY_CAPABILITIES;
  const lacking = workload.needs?.(levels).find((capability) => !can[capability]);
  return lacking === undefined ? null : `there is no ${CAPABILITY_WORDS[lacking]} here`;
}

/** What one actor of a trial has written there another one reads. */
function otherReason(
  urls: readonly string[],
  others: Readonly<Record<string, MediumCapabilities>>,
): string | null {
  const lacking = urls.find((url) => others[url]?.secondClient !== true);
  return lacking === undefined
    ? null
    : `there is no ${CAPABILITY_WORDS.secondClient} of ${lacking}`;
}

const CAPABILITY_WORDS: Readonly<Record<Capability, string>> = {
  randomWrites: 'writing at any offset',
  directIo: 'way past the cache',
  append: 'append',
  rename: 'rename',
  atomicReplace: 'replacing in one operation',
  conditionalPut: 'conditional put',
  secondClient: 'second client',
  stability: 'choice of stability',
  multipart: 'upload in parts',
};

function directReason(sizes: readonly number[], place: PlaceCapabilities): string | null {
  if (sizes.length === 0) return null;
  const alignment = place.directAlignmentBytes;
  if (alignment === null) return `O_DIRECT is refused here (${place.directRefusal})`;
  if (sizes.every((size) => size % alignment === 0)) return null;
  return `O_DIRECT takes only multiples of ${formatSize(alignment)} here`;
}
