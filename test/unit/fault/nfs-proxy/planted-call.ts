// One call through the faults of the NFS proxy, without sockets.

import { createRng } from '../../../../src/base/rng.ts';
import { parseFault } from '../../../../src/domain/fault-grammar.ts';
import { ArmedFaults } from '../../../../src/fault/armed-faults.ts';
import { type CallPlan, sentCall } from '../../../../src/fault/nfs-proxy/call-plan.ts';
import { nfsProxy } from '../../../../src/fault/nfs-proxy/nfs-proxy.ts';
import { nfs3 } from '../../../../src/fault/nfs-proxy/nfs3.ts';
import { nfs4 } from '../../../../src/fault/nfs-proxy/nfs4.ts';
import { ProxiedServer } from '../../../../src/fault/nfs-proxy/proxied-server.ts';
import { callHead } from '../../../../src/fault/nfs-proxy/rpc.ts';

export const DATA = Buffer.from('0123456789abcdef0123456789ABCDEF');
export const EACCES = 13;

export class Proxied {
  readonly faults: ArmedFaults;
  readonly proxied: ProxiedServer;

  constructor(...texts: readonly string[]) {
    const rng = createRng('1');
    const { plantable, admit } = nfsProxy;
    this.faults = new ArmedFaults(plantable, 'the nfs proxy', rng, undefined, admit);
    for (const text of texts) this.faults.set(parseFault(text));
    this.proxied = new ProxiedServer({ faults: this.faults, rng, note: () => undefined });
  }

  plan(record: Buffer): CallPlan {
    const head = callHead(record);
    if (head === null) throw new Error('no call');
    const dialect = head.version === 3 ? nfs3 : nfs4;
    const call = dialect.readCall(record, head.xid, head.procedure);
    return this.proxied.callFaults.plan(call, dialect);
  }

  /** What the server gets, or null. */
  sent(plan: CallPlan): Buffer | null {
    const call = sentCall(plan);
    return call && Buffer.concat(plan.dialect.writeCall(call));
  }

  /** What the client is told for a reply of the server. */
  told(plan: CallPlan, reply: Buffer | null): Buffer {
    const { dialect, nfsCall } = plan;
    const given =
      reply === null
        ? dialect.emptyReply(nfsCall)
        : dialect.readReply(reply, sentCall(plan) ?? nfsCall);
    if (given === null) throw new Error('not carried out');
    return Buffer.concat(dialect.writeReply(this.proxied.replyFaults.compose(plan, given)));
  }

  whats(): string[] {
    return this.faults.takeReceipts().receipts.map(({ what }) => what);
  }
}

/** Both ways of one call through a proxy with faults. */
export function through(record: Buffer, reply: Buffer | null, ...faults: readonly string[]) {
  const proxy = new Proxied(...faults);
  const plan = proxy.plan(record);
  return { sent: proxy.sent(plan), told: proxy.told(plan, reply), whats: proxy.whats() };
}
