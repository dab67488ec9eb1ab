// Calls that the proxy makes itself, among those of the client and with its credentials: WRITEs
// that were held. One after the other, since a server carries out at once what it has at once, and
// since a slot of a session has one call at a time.

import type { CalledOperation, NfsCall, NfsReply } from './called-operation.ts';
import type { HeldWrite } from './held-writes.ts';
import { marked } from './record-marking.ts';
import { isSameSession, type SessionSlots, sequenceOf } from './session-slots.ts';
import { OK } from './status.ts';

export interface OwnCallEvents {
  readonly slots: SessionSlots;
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

  /**
   * Before `waiting`, a call of the client. Resolves when all have been answered; never
   * rejects.
   */
  carryOut(writes: readonly HeldWrite[], waiting: NfsCall): Promise<void> {
    this.#last = this.#last.then(async () => {
      for (const write of writes) await this.#write(write, waiting);
    });
    return this.#last;
  }

  async #write({ file, nfsCall: held, dialect }: HeldWrite, waiting: NfsCall): Promise<void> {
    if (this.#isOver) return;
    const { slots } = this.#events;
    const sequence = sequenceOf(held) && slots.next(waiting);
    const nfsCall = sequence ? inSession(held, sequence) : held;
    const xid = this.#events.freshXid();
    const record = Buffer.concat(dialect.writeCall(nfsCall));
    record.writeUInt32BE(xid, 0);
    const came = new Promise<Buffer | null>((resolve) => this.#awaited.set(xid, resolve));
    this.#events.send(marked([record]));
    const body = await came;
    if (body === null) return;
    const results = resultsOf(() => dialect.readReply(body, nfsCall));
    // What a SEQUENCE is refused for is not counted.
    if (sequence && results.length < 2) slots.takeBack(waiting);
    const status = results.at(-1)?.status ?? EIO;
    if (status !== OK) this.#events.failed(file, status);
  }
}

const EIO = 5;
const STATEID_BYTES = 16;

/** None where the server did not carry it out or said nothing that could be read. */
function resultsOf(read: () => NfsReply | null): NfsReply['results'] {
  try {
    return read()?.results ?? [];
  } catch {
    return [];
  }
}

/** In another session than it came in, with the anonymous stateid: its own is of another client. */
function inSession(held: NfsCall, sequence: CalledOperation): NfsCall {
  const [cameIn, ...rest] = held.operations;
  const isOwn = cameIn !== undefined && isSameSession(cameIn, sequence);
  const operations = rest.map((each) => {
    if (isOwn || each.args.kind !== 'write') return each;
    return { ...each, args: { ...each.args, head: Buffer.alloc(STATEID_BYTES) } };
  });
  return { ...held, operations: [sequence, ...operations] };
}
