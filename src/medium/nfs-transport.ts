// One mounted export: requests go out as they are made, and a loop over poll(2) takes the answers
// as long as any is due. The library never reconnects by itself, since what a server forgot in
// between must be seen.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { monotonicMs } from '../base/clock.ts';
import { type NfsLibrary, nfsLibrary, type Pointer, type Procedure } from './nfs-library.ts';
import { statusName } from './nfs-status.ts';
import { UnreachableError } from './operation-error.ts';

/** RPC_STATUS_TIMEOUT of libnfs-raw.h; 0 is success, all others are errors. */
const RPC_TIMEOUT = 3;
/** The longest wait that keeps the thread's other work from going on; milliseconds. */
const WAIT_MS = 5;

/** A handle of NFSv3: up to 64 bytes that only the server understands. */
export type Handle = Uint8Array;

/** What koffi makes of a structure. */
export type Fields = Readonly<Record<string, unknown>>;

/** A procedure that was answered with an error, or not at all. */
export class NfsError extends Error {
  override name = 'NfsError';
  /** `NFS3ERR_NOENT`, `ECONNRESET`, `ETIMEDOUT`. */
  readonly code: string;
  readonly procedure: string;

  constructor(procedure: string, code: string, message: string) {
    super(message);
    this.procedure = procedure;
    this.code = code;
  }
}

interface Due {
  readonly answer: (status: number, data: Pointer) => void;
  readonly lost: (message: string) => void;
}

export interface NfsTarget {
  readonly server: string;
  /** With the query that names version and ports. */
  readonly url: string;
  readonly limitMs: number;
}

export class NfsTransport {
  readonly root: Handle;
  private readonly library: NfsLibrary;
  private readonly context: Pointer;
  private readonly callbacks: readonly Pointer[];
  private readonly due: Map<number, Due>;
  private readonly answerer: Pointer;
  private next = 1;
  private driving = false;
  private ended: string | null = null;

  private constructor(mounting: Mounting) {
    this.library = mounting.library;
    this.context = mounting.context;
    this.callbacks = mounting.callbacks;
    this.answerer = mounting.callbacks[0] as Pointer;
    this.due = mounting.due;
    const { koffi, shapes } = this.library;
    const pointer = this.library.rootHandle(this.context);
    this.root = bytesOf(this.library, koffi.decode(pointer, shapes.opaque) as Fields);
  }

  /**
   * @param path of the export
   * @throws UnreachableError when nobody answers; NfsError when the server refuses the mount
   */
  static async mount(target: NfsTarget, path: string): Promise<NfsTransport> {
    const mounting = new Mounting();
    try {
      await mounting.mount(target, path);
      return new NfsTransport(mounting);
    } catch (error) {
      mounting.destroy();
      throw error;
    }
  }

  /**
   * Sends a procedure; `take` looks at the successful reply while the library still holds it.
   * @throws NfsError
   */
  call<Result>(procedure: Procedure, args: object, take: (ok: Fields) => Result): Promise<Result> {
    const { koffi, shapes } = this.library;
    return new Promise((resolve, reject) => {
      const lost = (message: string, code = 'ECONNRESET') =>
        reject(new NfsError(procedure, code, `${procedure}: ${message}`));
      if (this.ended !== null) {
        lost(this.ended);
        return;
      }
      const request = this.next++;
      const answer = (status: number, data: Pointer) => {
        if (status !== 0) {
          const timedOut = status === RPC_TIMEOUT;
          lost(this.lastError() ?? 'the connection was lost', timedOut ? 'ETIMEDOUT' : undefined);
          return;
        }
        const code = koffi.decode(data, 'int') as number;
        if (code !== 0) {
          const name = statusName(code);
          reject(new NfsError(procedure, name, `${procedure} was answered with ${name}`));
          return;
        }
        const reply = koffi.decode(data, shapes.replies[procedure]) as { ok: Fields };
        resolve(take(reply.ok));
      };
      this.due.set(request, { answer, lost });
      const rpc = this.library.rpcOf(this.context);
      if (this.library.request(procedure, rpc, this.answerer, args, request) !== 0) {
        this.due.delete(request);
        lost(this.lastError() ?? 'the request could not be queued');
        return;
      }
      void this.drive();
    });
  }

  /** Bytes of an opaque that lies in the library's memory, copied. */
  bytes(opaque: unknown): Uint8Array {
    return bytesOf(this.library, opaque as Fields);
  }

  /** Copies into a buffer of the caller instead; returns how many. */
  copy(opaque: unknown, into: Uint8Array): number {
    const { length, value } = opaque as { length: number; value: Pointer };
    if (length === 0) return 0;
    into.set(new Uint8Array(this.library.koffi.view(value as never, length)));
    return length;
  }

