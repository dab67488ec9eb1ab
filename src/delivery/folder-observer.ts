// Looks at a drop folder as watchers do: by names and statuses through a client, and on this host
// by what /proc and inotify tell besides. It opens no file.

import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicMs, wallMs } from '../base/clock.ts';
import type { FileLook, FolderLook, Sight } from '../domain/delivery.ts';
import type { MediumClient } from '../domain/medium.ts';
import { ClosedWrites } from './closed-writes.ts';
import { openForWriting } from './open-for-writing.ts';

export interface ObservedFolder {
  readonly client: Pick<MediumClient, 'names' | 'status'>;
  /** On the medium. */
  readonly path: string;
  /** The same folder as this host has it mounted, or null: it is reached by the client alone. */
  readonly directory: string | null;
  /** What the rules want to see beyond names and statuses. */
  readonly sights: ReadonlySet<Sight>;
}

export class FolderObserver {
  readonly #folder: ObservedFolder;
  readonly #closed: ClosedWrites | null;
  readonly #directory: string | null;

  /** Events count from here on. @throws HeisenwriteError `missing-component` */
  constructor(folder: ObservedFolder) {
    const { directory, sights } = folder;
    this.#folder = folder;
    this.#directory = directory === null ? null : realpathSync(directory);
    const wantsEvents = sights.has('closed') && this.#directory !== null;
    this.#closed = wantsEvents ? new ClosedWrites(this.#directory as string) : null;
  }

  /** @throws OperationError where the medium does not answer */
  async look(): Promise<FolderLook> {
    const { client, path, sights } = this.#folder;
    const names = await client.names(path);
    const files = new Map<string, FileLook>();
    const open = sights.has('open') ? this.#open(names) : null;
    for (const name of names) {
      const status = await client.status(`${path}/${name}`);
      // It went between the two looks, or is a directory.
      if (status === null) continue;
      files.set(name, {
        ...status,
        isBeingWritten: open?.has(this.#at(name)) ?? null,
        closedWrites: this.#closed?.count(name) ?? null,
      });
    }
    return { atMs: monotonicMs(), wallMs: wallMs(), files };
  }

  close(): void {
    this.#closed?.close();
  }

  #open(names: readonly string[]): Set<string> | null {
    if (this.#directory === null) return null;
    return openForWriting(new Set(names.map((name) => this.#at(name))));
  }

  #at(name: string): string {
    return join(this.#directory ?? '', name);
  }
}
