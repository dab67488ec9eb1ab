// From paths to places: handles of directories are kept, those of files are looked up each time, so
// that another client's rename is seen.

import { NfsError } from './nfs-error.ts';
import { lookup, mkdir, type Place } from './nfs-procedures.ts';
import type { Handle, NfsCalls } from './nfs-transport.ts';

export class NfsPaths {
  /** Components between the export and the root of the client's paths. */
  private readonly prefix: readonly string[];
  /** By the components of the path, joined. */
  private readonly directories = new Map<string, Handle>();

  constructor(prefix: readonly string[]) {
    this.prefix = prefix;
  }

  /** The directory that holds the last component of the path, and that component. */
  async place(calls: NfsCalls, path: string): Promise<Place> {
    const components = this.componentsOf(path);
    const name = components.pop();
    if (name === undefined) throw new NfsError('LOOKUP', 'NFS3ERR_INVAL', 'the root has no name');
    return { directory: await this.directory(calls, components), name };
  }

  /** A file or directory. */
  async handle(calls: NfsCalls, path: string): Promise<Handle> {
    if (this.componentsOf(path).length === 0) return calls.root;
    return lookup(calls, await this.place(calls, path));
  }

  root(calls: NfsCalls): Promise<Handle> {
    return this.directory(calls, this.prefix);
  }

  /** With its parents; what is there already stays. */
  async make(calls: NfsCalls, path: string): Promise<void> {
    const components = this.componentsOf(path);
    for (let depth = this.prefix.length + 1; depth <= components.length; depth++) {
      const parent = await this.directory(calls, components.slice(0, depth - 1));
      const place = { directory: parent, name: components[depth - 1] as string };
      await mkdir(calls, place).catch(ignore('NFS3ERR_EXIST'));
    }
  }

  /** What is known of paths may no longer be so. */
  forget(): void {
    this.directories.clear();
  }

  private componentsOf(path: string): string[] {
    return [...this.prefix, ...path.split('/').filter((each) => each !== '')];
  }

  private async directory(calls: NfsCalls, components: readonly string[]): Promise<Handle> {
    const name = components.at(-1);
    if (name === undefined) return calls.root;
    const key = components.join('/');
    const known = this.directories.get(key);
    if (known) return known;
    const directory = await this.directory(calls, components.slice(0, -1));
    const handle = await lookup(calls, { directory, name });
    this.directories.set(key, handle);
    return handle;
  }
}

/** For `catch`: these answers are no error here. */
export function ignore(...codes: readonly string[]): (error: unknown) => null {
  return (error) => {
    if (error instanceof NfsError && codes.includes(error.code)) return null;
    throw error;
  };
}
