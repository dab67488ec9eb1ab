// What files of the server held when they were last made durable, for the faults `unsynced`: of all
// sessions together, since what one wrote and closed is no safer than what another still writes.

import type { ArmedFault } from '../armed-faults.ts';
import { PageHistory } from '../page-history.ts';

/** Of one file; beyond it the oldest counts as durable. */
const HISTORY_BYTES_MAX = 64 * 1024 * 1024;

export interface UnsyncedFile {
  readonly armed: ArmedFault;
  /** With a leading slash, as faults have it. */
  path: string;
  /** As a client wrote it: what is relative begins where the user of the server does. */
  name: string;
  readonly history: PageHistory;
  /** How long it is with all that was written. */
  sizeBytes: number;
  /** Writes that the server has not answered. */
  readonly underWay: Set<Promise<void>>;
}

export class UnsyncedFiles {
  readonly #files = new Map<string, UnsyncedFile>();
  #crash: Promise<void> | null = null;

  /** A crash that is under way: until it is over the server answers nobody. */
  get crash(): Promise<void> | null {
    return this.#crash;
  }

  /** @param putBack what a crash does; never rejects */
  during(putBack: () => Promise<void>): void {
    const crash = (this.#crash ?? Promise.resolve()).then(putBack).then(() => {
      if (this.#crash === crash) this.#crash = null;
    });
    this.#crash = crash;
  }

  of(path: string): UnsyncedFile | undefined {
    return this.#files.get(path);
  }

  by(armed: ArmedFault): readonly UnsyncedFile[] {
    return [...this.#files.values()].filter((file) => file.armed === armed);
  }

  /** From now on what is written to it can be lost. @param sizeBytes as the server says */
  opened(armed: ArmedFault, path: string, name: string, sizeBytes: number): UnsyncedFile {
    const known = this.#files.get(path);
    if (known?.armed === armed) {
      known.sizeBytes = sizeBytes;
      return known;
    }
    const history = new PageHistory(HISTORY_BYTES_MAX);
    const file = { armed, path, name, history, sizeBytes, underWay: new Set<Promise<void>>() };
    this.#files.set(path, file);
    return file;
  }

  renamed(from: string, to: string, name: string): void {
    const moved = this.#files.get(from);
    this.#files.delete(from);
    this.#files.delete(to);
    if (!moved) return;
    moved.path = to;
    moved.name = name;
    this.#files.set(to, moved);
  }

  /** All that was written to it stays. */
  synced(path: string): void {
    this.#files.get(path)?.history.synced();
  }

  forget(path: string): void {
    this.#files.delete(path);
  }
}
