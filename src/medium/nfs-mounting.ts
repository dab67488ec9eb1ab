// How an export is mounted: the calls of the mount protocol and of the portmapper are the library's
// own, which changes the socket under way; afterwards the connection is that of NFS alone.

import { lookup } from 'node:dns/promises';
import { NfsError } from './nfs-error.ts';
import { type NfsLibrary, nfsLibrary, type Pointer } from './nfs-library.ts';
import { awaitAnswers, type Waiting } from './nfs-loop.ts';
import { UnreachableError } from './operation-error.ts';

export interface NfsTarget {
  readonly server: string;
  /** With the query that names version and ports. */
  readonly url: string;
  readonly limitMs: number;
}

export interface Mounted {
  readonly library: NfsLibrary;
  readonly context: Pointer;
}

/**
 * @param path of the export
 * @throws UnreachableError when nobody answers; NfsError when the server refuses the mount
 */
export async function mountExport(target: NfsTarget, path: string): Promise<Mounted> {
  const library = nfsLibrary();
  const mounting = new Mounting(library, target);
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const words = `${target.server} did not answer the mount in ${target.limitMs} ms`;
      reject(new UnreachableError(words));
    }, target.limitMs);
  });
  try {
    const address = await Promise.race([addressOf(target.server), limit]);
    await Promise.race([mounting.mount(address, path), limit]);
    return { library, context: mounting.context };
  } catch (error) {
    mounting.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    mounting.unregister();
  }
}

/** Looked up here, since the library would stop the thread for as long as it takes. */
async function addressOf(server: string): Promise<string> {
  try {
    return (await lookup(server.replace(/^\[|\]$/g, ''))).address;
  } catch (error) {
    throw new UnreachableError(`${server}: ${(error as Error).message}`, { cause: error });
  }
}

class Mounting implements Waiting {
  readonly context: Pointer;
  isDue = true;
  private readonly library: NfsLibrary;
  private readonly target: NfsTarget;
  private readonly callback: Pointer;
  private ended: (error?: Error) => void = () => undefined;

  constructor(library: NfsLibrary, target: NfsTarget) {
    this.library = library;
    this.target = target;
    this.context = library.initContext();
    this.callback = library.registerMounted((status, data) => {
      if (status >= 0) return this.end();
      const words = data ? (library.koffi.decode(data, 'char', -1) as string) : this.lastError();
      this.end(this.refusal(words));
    });
  }

  get descriptor(): number {
    return this.library.descriptor(this.library.rpcOf(this.context));
  }

  get wantedEvents(): number {
    return this.library.wantedEvents(this.library.rpcOf(this.context));
  }

  mount(address: string, path: string): Promise<void> {
    const { library, context, target } = this;
    library.setAutoreconnect(context, 0);
    const parsed = library.parseUrl(context, target.url);
    if (!parsed) throw this.refusal(this.lastError());
    library.destroyUrl(parsed);
    library.setUid(context, process.getuid?.() ?? 65_534);
    library.setGid(context, process.getgid?.() ?? 65_534);
    const mounted = new Promise<void>((resolve, reject) => {
      this.ended = (error) => (error ? reject(error) : resolve());
    });
    if (library.mountAsync(context, address, path, this.callback, 0) !== 0) {
      this.end(this.refusal(this.lastError()));
    } else {
      awaitAnswers(this, library.poll);
    }
    return mounted;
  }

  serve(events: number): void {
    if (!this.isDue) return;
    const { library, context } = this;
    if (library.service(library.rpcOf(context), events) !== 0) {
      this.end(this.refusal(this.lastError()));
    }
  }

  destroy(): void {
    this.isDue = false;
    this.library.destroyContext(this.context);
  }

  unregister(): void {
    this.library.unregister(this.callback);
  }

  /** The first that is said is what happened. */
  private end(error?: Error): void {
    this.isDue = false;
    this.ended(error);
  }

  private lastError(): string {
    return this.library.lastError(this.context) ?? 'the library does not say why';
  }

  private refusal(said: string): Error {
    const code = /(?:MNT3ERR|NFS3ERR)_[A-Z]+/.exec(said)?.[0];
    if (code) return new NfsError('MNT', code, said);
    return new UnreachableError(`${this.target.server}: ${said}`);
  }
}