  /** The entries of a READDIR reply, which are a list in the library's memory. */
  entries(first: unknown): { name: string; cookie: bigint }[] {
    const { koffi, shapes } = this.library;
    const entries: { name: string; cookie: bigint }[] = [];
    for (let at = first as Pointer; at; ) {
      const { name, cookie, next } = koffi.decode(at, shapes.entry) as {
        name: string;
        cookie: number | bigint;
        next: Pointer;
      };
      entries.push({ name, cookie: BigInt(cookie) });
      at = next;
    }
    return entries;
  }

  /** Never throws. What is due is lost. */
  close(): void {
    if (this.ended !== null && this.callbacks.length === 0) return;
    this.end('the connection was closed');
    if (!this.driving) this.destroy();
  }

  private lastError(): string | null {
    return this.library.lastError(this.context);
  }

  private end(message: string): void {
    this.ended ??= message;
    const lost = [...this.due.values()];
    this.due.clear();
    for (const each of lost) each.lost(message);
  }

  private destroyed = false;

  private destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.library.destroyContext(this.context);
    for (const callback of this.callbacks) this.library.unregister(callback);
  }

  private async drive(): Promise<void> {
    if (this.driving) return;
    this.driving = true;
    const rpc = this.library.rpcOf(this.context);
    while (this.due.size > 0 && this.ended === null) {
      if (!serveOnce(this.library, rpc)) {
        this.end(this.lastError() ?? 'the server closed the connection');
      }
      await nextTurn();
    }
    this.driving = false;
    if (this.ended === 'the connection was closed') this.destroy();
  }
}

/** What exists before there is a transport. */
class Mounting {
  readonly library = nfsLibrary();
  readonly due = new Map<number, Due>();
  readonly context = this.library.initContext();
  private mounted: { status: number; words: string | null } | null = null;
  readonly callbacks: readonly Pointer[] = [
    this.library.registerAnswer((status, data, request) => {
      const due = this.due.get(request);
      this.due.delete(request);
      due?.answer(status, data);
    }),
    this.library.registerMounted((status, data) => {
      const words = status < 0 && data ? this.library.koffi.decode(data, 'char', -1) : null;
      this.mounted = { status, words: words as string | null };
    }),
  ];

  async mount({ server, url, limitMs }: NfsTarget, path: string): Promise<void> {
    const { library, context } = this;
    library.setAutoreconnect(context, 0);
    const parsed = library.parseUrl(context, url);
    if (!parsed) throw new UnreachableError(`${url}: ${library.lastError(context)}`);
    library.destroyUrl(parsed);
    library.setUid(context, process.getuid?.() ?? 65_534);
    library.setGid(context, process.getgid?.() ?? 65_534);
    const [, callback] = this.callbacks as [Pointer, Pointer];
    const begun = monotonicMs();
    if (library.mountAsync(context, server, path, callback, 0) !== 0) {
      throw new UnreachableError(`${server}: ${library.lastError(context)}`);
    }
    while (this.mounted === null) {
      const served = serveOnce(library, library.rpcOf(context));
      await nextTurn();
      if (this.mounted !== null) break;
      if (!served) throw new UnreachableError(`${server}: ${library.lastError(context)}`);
      if (monotonicMs() - begun > limitMs) {
        throw new UnreachableError(`${server} did not answer the mount in ${limitMs} ms`);
      }
    }
    const { status, words } = this.mounted as { status: number; words: string | null };
    if (status >= 0) return;
    const said = words ?? library.lastError(context) ?? `error ${-status}`;
    if (/MNT3ERR|NFS3ERR/.test(said)) throw new NfsError('MNT', mountCode(said), said);
    throw new UnreachableError(`${server}: ${said}`);
  }

  destroy(): void {
    this.library.destroyContext(this.context);
    for (const callback of this.callbacks) this.library.unregister(callback);
  }
}

function mountCode(said: string): string {
  return /(?:MNT3ERR|NFS3ERR)_[A-Z]+/.exec(said)?.[0] ?? 'MNT3ERR';
}

/** Waits a little for the socket and lets the library do what it can; false when it is broken. */
function serveOnce(library: NfsLibrary, rpc: Pointer): boolean {
  const descriptors = Int32Array.of(library.descriptor(rpc), library.wantedEvents(rpc));
  library.poll(descriptors, 1, WAIT_MS);
  return library.service(rpc, (descriptors[1] as number) >>> 16) === 0;
}

function bytesOf({ koffi }: NfsLibrary, opaque: Fields): Uint8Array {
  const { length, value } = opaque as { length: number; value: Pointer };
  return length === 0
    ? new Uint8Array(0)
    : new Uint8Array(koffi.view(value as never, length)).slice();
}
