// One SFTP session between a client and its server. Requests and replies are matched by their
// numbers; what each fault makes of a call is in its plan, and here the plan is carried out. While
// no fault is set only the packets that tell which handle is which file are looked at.

import { monotonicMs } from '../../base/clock.ts';
import type { Fault } from '../../domain/fault.ts';
import type { ArmedFaults, FaultCall } from '../armed-faults.ts';
import { type CallPlan, type Ending, planOf } from './call-plan.ts';
import { attributesKey, carryOut, isForReply, isPossible, type Tools } from './carry-out.ts';
import { DelayedWrites } from './delayed-writes.ts';
import { handOn, type Side } from './hand-on.ts';
import { type OpenFile, OpenFiles } from './open-files.ts';
import { OwnRequests } from './own-requests.ts';
import { PacketFramer } from './packet-framer.ts';
import { PacketWriter } from './packet-writer.ts';
import {
  attributesPacket,
  closePacket,
  isOk,
  replyAttributes,
  replyData,
  replyId,
  replyText,
} from './reply.ts';
import { readRequest, type SftpRequest, TYPE } from './request.ts';
import { SSH_FX_OK, statusFor, statusPacket } from './status.ts';
import { UnsyncedWrites } from './unsynced-writes.ts';

/** A reply that waits to be passed by the next one goes after so long all the same. */
const HELD_MS_MAX = 200;

/** Requests that tell what later ones are about; looked at also while no fault is set. */
const TELLING: ReadonlySet<number> = new Set([
  TYPE.open,
  TYPE.close,
  TYPE.opendir,
  TYPE.realpath,
  TYPE.extended,
]);

export class SftpExchange {
  readonly #faults: ArmedFaults;
  readonly #tools: Tools;
  readonly #end: (ending: Ending) => void;
  readonly #toServer: PacketWriter;
  readonly #toClient: PacketWriter;
  readonly #files = new OpenFiles();
  /** Requests under way, by their number. */
  readonly #pending = new Map<number, CallPlan>();
  readonly #own: OwnRequests;
  readonly #delayed: DelayedWrites;
  readonly #unsynced: UnsyncedWrites;
  /** Requests that wait, in their order; null while none has to. */
  #waiting: Buffer[] | null = null;
  readonly #timers = new Set<NodeJS.Timeout>();
  #held: (() => void)[] = [];
  #dataBytes = 0;
  /** Calls that a fault may have met, for the counts. */
  calls = 0;

  /** @param end carries out an ending: the connections are in other hands */
  constructor(
    client: Side,
    server: Side,
    faults: ArmedFaults,
    tools: Tools,
    end: (ending: Ending) => void,
  ) {
    this.#faults = faults;
    this.#tools = tools;
    this.#end = end;
    this.#toServer = new PacketWriter(server.channel, server.pack, client.lend);
    this.#toClient = new PacketWriter(client.channel, client.pack, server.lend);
    const send = (packet: Buffer) => this.#toServer.packet(packet);
    this.#own = new OwnRequests(send, (id) => this.#pending.has(id));
    this.#unsynced = new UnsyncedWrites(faults, tools.unsynced, this.#own);
    this.#delayed = new DelayedWrites(this.#files, (packet, file) =>
      this.#own.send(packet, this.#unsynced.sends(packet, file)),
    );
    const requests = new PacketFramer({
      wants: (type) => {
        // What is written unseen makes what is known of the past wrong.
        if (faults.quiet && type === TYPE.write) tools.earlier.clear();
        return !faults.quiet || TELLING.has(type) || this.#waiting !== null;
      },
      packet: (packet) => this.#inTurn(packet),
      pass: (bytes, isWhole) => this.#toServer.pass(bytes, isWhole),
    });
    const replies = new PacketFramer({
      wants: () => this.#pending.size > 0 || this.#own.areAwaited,
      packet: (packet) => this.#reply(packet),
      pass: (bytes, isWhole) => this.#toClient.pass(bytes, isWhole),
    });
    handOn(client.channel, server.channel, (bytes) => {
      client.came(bytes.length);
      requests.push(bytes);
    });
    handOn(server.channel, client.channel, (bytes) => {
      server.came(bytes.length);
      replies.push(bytes);
    });
    client.channel.on('end', () => this.#delayed.sendAll());
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#held = [];
    this.#own.close();
    for (const { answered } of this.#pending.values()) answered?.();
  }

  #inTurn(packet: Buffer): void {
    if (this.#waiting) {
      this.#waiting.push(packet);
      return;
    }
    const request = readRequest(packet);
    const file = this.#files.of(request?.handle ?? null);
    const ready = this.#unsynced.before(request, file);
    if (ready === null) {
      this.#request(packet, request, file);
      return;
    }
    this.#waiting = [packet];
    const goOn = () => {
      const waited = this.#waiting ?? [];
      this.#waiting = null;
      for (const each of waited) this.#inTurn(each);
    };
    void ready.then(goOn, goOn);
  }

