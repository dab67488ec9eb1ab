// Calls that the proxy makes itself, among those of the client and with its credentials: WRITEs
// that were held. One after the other, since a server carries out at once what it has at once.

import type { NfsReply } from './called-operation.ts';
import type { HeldWrite } from './held-writes.ts';
import { marked } from './record-marking.ts';
import { OK } from './status.ts';

export interface OwnCallEvents {
  /** A number that no call of the client has now. */
  freshXid(): number;
  send(record: readonly Buffer[]): void;
  failed(file: string, status: number): void;
}

export class OwnCalls {
  readonly #events: OwnCallEvents;
  /** By xid; null where there will be no reply. */
  readonly #awaited = new Map<number, (reply: Buffer | null) => void>();
  /** One WRITE at a time, also of two calls that want some carried out before them. */
  #last: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(events: OwnCallEvents) {
    this.#events = events;
  }

  has(xid: number): boolean {
    return this.#awaited.has(xid);
  }

  answered(xid: number, reply: Buffer): void {
    this.#awaited.get(xid)?.(reply);
    this.#awaited.delete(xid);
  }

  /** The connection has gone: nothing is answered any more. */
  end(): void {
    this.#isOver = true;
    for (const answer of this.#awaited.values()) answer(null);
    this.#awaited.clear();
  }

  /** Resolves when all have been answered; never rejects. */
  carryOut(writes: readonly HeldWrite[]): Promise<void> {
    this.#last = this.#last.then(async () => {
      for (const write of writes) await this.#write(write);
    });
    return this.#last;
  }

  async #write({ file, nfsCall, dialect }: HeldWrite): Promise<void> {
    if (this.#isOver) return;
    const xid = this.#events.freshXid();
    const record = Buffer.concat(dialect.writeCall(nfsCall));
    record.writeUInt32BE(xid, 0);
    const came = new Promise<Buffer | null>((resolve) => this.#awaited.set(xid, resolve));
    this.#events.send(marked([record]));
    const body = await came;
    const status = body && statusOf(() => dialect.readReply(body, nfsCall));
    if (status !== null && status !== OK) this.#events.failed(file, status);
  }
}

/** NFS3ERR_IO where the server did not carry it out or said nothing that could be read. */
function statusOf(read: () => NfsReply | null): number {
  const EIO = 5;
  try {
    return read()?.results[0]?.status ?? EIO;
  } catch {
    return EIO;
  }
}
