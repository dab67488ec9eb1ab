// Where the trials of a hunt have their directories: each on the place of its cell, and on the
// other media of that cell, in a directory that no place uses.

import type { Levels } from '../domain/cell.ts';
import type { TrialsPlace } from '../domain/ports.ts';
import { otherMediaOf } from '../plan/other-media.ts';
import { WORKLOADS } from '../workload/workloads.ts';
import type { CheckedPlaces, OpenMedium } from './places.ts';
import { ClientTrials, directoryTrials, withOthers } from './trials-place.ts';

export interface HuntMedia extends Pick<CheckedPlaces, 'clients' | 'others'> {
  /** Label to the directory of trials, of the places that are directories. */
  readonly directories: Readonly<Record<string, string>>;
}

export class HuntTrials {
  readonly #places: Readonly<Record<string, TrialsPlace>>;
  readonly #remote: readonly ClientTrials[];
  readonly #others: Readonly<Record<string, ClientTrials>>;

  /** @param damaged trials of a resumed hunt that stay where they are */
  constructor(
    hunt: string,
    { clients, others, directories }: HuntMedia,
    damaged: readonly number[],
  ) {
    const remote = behind(clients, (medium) => new ClientTrials(medium, hunt, damaged));
    // The URL may well name a directory in which the evidence of this hunt lies.
    this.#others = behind(others, (medium) => new ClientTrials(medium, `${hunt}-beside`));
    this.#remote = Object.values(remote);
    const here = Object.entries(directories).map(([label, path]): [string, TrialsPlace] => [
      label,
      directoryTrials(path),
    ]);
    this.#places = { ...remote, ...Object.fromEntries(here) };
  }

  /**
   * @param before recorded trials of a hunt that is resumed
   * @throws OperationError, UnreachableError; then no connection is left
   */
  async open(before: number): Promise<void> {
    try {
      for (const each of this.#clients()) await each.open(before);
    } catch (error) {
      for (const each of this.#clients()) await each.close();
      throw error;
    }
  }

  of(levels: Levels): TrialsPlace {
    const [first] = Object.values(this.#places) as [TrialsPlace];
    const place = this.#places[String(levels.place)] ?? first;
    const urls = otherMediaOf([levels], WORKLOADS);
    if (urls.length === 0) return place;
    return withOthers(place, Object.fromEntries(urls.map((url) => [url, this.#other(url)])));
  }

  /** Of the place that has most. */
  keptBytes(): number {
    return Math.max(0, ...this.#remote.map(({ keptBytes }) => keptBytes));
  }

  /** Removes all but what is kept; returns what could not be, and why. */
  async clear(): Promise<readonly string[]> {
    const left = await Promise.all(this.#clients().map((each) => each.clear()));
    return left.filter((each) => each !== null);
  }

  #clients(): readonly ClientTrials[] {
    return [...this.#remote, ...Object.values(this.#others)];
  }

  #other(url: string): ClientTrials {
    const other = this.#others[url];
    if (other === undefined) throw new Error(`${url} was not connected to`);
    return other;
  }
}

function behind(
  media: Readonly<Record<string, OpenMedium>>,
  make: (medium: OpenMedium) => ClientTrials,
): Record<string, ClientTrials> {
  return Object.fromEntries(Object.entries(media).map(([name, medium]) => [name, make(medium)]));
}
