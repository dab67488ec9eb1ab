// The directory below the mount, by the paths of the mount. libfuse renames a file that is removed
// or replaced while it is open to `.fuse_hidden...`, which others would see and which a kill
// leaves behind; here it is removed, and lives on by a descriptor of ours. A rename over an open
// file comes as two: the first waits for the second, so that no reader meets a name without a file.

import { closeSync, constants, openSync, unlink } from 'node:fs';
import { basename, dirname } from 'node:path';

/** open(2): no access to the data, only the place; the same on every architecture but sparc. */
const O_PATH = 0o10000000;
const HIDDEN = '.fuse_hidden';
/** How long a name that is being hidden waits for the file that may replace it. */
const REPLACEMENT_MS = 15;
/**
 * A file without a name is kept for so long after libfuse has let it go: whoever looked its name up
 * before may still open it or ask for its attributes, and would be told that there is none.
 */
const KEPT_MS = 1000;
const KEPT_MAX = 256;

interface Leaving {
  /** Once it has begun, nothing else may take the name. */
  isSettling: boolean;
  readonly waiting: (() => void)[];
}

export class BackingTree {
  readonly #root: string;
  /** Descriptors of files that have no name any more, by the name that libfuse gave them. */
  readonly #nameless = new Map<string, number>();
  /** Those of them that libfuse has let go, oldest first. */
  readonly #letGo = new Map<string, NodeJS.Timeout>();
  /** Names whose file libfuse has hidden, which are about to be removed or replaced. */
  readonly #leaving = new Map<string, Leaving>();

  constructor(root: string) {
    this.#root = root;
  }

  real(path: string): string {
    const fd = this.#nameless.size === 0 ? undefined : this.#nameless.get(path);
    return fd === undefined ? this.#root + path : `/proc/self/fd/${fd}`;
  }

  /** The descriptor of a file without a name, which can be asked for its attributes only. */
  nameless(path: string): number | undefined {
    return this.#nameless.size === 0 ? undefined : this.#nameless.get(path);
  }

  isHiding(to: string): boolean {
    return basename(to).startsWith(HIDDEN);
  }

  /**
   * libfuse hides the file at `from`. With `keep` its name stays, as if nothing had been done.
   * @throws Error of the system where the file is not there
   */
  hide(from: string, to: string, keep: boolean): void {
    const fd = openSync(this.real(from), O_PATH | constants.O_NOFOLLOW);
    this.#nameless.set(to, fd);
    if (keep) return;
    const leaving: Leaving = { isSettling: false, waiting: [] };
    this.#leaving.set(from, leaving);
    // Not before what has arrived meanwhile was looked at: the rename may be waiting for us.
    setTimeout(() => setImmediate(() => this.#remove(from, leaving)), REPLACEMENT_MS);
  }

  /** True where `path` is a file without a name, which will soon be gone. */
  forget(path: string): boolean {
    if (this.nameless(path) === undefined) return false;
    if (this.#letGo.has(path)) return true;
    this.#letGo.set(path, setTimeout(() => this.#close(path), KEPT_MS).unref());
    const [oldest] = this.#letGo.keys();
    if (this.#letGo.size > KEPT_MAX && oldest !== undefined) this.#close(oldest);
    return true;
  }

  /** Takes a name that is being hidden, to put another file in its place at once. */
  replace(path: string): (() => void) | null {
    const leaving = this.#leaving.get(path);
    if (!leaving || leaving.isSettling) return null;
    leaving.isSettling = true;
    return () => this.#left(path, leaving);
  }

  /** Calls `then` once what the names mean is settled, which is nearly always at once. */
  settled(paths: readonly string[], then: () => void): void {
    if (this.#leaving.size === 0) then();
    else this.#wait(paths, then);
  }

  /** The same for all names in a directory. */
  settledIn(directory: string, then: () => void): void {
    const inside = [...this.#leaving.keys()].filter((path) => dirname(path) === directory);
    this.#wait(inside, then);
  }

  close(): void {
    for (const [path, leaving] of this.#leaving) this.#remove(path, leaving);
    for (const path of [...this.#nameless.keys()]) this.#close(path);
  }

  #close(path: string): void {
    clearTimeout(this.#letGo.get(path));
    this.#letGo.delete(path);
    const fd = this.#nameless.get(path);
    this.#nameless.delete(path);
    if (fd !== undefined) closeSync(fd);
  }

  #wait(paths: readonly string[], then: () => void): void {
    const leaving = paths.map((path) => this.#leaving.get(path)).find((each) => each);
    if (leaving) leaving.waiting.push(() => this.#wait(paths, then));
    else then();
  }

  #remove(path: string, leaving: Leaving): void {
    if (leaving.isSettling) return;
    leaving.isSettling = true;
    unlink(this.real(path), () => this.#left(path, leaving));
  }

  #left(path: string, leaving: Leaving): void {
    this.#leaving.delete(path);
    for (const go of leaving.waiting) go();
  }
}
