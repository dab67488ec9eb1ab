// What is known of the handles that a server gave out: which file each stands for, how it was
// opened, and what a fault still owes to it.

import type { ArmedFault } from '../armed-faults.ts';

export interface OpenFile {
  readonly path: string;
  /** As the client wrote it. */
  readonly name: string;
  readonly flags: readonly string[];
  /** The error that comes at close or fsync, since a write was lost before. */
  late: { readonly armed: ArmedFault; readonly errno: string; readonly at: string } | null;
  /** Whole WRITE packets that were acknowledged and have not been sent yet. */
  readonly delayed: Buffer[];
  delayedUntil: 'close' | 'fsync' | 'reversed';
}

export class OpenFiles {
  readonly #files = new Map<string, OpenFile>();
  /** What relative paths begin with, once the server has said it (REALPATH of `.`). */
  home = '';

  opened(handle: string, file: Pick<OpenFile, 'path' | 'name' | 'flags'>): void {
    this.#files.set(handle, { ...file, late: null, delayed: [], delayedUntil: 'close' });
  }

  of(handle: string | null): OpenFile | undefined {
    return handle === null ? undefined : this.#files.get(handle);
  }

  closed(handle: string): void {
    this.#files.delete(handle);
  }

  /** Those with writes that have not been sent. */
  delayed(): readonly OpenFile[] {
    return [...this.#files.values()].filter(({ delayed }) => delayed.length > 0);
  }

  /** With a leading slash, as faults have it. */
  absolute(path: string): string {
    if (path.startsWith('/')) return path;
    return `${this.home}/${path.replace(/^\.(\/|$)/, '')}`;
  }
}
