// From paths to places: handles of directories are kept, those of files are looked up each time, so
// that another client's rename is seen.

import { lookup, mkdir, type Place } from './nfs-procedures.ts';
import { type Handle, NfsError, type NfsTransport } from './nfs-transport.ts';

export class NfsPaths {
  private readonly transport: NfsTransport;
  /** By the components of the path, joined. */
  private readonly directories = new Map<string, Promise<Handle>>();

  /** @param prefix components between the export and the root of the client's paths */
  constructor(transport: NfsTransport, prefix: readonly string[]) {
    this.transport = transport;
    this.prefix = prefix;
  }

  private readonly prefix: readonly string[];

  /** The directory that holds the last component of the path, and that component. */
  async place(path: string): Promise<Place> {
    const components = this.componentsOf(path);
    const name = components.pop();
    if (name === undefined) throw new NfsError('LOOKUP', 'NFS3ERR_INVAL', 'the root has no name');
    return { directory: await this.directory(components), name };
  }

  /** A file or directory. */
  async handle(path: string): Promise<Handle> {
    const components = this.componentsOf(path);
    if (components.length === 0) return this.transport.root;
    return lookup(this.transport, await this.place(path));
  }

  root(): Promise<Handle> {
    return this.directory([...this.prefix]);
  }

  /** With its parents; what is there already stays. */
  async make(path: string): Promise<void> {
    const components = this.componentsOf(path);
    for (let depth = this.prefix.length + 1; depth <= components.length; depth++) {
      const parent = await this.directory(components.slice(0, depth - 1));
      const place = { directory: parent, name: components[depth - 1] as string };
      await mkdir(this.transport, place).catch(ignore('NFS3ERR_EXIST'));
    }
  }

  /** What is known of paths may no longer be so. */
  forget(): void {
    this.directories.clear();
  }

  private componentsOf(path: string): string[] {
    return [...this.prefix, ...path.split('/').filter((each) => each !== '')];
  }

  private directory(components: readonly string[]): Promise<Handle> {
    if (components.length === 0) return Promise.resolve(this.transport.root);
    const key = components.join('/');
    const known = this.directories.get(key);
    if (known) return known;
    const looking = this.directory(components.slice(0, -1)).then((directory) =>
      lookup(this.transport, { directory, name: components.at(-1) as string }),
    );
    this.directories.set(key, looking);
    looking.catch(() => this.directories.delete(key));
    return looking;
  }
}

/** For `catch`: these answers are no error here. */
export function ignore(...codes: readonly string[]): (error: unknown) => null {
  return (error) => {
    if (error instanceof NfsError && codes.includes(error.code)) return null;
    throw error;
  };
}
