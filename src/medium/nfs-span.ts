// The requests of one call of the port. What RFC 1813 leaves to the client is done here: a server
// may say "later" (JUKEBOX), and it may drop a request and count on its being sent again, as
// nfs-ganesha does with a READ of a file that is replaced at that moment.

import { setTimeout as sleep } from 'node:timers/promises';
import { NfsError } from './nfs-error.ts';
import type { Procedure } from './nfs-library.ts';
import type { Fields, Handle, NfsCalls, NfsTransport } from './nfs-transport.ts';

/** What may be asked twice with the same effect; never a change, which could be done twice. */
const REPEATABLE: ReadonlySet<Procedure> = new Set([
  ...(['GETATTR', 'LOOKUP', 'ACCESS', 'READ', 'READDIR', 'FSSTAT', 'FSINFO'] as const),
]);
/** Without an answer for so long it is asked again; then after twice as long, and so on. */
const REPEAT_MS = 1000;
/** Pauses after JUKEBOX, each twice the last; in all 1.5 seconds, then the server is believed. */
const LATER_MS = [100, 200, 400, 800];

/** Where a span has its connection from. */
export interface TransportSource {
  readonly root: Handle;
  readonly current: NfsTransport;
  transportFor(procedure: Procedure): NfsTransport | Promise<NfsTransport>;
}

export class NfsSpan implements NfsCalls {
  readonly root: Handle;
  private readonly source: TransportSource;
  private readonly timers = new Set<NodeJS.Timeout>();
  private isOver = false;

  constructor(source: TransportSource) {
    this.source = source;
    this.root = source.root;
  }

  /**
   * The call is over, and with it the loan of its bytes: no further request is sent, and nothing
   * is taken of answers that come late.
   */
  end(): void {
    this.isOver = true;
    for (const timer of this.timers) clearTimeout(timer);
  }

  /** @throws NfsError */
  async call<Result>(
    procedure: Procedure,
    args: object,
    take: (ok: Fields) => Result,
  ): Promise<Result> {
    const isRepeatable = REPEATABLE.has(procedure);
    for (const pauseMs of LATER_MS) {
      try {
        return await (isRepeatable
          ? this.ask(procedure, args, take)
          : this.send(procedure, args, take));
      } catch (error) {
        if (!(error instanceof NfsError) || error.code !== 'NFS3ERR_JUKEBOX') throw error;
        await sleep(pauseMs);
      }
    }
    return this.send(procedure, args, take);
  }

  bytes(opaque: unknown): Uint8Array {
    return this.source.current.bytes(opaque);
  }

  copy(opaque: unknown, into: Uint8Array): number {
    return this.isOver ? 0 : this.source.current.copy(opaque, into);
  }

  entries(first: unknown): { name: string; cookie: bigint }[] {
    return this.source.current.entries(first);
  }

  private async send<Result>(
    procedure: Procedure,
    args: object,
    take: (ok: Fields) => Result,
  ): Promise<Result> {
    const transport = await this.source.transportFor(procedure);
    if (this.isOver) throw new NfsError(procedure, 'ECANCELED', `${procedure} was not sent`);
    return transport.call(procedure, args, take);
  }

  /** Asks again where no answer comes. The first answer counts, and only that is looked at. */
  private ask<Result>(
    procedure: Procedure,
    args: object,
    take: (ok: Fields) => Result,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      let isTaken = false;
      let timer: NodeJS.Timeout;
      const settled = () => {
        clearTimeout(timer);
        this.timers.delete(timer);
      };
      const once = (waitMs: number) => {
        this.send(procedure, args, (ok) => {
          if (isTaken) return;
          isTaken = true;
          resolve(take(ok));
        })
          .catch(reject)
          .finally(settled);
        timer = setTimeout(() => {
          this.timers.delete(timer);
          once(2 * waitMs);
        }, waitMs);
        this.timers.add(timer);
      };
      once(REPEAT_MS);
    });
  }
}
