// Calls of the proxy's own in a session of NFSv4.1. In each slot of a session calls are numbered
// one
// after the other (RFC 8881, section 2.10.6.1), so the proxy takes the number of the client's call
// that waits for it, and from then on adds to what the client counts in this slot.
//
//   SEQUENCE  session:128 | number:32 | slot:32 | highest slot:32 | cache this:32
//         ->  session:128 | number:32 | slot:32 | highest slot:32 | target:32 | flags:32

import type { CalledOperation, NfsCall, NfsReply } from './called-operation.ts';
import { NFS4 } from './nfs4-operations.ts';
import { OK } from './status.ts';

const SESSION_BYTES = 16;
const NUMBER_AT = 16;
const SLOT_AT = 20;
const CACHE_AT = 28;

export class SessionSlots {
  /** How many calls of the proxy there were, by session and slot. */
  readonly #ours = new Map<string, number>();

  /** Whether the numbers of calls must be changed on their way; then, until the proxy ends. */
  get areShifted(): boolean {
    return this.#ours.size > 0;
  }

  /** For a call of the proxy's own, in the slot of a client's call that waits for it. */
  next(waiting: NfsCall): CalledOperation | null {
    const sequence = sequenceOf(waiting);
    const bytes = sequence && argumentsOf(sequence);
    if (!sequence || !bytes) return null;
    const ours = Buffer.from(bytes);
    this.#add(ours, 1);
    ours.writeUInt32BE(0, CACHE_AT);
    this.#ours.set(slotOf(bytes), this.#of(bytes) + 1);
    return { ...sequence, args: { kind: 'other', bytes: ours } };
  }

  /** The server did not count the last one of `next`. */
  takeBack(waiting: NfsCall): void {
    const sequence = sequenceOf(waiting);
    const bytes = sequence && argumentsOf(sequence);
    if (!bytes) return;
    const ours = this.#of(bytes) - 1;
    if (ours > 0) this.#ours.set(slotOf(bytes), ours);
    else this.#ours.delete(slotOf(bytes));
  }

  /** Gives a call of the client the number that the server expects; whether it is another. */
  renumberCall(call: NfsCall): boolean {
    const sequence = sequenceOf(call);
    const bytes = sequence && argumentsOf(sequence);
    return bytes ? this.#add(bytes, 1) : false;
  }

  /** Gives a reply the number that the client expects. */
  renumberReply({ results }: NfsReply): void {
    const [first] = results;
    if (first?.code !== NFS4.SEQUENCE || first.status !== OK) return;
    if (first.result.kind === 'other') this.#add(first.result.bytes, -1);
  }

  #of(bytes: Buffer): number {
    return this.#ours.get(slotOf(bytes)) ?? 0;
  }

  #add(bytes: Buffer, sign: 1 | -1): boolean {
    const ours = this.#of(bytes);
    bytes.writeUInt32BE((bytes.readUInt32BE(NUMBER_AT) + sign * ours) >>> 0, NUMBER_AT);
    return ours > 0;
  }
}

export function sequenceOf({ version, operations }: NfsCall): CalledOperation | null {
  const [first] = operations;
  return version === 4 && first?.code === NFS4.SEQUENCE ? first : null;
}

export function isSameSession(one: CalledOperation, other: CalledOperation): boolean {
  const [session, same] = [argumentsOf(one), argumentsOf(other)].map((bytes) =>
    bytes?.subarray(0, SESSION_BYTES),
  );
  return session !== undefined && same !== undefined && session.equals(same);
}

function argumentsOf({ args }: CalledOperation): Buffer | null {
  return args.kind === 'other' ? args.bytes : null;
}

function slotOf(bytes: Buffer): string {
  return `${bytes.toString('latin1', 0, SESSION_BYTES)}${bytes.readUInt32BE(SLOT_AT)}`;
}
