// WRITEs that were held, carried out in a slot of a session: what the server gets, and what becomes
// of the numbers of the client's own calls.

import { describe, expect, it } from 'vitest';
import type { NfsCall, NfsReply } from '../../../../src/fault/nfs-proxy/called-operation.ts';
import type { HeldWrite } from '../../../../src/fault/nfs-proxy/held-writes.ts';
import { nfs4 } from '../../../../src/fault/nfs-proxy/nfs4.ts';
import { OwnCalls } from '../../../../src/fault/nfs-proxy/own-calls.ts';
import { SessionSlots } from '../../../../src/fault/nfs-proxy/session-slots.ts';
import { numbers } from '../../../../src/fault/nfs-proxy/xdr.ts';
import { DATA, Proxied } from './planted-call.ts';
import {
  COMMIT4,
  compound,
  compounded,
  type Operation,
  PUTFH,
  STATEID,
  VERIFIER,
  write4,
} from './rpc-calls.ts';

const OK = 0;
const ENOSPC = 28;
const BADSESSION = 10_052;

function sequence(number: number, { session = 1, slot = 3, cache = 1 } = {}): Operation {
  return [53, Buffer.alloc(16, session), numbers(number, slot, 7, cache)];
}

const sequenced = (number: number, session = 1, slot = 3) =>
  [53, OK, Buffer.alloc(16, session), numbers(number, slot, 7, 7, 0)] as const;
const WRITTEN = [38, OK, numbers(DATA.length, 0), VERIFIER] as const;

function callOf(record: Buffer): NfsCall {
  return nfs4.readCall(record, 0x1234, 1);
}

function held(...operations: readonly Operation[]): HeldWrite[] {
  const proxy = new Proxied('delayed');
  for (const operation of operations) {
    proxy.plan(compound([sequence(40), PUTFH, operation]));
  }
  return [...proxy.proxied.callFaults.held.take(() => true)];
}

/** Carries them out before `waiting`, with these replies; resolves to what was sent. */
async function carriedOut(
  slots: SessionSlots,
  waiting: NfsCall,
  writes: readonly HeldWrite[],
  replies: readonly Buffer[],
) {
  const sent: Buffer[] = [];
  const failed: number[] = [];
  const own = new OwnCalls({
    slots,
    freshXid: () => 0x1234,
    send(record) {
      sent.push(Buffer.concat(record).subarray(4));
      queueMicrotask(() => own.answered(0x1234, replies[sent.length - 1] as Buffer));
    },
    failed: (_, status) => failed.push(status),
  });
  await own.carryOut(writes, waiting);
  return { sent, failed };
}

/** What a client's call looks like to the server. */
function renumbered(slots: SessionSlots, record: Buffer): Buffer {
  const call = callOf(Buffer.from(record));
  slots.renumberCall(call);
  return Buffer.concat(nfs4.writeCall(call));
}

const commit = (number: number) => compound([sequence(number), PUTFH, COMMIT4]);
const done = (number: number) => compounded(OK, [sequenced(number), [22, OK], WRITTEN]);

describe('WRITEs in the slot of the call that waits for them', () => {
  it('take its number and the next; from then on the client counts behind', async () => {
    const slots = new SessionSlots();
    const writes = held(write4(0n, DATA), write4(32n, DATA));
    const { sent, failed } = await carriedOut(slots, callOf(commit(9)), writes, [
      done(9),
      done(10),
    ]);
    expect(sent).toEqual([
      compound([sequence(9, { cache: 0 }), PUTFH, write4(0n, DATA)]),
      compound([sequence(10, { cache: 0 }), PUTFH, write4(32n, DATA)]),
    ]);
    expect(failed).toEqual([]);
    expect(renumbered(slots, commit(9))).toEqual(commit(11));
    expect(renumbered(slots, commit(0xffff_ffff))).toEqual(commit(1));
    const reply = nfs4.readReply(done(11), callOf(commit(11))) as NfsReply;
    slots.renumberReply(reply);
    expect(Buffer.concat(nfs4.writeReply(reply))).toEqual(done(9));
  });

  it('leave the other slots and sessions alone', async () => {
    const slots = new SessionSlots();
    expect(slots.areShifted).toBe(false);
    await carriedOut(slots, callOf(commit(9)), held(write4(0n, DATA)), [done(9)]);
    expect(slots.areShifted).toBe(true);
    for (const other of [{ slot: 4 }, { session: 2 }]) {
      const record = compound([sequence(9, other), PUTFH, COMMIT4]);
      expect(renumbered(slots, record)).toEqual(record);
    }
  });

  it('have the anonymous stateid in another session than they came in', async () => {
    const waiting = callOf(compound([sequence(9, { session: 2 }), PUTFH, COMMIT4]));
    const reply = compounded(OK, [sequenced(9, 2), [22, OK], WRITTEN]);
    const writes = held(write4(0n, DATA));
    const { sent } = await carriedOut(new SessionSlots(), waiting, writes, [reply]);
    const [, stateid, ...rest] = write4(0n, DATA);
    expect(stateid).toEqual(STATEID);
    const anonymous: Operation = [38, Buffer.alloc(16), ...rest];
    expect(sent).toEqual([compound([sequence(9, { session: 2, cache: 0 }), PUTFH, anonymous])]);
  });

  it('are counted where they fail, and not where the session refuses them', async () => {
    const refused = compounded(ENOSPC, [sequenced(9), [22, OK], [38, ENOSPC]]);
    const unknown = compounded(BADSESSION, [[53, BADSESSION]]);
    for (const [reply, status, next] of [
      [refused, ENOSPC, 10],
      [unknown, BADSESSION, 9],
      [Buffer.from('no reply at all'), 5, 9],
    ] as const) {
      const slots = new SessionSlots();
      const writes = held(write4(0n, DATA));
      const { failed } = await carriedOut(slots, callOf(commit(9)), writes, [reply]);
      expect(failed).toEqual([status]);
      expect(renumbered(slots, commit(9))).toEqual(commit(next));
    }
  });
});
