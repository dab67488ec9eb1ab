// One connection: records pass in both directions, and those that a fault may be about, or that
// tell names of files, are held and looked into. Calls of the client and their replies are matched
// by their xid. What is not understood passes untouched.

import type { Socket } from 'node:net';
import { LentChunk, type PooledReads } from '../pooled-reads.ts';
import type { Joint } from '../relay.ts';
import { Splice } from '../splice.ts';
import { type CallPlan, sentCall } from './call-plan.ts';
import type { Dialect, NfsCall, NfsReply } from './called-operation.ts';
import { LateRecords } from './late-records.ts';
import { compoundTells, learnNames, tellsNames } from './learnt-names.ts';
import { nfs3 } from './nfs3.ts';
import { nfs4 } from './nfs4.ts';
import { Outlet } from './outlet.ts';
import { OwnCalls } from './own-calls.ts';
import { PendingCalls, sentOf } from './pending-calls.ts';
import type { ProxiedServer } from './proxied-server.ts';
import { type HeldRecord, marked, RecordSplitter } from './record-marking.ts';
import {
  AUTH_TLS,
  CALL_HEAD_BYTES,
  type CallHead,
  callHead,
  NFS_PROGRAM,
  REPLY_HEAD_BYTES,
  RPCSEC_GSS,
  replyXid,
} from './rpc.ts';
import { XdrError } from './xdr.ts';

/** A reply that is to follow the next one does not wait for it for ever. */
const REORDER_LIMIT_MS = 200;
/** A COMPOUND longer than this carries data, and is looked into only where a fault may be. */
const NAMES_BYTES_MAX = 4096;
const COMPOUND = 1;

