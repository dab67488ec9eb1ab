// The places of a hunt before anything is made in them: directories on mounted file systems, and
// media that a client reaches. Each is checked, and tried for what it can do.

import { join } from 'node:path';
import { formatSize } from '../base/quantities.ts';
import { freshHuntNumber } from '../base/rng.ts';
import type { Cell } from '../domain/cell.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { Facts } from '../domain/hunt-report.ts';
import type {
  ConnectOptions,
  MediumAddress,
  MediumCapabilities,
  MediumConnection,
} from '../domain/medium.ts';
import type { Plan } from '../domain/plan.ts';
import type { PlaceCapabilities } from '../domain/workload.ts';
import { checkPlace, defaultAllowance } from '../evidence/hunt-directory.ts';
import { connectMedium, schemeOf } from '../medium/media.ts';
import { UnreachableError } from '../medium/operation-error.ts';
import { probePlace } from '../medium/probe.ts';
import { placeFacts } from '../observe/facts.ts';
import { type Fit, fitCells } from '../plan/fit.ts';
import { WORKLOADS } from '../workload/workloads.ts';

/** Allowed on a medium that does not say how much is free. */
const ALLOWANCE_UNKNOWN_BYTES = 256 * 2 ** 20;

export interface CheckedPlaces {
  /** Label to real path, or to the URL as it was given. */
  readonly paths: Readonly<Record<string, string>>;
  /** Label to an open connection, of the places that have an URL. */
  readonly clients: Readonly<Record<string, OpenMedium>>;
  /** By URL: media besides the places, on which trials of some cells write, too. */
  readonly others: Readonly<Record<string, OpenMedium>>;
  /** The smallest allowance of all of them; bytes. */
  readonly spaceBytes: number;
}

export interface OpenMedium {
  readonly address: MediumAddress;
  readonly connection: MediumConnection;
}

/** Of what the user typed: a block device needs its name again. */
export function connectOptions({
  destroyDataOn,
}: {
  readonly destroyDataOn?: string | undefined;
}): ConnectOptions {
  return destroyDataOn === undefined ? {} : { destroyDataOn };
}

/** What trials write on. */
export interface Whereabouts {
  readonly places: Plan['places'];
  /** URLs of other media, each once. */
  readonly others: readonly string[];
}

/**
 * Checks the places, uses them, and ends every connection to them, whatever happens: one that stays
 * open would keep the command from ending.
 * @param spaceBytes what the user allowed; without it the default allowance
 * @throws HeisenwriteError as checkPlace and `MediumAdapter.connect`; `unreachable`
 */
export async function withPlaces<Result>(
  { places, others }: Whereabouts,
  spaceBytes: number | undefined,
  options: ConnectOptions,
  use: (checked: CheckedPlaces) => Promise<Result>,
): Promise<Result> {
  const clients: Record<string, OpenMedium> = {};
  const besides: Record<string, OpenMedium> = {};
  try {
    const checked = await checkPlaces(places, spaceBytes, options, clients);
    let least = checked.spaceBytes;
    for (const url of others) {
      const medium = await openMedium({ url, options });
      besides[url] = medium;
      least = Math.min(least, await allowanceOf(medium, spaceBytes));
    }
    return await use({ ...checked, others: besides, spaceBytes: least });
  } finally {
    const all = [...Object.values(clients), ...Object.values(besides)];
    await Promise.all(all.map(({ connection }) => connection.client.close()));
  }
}

/** @param clients is filled with what was connected to, also before an error */
async function checkPlaces(
  places: Plan['places'],
  spaceBytes: number | undefined,
  options: ConnectOptions,
  clients: Record<string, OpenMedium>,
): Promise<Omit<CheckedPlaces, 'others'>> {
  const paths: Record<string, string> = {};
  let least = Number.POSITIVE_INFINITY;
  for (const [label, place] of Object.entries(places)) {
    let allowed: number;
    let path = place;
    if (schemeOf(place) === null) {
      ({ path, spaceBytes: allowed } = checkPlace(place, spaceBytes));
    } else {
      const medium = await openMedium({ url: place, options });
      clients[label] = medium;
      allowed = await allowanceOf(medium, spaceBytes);
    }
    if (Object.values(paths).includes(path)) {
      throw new HeisenwriteError('invalid-option', `${place} is given twice`);
    }
    paths[label] = path;
    least = Math.min(least, allowed);
  }
  return { paths, clients, spaceBytes: least };
}

/** @throws HeisenwriteError as `MediumAdapter.connect`, and `unreachable` */
export async function openMedium(address: MediumAddress): Promise<OpenMedium> {
  try {
    return { address, connection: await connectMedium(address.url, address.options) };
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    throw new HeisenwriteError('unreachable', error.message, { cause: error });
  }
}

async function allowanceOf(
  { address, connection }: OpenMedium,
  spaceBytes: number | undefined,
): Promise<number> {
  const freeBytes = await connection.freeBytes();
  if (freeBytes === null) return spaceBytes ?? ALLOWANCE_UNKNOWN_BYTES;
  const allowed = spaceBytes ?? defaultAllowance(freeBytes);
  if (freeBytes >= allowed && freeBytes > 0) return allowed;
  throw new HeisenwriteError(
    'no-space',
    `${address.url} has ${formatSize(freeBytes)} free, and the hunt needs ${formatSize(allowed)}`,
  );
}

/**
 * What each place can do: a directory is tried with a file of its own that is removed at once, a
 * client has declared it.
 * @throws HeisenwriteError as checkPlaces
 */
function probePlaces({
  paths,
  clients,
}: Pick<CheckedPlaces, 'paths' | 'clients'>): Record<string, PlaceCapabilities> {
  const name = `heisenwrite-probe-${freshHuntNumber()}`;
  return Object.fromEntries(
    Object.entries(paths).map(([label, path]) => {
      const client = clients[label]?.connection.capabilities ?? null;
      if (client === null) {
        return [label, { ...probePlace(join(path, name)), directory: path }];
      }
      return [label, { directAlignmentBytes: null, directRefusal: 'no descriptor', client }];
    }),
  );
}

/**
 * The cells that can be tried on these places.
 * @throws HeisenwriteError as fitCells and checkPlaces
 */
export function fitOn(places: CheckedPlaces, cells: readonly Cell[]): Fit {
  const others = Object.entries(places.others).map(
    ([url, { connection }]): [string, MediumCapabilities] => [url, connection.capabilities],
  );
  return fitCells(
    cells,
    WORKLOADS,
    probePlaces(places),
    places.spaceBytes,
    Object.fromEntries(others),
  );
}

/** Facts of several places are named by label, those of other media by URL. */
export function factsOfPlaces({ paths, clients, others }: CheckedPlaces): Facts {
  const labels = Object.keys(paths);
  const ofPlaces = Object.entries(paths).flatMap(([label, path]) =>
    Object.entries(factsOf(path, clients[label])).map(([name, value]) => [
      labels.length === 1 ? name : `${label}: ${name}`,
      value,
    ]),
  );
  const ofOthers = Object.entries(others).flatMap(([url, medium]) =>
    Object.entries(factsOf(url, medium)).map(([name, value]) => [`${url}: ${name}`, value]),
  );
  return Object.fromEntries([...ofPlaces, ...ofOthers]);
}

function factsOf(path: string, medium: OpenMedium | undefined): Facts {
  if (!medium) return placeFacts(path);
  const { facts } = medium.connection;
  return { 'file system': facts.protocol ?? schemeOf(path) ?? 'unknown', ...facts };
}
