// One mounted export: requests go out as they are made, several at a time. The library never
// connects again by itself, since what a server forgot in between must be seen.

import { NfsError } from './nfs-error.ts';
import type { NfsLibrary, Pointer, Procedure } from './nfs-library.ts';
import { awaitAnswers, isReadable, type Waiting } from './nfs-loop.ts';
import { mountExport, type NfsTarget } from './nfs-mounting.ts';
import { statusName } from './nfs-status.ts';

/** RPC_STATUS_TIMEOUT of libnfs-raw.h; 0 is success, all others are errors. */
const RPC_TIMEOUT = 3;

/** A handle of NFSv3: up to 64 bytes that only the server understands. */
export type Handle = Uint8Array;

/** What koffi makes of a structure. */
export type Fields = Readonly<Record<string, unknown>>;

/** What the procedures need of a connection. */
export type NfsCalls = Pick<NfsTransport, 'root' | 'call' | 'bytes' | 'copy' | 'entries'>;

interface Due {
  readonly answer: (status: number, data: Pointer) => void;
  readonly lost: (message: string) => void;
}

export class NfsTransport implements Waiting {
  readonly root: Handle;
  private readonly library: NfsLibrary;
  private readonly context: Pointer;
  private readonly rpc: Pointer;
  private readonly answerer: Pointer;
  private readonly due = new Map<number, Due>();
  private next = 1;
  private ended: string | null = null;
  private isDestroyed = false;

  private constructor(library: NfsLibrary, context: Pointer) {
    this.library = library;
    this.context = context;
    this.rpc = library.rpcOf(context);
    this.answerer = library.registerAnswer((status, data, request) => {
      const due = this.due.get(request);
      this.due.delete(request);
      due?.answer(status, data);
    });
    const pointer = library.rootHandle(context);
    this.root = this.bytes(library.koffi.decode(pointer, library.shapes.opaque));
  }

  /**
   * @param path of the export
   * @throws UnreachableError when nobody answers; NfsError when the server refuses the mount
   */
  static async mount(target: NfsTarget, path: string): Promise<NfsTransport> {
    const { library, context } = await mountExport(target, path);
    return new NfsTransport(library, context);
  }

  get descriptor(): number {
    return this.library.descriptor(this.rpc);
  }

  get wantedEvents(): number {
    return this.library.wantedEvents(this.rpc);
  }

  get isDue(): boolean {
    return this.due.size > 0;
  }

  /** False when requests can no longer be sent: the end of an idle connection is noticed here. */
  isUp(): boolean {
    if (this.ended !== null) return false;
    const { poll } = this.library;
    if (!this.isDue && isReadable(this.descriptor, this.wantedEvents, poll)) {
      this.serve(this.wantedEvents);
    }
    return this.ended === null;
  }

  serve(events: number): void {
    if (this.ended !== null || this.library.service(this.rpc, events) === 0) return;
    this.end(this.lastError() ?? 'the server closed the connection');
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
      if (this.library.request(procedure, this.rpc, this.answerer, args, request) !== 0) {
        this.due.delete(request);
        lost(this.lastError() ?? 'the request could not be queued');
        return;
      }
      awaitAnswers(this, this.library.poll);
    });
  }

  /** Bytes of an opaque that lies in the library's memory, copied. */
  bytes(opaque: unknown): Uint8Array {
    const { length } = opaque as { length: number };
    const bytes = new Uint8Array(length);
    this.copy(opaque, bytes);
    return bytes;
  }

  /**
   * Copies into a buffer of the caller; returns how many. By memcpy(3), since each view of the
   * library's memory would be an object for the garbage collector to follow.
   */
  copy(opaque: unknown, into: Uint8Array): number {
    const { length, value } = opaque as { length: number; value: Pointer };
    const bytes = Math.min(length, into.length);
    if (bytes > 0) this.library.copy(into, value, bytes);
    return bytes;
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
    this.end('the connection was closed');
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.library.destroyContext(this.context);
    this.library.unregister(this.answerer);
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
}
