// Where the trials of one place have their directories: below the hunt's own on a mounted file
// system, or below one of the same name on a medium that a client reaches.

import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../base/clock.ts';
import { HeisenwriteError } from '../domain/errors.ts';
import type { MediumAddress, MediumClient, MediumConnection } from '../domain/medium.ts';
import type { TrialsPlace } from '../domain/ports.ts';
import { HUNT_PREFIX } from '../evidence/hunt-directory.ts';
import { connectMedium } from '../medium/media.ts';
import type { OpenMedium } from './places.ts';

/** How long a trial waits for a medium that is out of reach before it is unknown; milliseconds. */
const PATIENCE_MS = 20_000;
const PAUSE_MS = 500;

/** @param trials a directory that exists */
export function directoryTrials(trials: string): TrialsPlace {
  const pathOf = (trial: number) => join(trials, `trial-${trial}`);
  return {
    medium: { url: 'file:///', options: {} },
    make: async (trial) => {
      await mkdir(pathOf(trial));
      return pathOf(trial);
    },
    keep: (trial) => rename(pathOf(trial), join(trials, '..', `kept-trial-${trial}`)),
    remove: (trial) => rm(pathOf(trial), { recursive: true, force: true }),
  };
}

/** Trials that have a directory on other media, too, where nothing of them stays. */
export function withOthers(
  place: TrialsPlace,
  others: Readonly<Record<string, TrialsPlace>>,
): TrialsPlace {
  const leave = async (trial: number) => {
    await Promise.all(Object.values(others).map((each) => each.remove(trial)));
  };
  return {
    medium: place.medium,
    others,
    make: (trial) => place.make(trial),
    keep: (trial) => place.keep(trial).finally(() => leave(trial)),
    remove: (trial) => place.remove(trial).finally(() => leave(trial)),
  };
}

/** Trials on a medium behind a client. The connection is made anew where it was lost. */
export class ClientTrials implements TrialsPlace {
  readonly medium: MediumAddress;
  /** Bytes of the trials that were kept. */
  keptBytes = 0;
  private readonly directory: string;
  private readonly kept: Set<number>;
  private connection: MediumConnection | null;

  /** @param kept trials of a resumed hunt that hold damage */
  constructor({ address, connection }: OpenMedium, hunt: string, kept: Iterable<number> = []) {
    this.medium = address;
    this.connection = connection;
    this.directory = `/${HUNT_PREFIX}${hunt}`;
    this.kept = new Set(kept);
  }

  /**
   * Of a hunt that is resumed: what is kept already, and what a trial has left that was killed and
   * will be made again.
   * @param before recorded trials
   */
  async open(before: number): Promise<void> {
    this.keptBytes = await this.use(async (client) => {
      await client.removeTree(this.pathOf(before + 1));
      return bytesBelow(client, this.directory);
    });
  }

  async make(trial: number): Promise<string> {
    const path = this.pathOf(trial);
    const begunMs = monotonicMs();
    for (;;) {
      try {
        await this.use((client) => client.makeDirectory(path));
        return path;
      } catch (error) {
        const isLasting = error instanceof HeisenwriteError && error.definite;
        if (isLasting || monotonicMs() - begunMs > PATIENCE_MS) throw error;
        await sleep(PAUSE_MS);
      }
    }
  }

  /** It stays where it is, under the name that it has. */
  async keep(trial: number): Promise<void> {
    this.kept.add(trial);
    this.keptBytes += await this.use((client) => bytesBelow(client, this.pathOf(trial))).catch(
      () => 0,
    );
  }

  /** A medium that is out of reach now keeps it until `clear`. */
  async remove(trial: number): Promise<void> {
    await this.use((client) => client.removeTree(this.pathOf(trial))).catch(() => undefined);
  }

  /** At the end: all but what is kept is removed. Returns what could not be, and why. */
  async clear(): Promise<string | null> {
    try {
      await this.use(async (client) => {
        if (this.kept.size === 0) return client.removeTree(this.directory);
        for (const name of await client.names(this.directory)) {
          const trial = Number(/^trial-(\d+)$/.exec(name)?.[1]);
          if (!this.kept.has(trial)) await client.removeTree(`${this.directory}/${name}`);
        }
      });
      return null;
    } catch (error) {
      const because = (error as Error).message;
      return `${this.directory} on ${this.medium.url} could not be cleared: ${because}`;
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    await this.connection?.client.close();
    this.connection = null;
  }

  private pathOf(trial: number): string {
    return `${this.directory}/trial-${trial}`;
  }

  /** After any error the connection is given up: whether it still works is not known. */
  private async use<Result>(act: (client: MediumClient) => Promise<Result>): Promise<Result> {
    this.connection ??= await connectMedium(this.medium.url, this.medium.options);
    try {
      return await act(this.connection.client);
    } catch (error) {
      await this.connection.client.close();
      this.connection = null;
      throw error;
    }
  }
}

async function bytesBelow(client: MediumClient, directory: string): Promise<number> {
  let bytes = 0;
  for (const name of await client.names(directory)) {
    const path = `${directory}/${name}`;
    const length = await client.length(path).catch(() => null);
    bytes += (length ?? 0) + (await bytesBelow(client, path).catch(() => 0));
  }
  return bytes;
}
