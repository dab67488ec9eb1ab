// A mounted export across restarts of its server. Handles of NFSv3 outlive the server's process, so
// after a lost connection the next call mounts anew and goes on with them. What was under way when
// the connection broke has failed and is not sent again: whether it was done is not known.

import { constants } from 'node:os';
import { NfsError } from './nfs-error.ts';
import type { Procedure } from './nfs-library.ts';
import type { NfsTarget } from './nfs-mounting.ts';
import { NfsSpan, type TransportSource } from './nfs-span.ts';
import { type Handle, type NfsCalls, NfsTransport } from './nfs-transport.ts';
import { UnreachableError } from './operation-error.ts';

/** What a client needs of a session. */
export type NfsSpans = Pick<NfsSession, 'during' | 'close'>;

export class NfsSession implements TransportSource {
  readonly root: Handle;
  private readonly target: NfsTarget;
  private readonly exported: string;
  private transport: NfsTransport;
  private mounting: Promise<NfsTransport> | null = null;
  private isClosed = false;

  private constructor(target: NfsTarget, exported: string, transport: NfsTransport) {
    this.target = target;
    this.exported = exported;
    this.transport = transport;
    this.root = transport.root;
  }

  /** @throws as `NfsTransport.mount` */
  static async mount(target: NfsTarget, exported: string): Promise<NfsSession> {
    return new NfsSession(target, exported, await NfsTransport.mount(target, exported));
  }

  /** Runs the requests of one call, whose limit the caller keeps. */
  async during<Result>(
    act: (calls: NfsCalls) => Promise<Result>,
    limited: (act: () => Promise<Result>) => Promise<Result>,
  ): Promise<Result> {
    const span = new NfsSpan(this);
    try {
      return await limited(() => act(span));
    } finally {
      span.end();
    }
  }

  get current(): NfsTransport {
    return this.transport;
  }

  /** One that is up, where there is any. @throws NfsError */
  transportFor(procedure: Procedure): NfsTransport | Promise<NfsTransport> {
    return this.isClosed || this.transport.isUp() ? this.transport : this.mountAnew(procedure);
  }

  /** Never throws. What is due is lost. */
  close(): void {
    this.isClosed = true;
    this.transport.close();
  }

  /** Once for all calls that wait for it. */
  private async mountAnew(procedure: Procedure): Promise<NfsTransport> {
    this.mounting ??= NfsTransport.mount(this.target, this.exported).finally(() => {
      this.mounting = null;
    });
    try {
      const transport = await this.mounting;
      if (transport !== this.transport) {
        this.transport.close();
        this.transport = transport;
        if (this.isClosed) transport.close();
      }
      return transport;
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      throw new NfsError(procedure, errnoIn(error.message), `${procedure}: ${error.message}`);
    }
  }
}

/** The library says it as text: "socket error Connection refused(111) while connecting." */
function errnoIn(message: string): string {
  const number = Number(/\((\d+)\)/.exec(message)?.[1]);
  const found = Object.entries(constants.errno).find(([, value]) => value === number);
  return found?.[0] ?? 'ENOTCONN';
}