export class NfsConnection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #proxied: ProxiedServer;
  readonly #pending = new PendingCalls();
  readonly #own: OwnCalls;
  readonly #toServer: Outlet;
  readonly #toClient: Outlet;
  /** The chunk that is being passed on. */
  #lent = new LentChunk(() => undefined);
  readonly #late: LateRecords;
  /** A reply that waits for the next one. */
  #reordered: readonly Buffer[] | null = null;
  /** Set once what passes is no RPC that could be read: TLS. */
  #isOpaque = false;

  constructor({ client, server, fromClient, fromServer }: Joint, proxied: ProxiedServer) {
    this.#client = client;
    this.#server = server;
    this.#proxied = proxied;
    this.#late = new LateRecords([client, server]);
    const calls = this.#splitter(
      CALL_HEAD_BYTES,
      () => this.#toServer,
      (head, bytes) => this.#wantsCall(head, bytes),
      (record) => this.#call(record),
    );
    const replies = this.#splitter(
      REPLY_HEAD_BYTES,
      () => this.#toClient,
      (head) => this.#reordered !== null || this.#awaits(replyXid(head) ?? -1),
      (record) => this.#reply(record),
    );
    this.#toServer = new Outlet(server, () => calls.isBetween);
    this.#toClient = new Outlet(client, () => replies.isBetween);
    this.#own = new OwnCalls({
      slots: proxied.slots,
      freshXid: () => proxied.freshXid((xid) => this.#awaits(xid)),
      send: (record) => this.#toServer.insert(record),
      failed: (file, status) => proxied.failLater(file, status),
    });
    server.on('close', () => this.#own.end());
    this.#carry(client, fromClient, server, calls);
    this.#carry(server, fromServer, client, replies);
  }

  #splitter(
    headBytes: number,
    outlet: () => Outlet,
    wants: (head: Buffer, bytes: number) => boolean,
    held: (record: HeldRecord) => void,
  ): RecordSplitter {
    return new RecordSplitter(headBytes, {
      wants,
      held,
      pass: (bytes) => outlet().pass(bytes, this.#lent.lend()),
      get waits() {
        return outlet().waits;
      },
      between: () => outlet().between(),
    });
  }

  #carry(source: Socket, reads: PooledReads, target: Socket, splitter: RecordSplitter): void {
    const unseen = new Splice(reads, source, target);
    reads.take = (chunk, release) => {
      if (this.#isOpaque) {
        target.write(chunk, release);
      } else {
        this.#lent = new LentChunk(release);
        target.cork();
        splitter.push(chunk);
        target.uncork();
        this.#lent.returned();
        // What follows in this record is not looked at.
        splitter.passedUnseen(unseen.move(chunk, splitter.passingBytes));
      }
      if (target.writableNeedDrain) source.pause();
    };
    target.on('drain', () => this.#late.isFull || source.resume());
    source.on('end', () => void this.#late.settled().then(() => target.end()));
  }

  #wantsCall(head: Buffer, bytes: number): boolean {
    const call = callHead(head);
    if (call === null) return false;
    this.#proxied.counts.calls++;
    if (call.flavor === AUTH_TLS || call.flavor === RPCSEC_GSS) {
      this.#passUntouched(call);
      return false;
    }
    if (call.program !== NFS_PROGRAM || call.procedure === 0) return false;
    if (call.version === 3) {
      return tellsNames(call.procedure) || this.#proxied.concerns(call.procedure);
    }
    if (call.version !== 4 || call.procedure !== COMPOUND) return false;
    return bytes <= NAMES_BYTES_MAX || !this.#proxied.isQuiet;
  }

  #passUntouched({ flavor }: CallHead): void {
    this.#proxied.counts.untouched++;
    if (flavor === AUTH_TLS) this.#isOpaque = true;
    this.#proxied.noteOnce(
      flavor === AUTH_TLS
        ? 'a client asks for TLS: nothing of that connection can be read or changed'
        : 'a client uses RPCSEC_GSS (krb5): its calls pass untouched (mount it with sec=sys)',
    );
  }

  #call({ raw, body }: HeldRecord): void {
    const head = callHead(body) as CallHead;
    const dialect = head.version === 3 ? nfs3 : nfs4;
    const call = this.#understood(() => dialect.readCall(body, head.xid, head.procedure));
    if (call === null) {
      this.#toServer.insert([raw]);
      return;
    }
    const held = this.#proxied.heldBefore(call);
    if (held.length === 0) this.#plan(call, dialect, raw);
    else this.#late.when(this.#own.carryOut(held, call), () => this.#plan(call, dialect, raw));
  }

  #plan(call: NfsCall, dialect: Dialect, raw: Buffer): void {
    const isRenumbered = this.#proxied.slots.renumberCall(call);
    const plan = this.#planFor(call, dialect);
    if (plan && isRenumbered) plan.isChanged = true;
    const isAwaited = call.version === 3 || plan !== null || compoundTells(call);
    if (isAwaited) this.#pending.add({ call, dialect, plan });
    if (plan === null) {
      this.#toServer.insert([raw]);
    } else {
      this.#late.after(plan.delayMs, raw.length, () => this.#carryOut(plan, raw));
    }
  }

  /** Null where nothing is changed. A call that is asked again has the plan that it had. */
  #planFor(call: NfsCall, dialect: Dialect): CallPlan | null {
    const earlier = this.#pending.planOf(call);
    if (earlier !== null || this.#proxied.isQuiet) return earlier;
    if (call.operations.length === 0) this.#proxied.counts.untouched++;
    return this.#proxied.callFaults.plan(call, dialect);
  }

  #awaits(xid: number): boolean {
    return this.#pending.has(xid) || this.#own.has(xid);
  }

  /** What is no NFS as it is specified passes as it is. */
  #understood<Read>(read: () => Read): Read | null {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof XdrError)) throw error;
      this.#proxied.counts.untouched++;
      return null;
    }
  }

  #carryOut(plan: CallPlan, raw: Buffer): void {
    const sent = sentCall(plan);
    const isRaw = !plan.isChanged && plan.callSliceBytes === undefined;
    const parts = () => {
      const record =
        sent === null || !plan.isChanged ? [raw.subarray(4)] : plan.dialect.writeCall(sent);
      return marked(record, plan.callSliceBytes);
    };
    if (plan.ending?.of === 'call') {
      this.#endAfter(plan.ending, this.#toServer, isRaw ? [raw] : parts());
    } else if (sent === null) {
      this.#pending.take(plan.nfsCall.xid);
      this.#answer(plan, plan.dialect.emptyReply(plan.nfsCall), null);
    } else {
      this.#toServer.insert(isRaw ? [raw] : parts());
    }
  }

  #reply({ raw, body }: HeldRecord): void {
    const xid = replyXid(body) ?? -1;
    if (this.#own.has(xid)) {
      this.#own.answered(xid, body);
      return;
    }
    const pending = this.#pending.take(xid);
    const reply =
      pending && this.#understood(() => pending.dialect.readReply(body, sentOf(pending)));
    if (!pending || !reply) {
      this.#sendReply([raw]);
      return;
    }
    const { plan } = pending;
    this.#proxied.slots.renumberReply(reply);
    this.#understood(() => learnNames(this.#proxied.names, sentOf(pending), reply));
    if (plan === null) this.#sendReply([raw]);
    else this.#answer(plan, reply, raw);
  }

  /** @param raw the server's own reply, or null where it was not asked */
  #answer(plan: CallPlan, given: NfsReply, raw: Buffer | null): void {
    const told = this.#proxied.replyFaults.compose(plan, given);
    const isRaw = told === given && raw !== null && plan.replySliceBytes === undefined;
    const parts = isRaw ? [raw] : marked(plan.dialect.writeReply(told), plan.replySliceBytes);
    if (plan.isDropped) return;
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    const waits = plan.paced.map(({ armed, call }) => {
      const paced = call.operation === 'read' ? bytes : call.length;
      return this.#proxied.callFaults.rates.waitMs(armed.fault, paced);
    });
    this.#late.after(Math.max(0, ...waits), bytes, () => {
      if (plan.ending !== null) this.#endAfter(plan.ending, this.#toClient, parts);
      else if (plan.isHeld) this.#reorder(parts);
      else this.#sendReply(plan.isTwice ? [...parts, ...parts] : parts);
    });
  }

  #sendReply(parts: readonly Buffer[]): void {
    this.#toClient.insert(parts);
    const reordered = this.#reordered;
    this.#reordered = null;
    if (reordered) this.#toClient.insert(reordered);
  }

  #reorder(parts: readonly Buffer[]): void {
    if (this.#reordered) this.#sendReply(this.#reordered);
    this.#reordered = parts;
    setTimeout(() => {
      if (this.#reordered !== parts) return;
      this.#reordered = null;
      this.#toClient.insert(parts);
    }, REORDER_LIMIT_MS).unref();
  }

  #endAfter({ kind, bytes }: NonNullable<CallPlan['ending']>, outlet: Outlet, parts: Buffer[]) {
    if (bytes > 0) outlet.insert([Buffer.concat(parts).subarray(0, bytes)]);
    for (const socket of [this.#client, this.#server]) {
      if (kind === 'cut') socket.destroySoon();
      else socket.resetAndDestroy();
    }
  }
}