  #request(packet: Buffer, request: SftpRequest | null, file: OpenFile | undefined): void {
    if (request?.operation == null) {
      this.#toServer.packet(packet);
      return;
    }
    const plan = planOf(this.#callOf(request, file), request, file, packet);
    if (!this.#faults.quiet) this.#ask(plan, (fault) => !isForReply(plan.call.operation, fault));
    this.calls++;
    this.#settle(plan);
  }

  #callOf(request: SftpRequest, file: OpenFile | undefined): FaultCall {
    const { operation, path, offset, length, flags, data } = request;
    return {
      operation: operation as FaultCall['operation'],
      path: path === null ? (file?.path ?? '') : this.#files.absolute(path),
      offset,
      length,
      flags: flags ?? file?.flags ?? [],
      ...(data ? { data } : {}),
    };
  }

  /** Has the faults that fire change the plan. */
  #ask(plan: CallPlan, isTime: (fault: Fault) => boolean): void {
    const { call } = plan;
    const may = (fault: Fault) =>
      isTime(fault) && this.#isReached(fault, call) && isPossible(this.#tools, fault, plan);
    for (const armed of this.#faults.firing(call, may)) {
      this.#faults.receipt(armed, call, carryOut(plan, armed, this.#tools));
    }
  }

  /** Whether so many bytes have passed as a cut wants. */
  #isReached({ kind, values }: Fault, { length }: FaultCall): boolean {
    if (kind !== 'cut' || values.bytes === undefined) return true;
    return this.#dataBytes + length > Number(values.bytes);
  }

  #settle(plan: CallPlan): void {
    const { request, call, file } = plan;
    if (plan.ending) {
      this.#end(plan.ending);
      return;
    }
    this.#dataBytes += call.length;
    if (file && (call.operation === 'close' || call.operation === 'fsync')) this.#payUp(plan, file);
    if (plan.isDelayed && file) this.#delayed.add(plan, file);
    if (request.type === TYPE.close) this.#files.closed(request.handle as string);
    if (plan.isForwarded) {
      if (file && call.operation === 'write') {
        plan.answered = this.#unsynced.sends(plan.packet, file);
      }
      if (this.#needsReply(plan)) this.#pending.set(request.id, plan);
      this.#toServer.packet(plan.packet);
    } else this.#answer(plan, statusPacket(request.id, plan.status ?? SSH_FX_OK));
  }

  /** Without faults the reply matters only where it tells what a handle or a path is. */
  #needsReply({ request, status }: CallPlan): boolean {
    if (!this.#faults.quiet || status !== null) return true;
    return [TYPE.open, TYPE.opendir, TYPE.realpath].some((type) => type === request.type);
  }

  /** At close and fsync: what was put off is sent, and the error that is owed is given. */
  #payUp(plan: CallPlan, file: OpenFile): void {
    const { operation } = plan.call;
    if (operation === 'close' || file.delayedUntil === 'fsync') this.#delayed.sendOf(file);
    const { late } = file;
    if (late?.at !== operation) return;
    file.late = null;
    plan.status = statusFor(late.errno);
    this.#faults.receipt(late.armed, plan.call, `${late.errno} for the write that was lost`);
  }

  #reply(packet: Buffer): void {
    const id = replyId(packet);
    if (this.#own.answered(id, packet)) return;
    const plan = this.#pending.get(id);
    if (plan === undefined) {
      this.#toClient.packet(packet);
      return;
    }
    this.#pending.delete(id);
    plan.answered?.();
    try {
      this.#learn(plan, packet);
      plan.replyData = replyData(packet);
      if (plan.call.operation === 'getattr') plan.replyAttributes = replyAttributes(packet);
    } catch (error) {
      // A packet that ends before it should is the client's to refuse.
      if (!(error instanceof RangeError)) throw error;
    }
    if ((plan.replyData || plan.replyAttributes) && !this.#faults.quiet) {
      const { replyData: data } = plan;
      const call = data ? { ...plan.call, length: data.length, data } : plan.call;
      const asked = { ...plan, call };
      this.#ask(asked, (fault) => isForReply(call.operation, fault));
      this.#answer(asked, this.#said(asked, packet));
    } else this.#answer(plan, this.#said(plan, packet));
  }

  #said({ request, status, replyAttributes: told }: CallPlan, packet: Buffer): Buffer {
    if (status === null) return told ? attributesPacket(request.id, told) : packet;
    // The server gave out a handle that the client will never hear of.
    if (packet[4] === TYPE.handle) this.#own.send(closePacket(packet));
    return statusPacket(request.id, status);
  }

  #learn(plan: CallPlan, reply: Buffer): void {
    const { call, request, status } = plan;
    const { operation, path, offset, data } = call;
    const isDone = isOk(reply);
    const { earlier, attributes } = this.#tools;
    this.#unsynced.done(plan, reply, this.#files.absolute(request.otherPath ?? ''));
    if (reply[4] === TYPE.handle && status === null) {
      const file = { path, name: request.path ?? path, flags: call.flags ?? [] };
      this.#files.opened(replyText(reply) ?? '', file);
    } else if (request.type === TYPE.realpath && request.path === '.') {
      this.#files.home = replyText(reply, 4) ?? this.#files.home;
    } else if (operation === 'write' && data && isDone) {
      if (this.#faults.mayFire('read', ['stale'])) earlier.wrote(path, offset, data);
      else earlier.clear();
    } else if (operation === 'rename' && isDone) {
      earlier.renamed(path, this.#files.absolute(request.otherPath ?? ''));
    } else if (operation === 'unlink' && isDone) earlier.forget(path);
    else if (operation === 'getattr' && this.#faults.mayFire('getattr', ['stale'])) {
      const seen = replyAttributes(reply);
      if (seen) attributes.seen(attributesKey(plan), seen);
    }
  }

  #answer(plan: CallPlan, packet: Buffer): void {
    if (plan.ending) {
      this.#end(plan.ending);
      return;
    }
    const send = () => {
      for (let reply = 0; reply < plan.replies; reply++) this.#toClient.packet(packet);
    };
    if (plan.isHeld) {
      this.#held.push(send);
      this.#later(HELD_MS_MAX, () => this.#letGo());
      return;
    }
    const waitMs = plan.dueMs - monotonicMs();
    if (waitMs > 0) this.#later(waitMs, () => this.#sendAndLetGo(send));
    else this.#sendAndLetGo(send);
  }

  #sendAndLetGo(send: () => void): void {
    send();
    this.#letGo();
  }

  #letGo(): void {
    for (const send of this.#held.splice(0)) send();
  }

  #later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }
}
