// WRITEs that are acknowledged and held: which are, in which order they are carried out, and what a
// crash of the server takes.

import { describe, expect, it } from 'vitest';
import { nfs3 } from '../../../../src/fault/nfs-proxy/nfs3.ts';
import { nfs4 } from '../../../../src/fault/nfs-proxy/nfs4.ts';
import { callHead } from '../../../../src/fault/nfs-proxy/rpc.ts';
import { DATA, Proxied } from './planted-call.ts';
import {
  COMMIT4,
  commit3,
  compound,
  GETATTR,
  type Operation,
  PUTFH,
  read3,
  read4,
  SEQUENCE,
  STATEID,
  VERIFIER,
  write3,
  write4,
  written3,
} from './rpc-calls.ts';

const EMPTY = write3(0n, Buffer.alloc(0));

/** Offsets of the WRITEs that a call lets go before itself. */
function offsetsBefore(proxy: Proxied, record: Buffer): number[] {
  const head = callHead(record);
  if (head === null) throw new Error('no call');
  const dialect = head.version === 3 ? nfs3 : nfs4;
  const call = dialect.readCall(record, head.xid, head.procedure);
  return proxy.proxied.heldBefore(call).map(({ call: { offset } }) => offset);
}

function written(proxy: Proxied, ...offsets: readonly number[]): void {
  for (const offset of offsets) {
    expect(proxy.sent(proxy.plan(write3(BigInt(offset), DATA)))).toEqual(EMPTY);
  }
}

describe('a WRITE that is delayed', () => {
  it.each([
    ['fsync', [0, 32, 64]],
    ['close', [0, 32, 64]],
    ['reversed', [64, 32, 0]],
  ])('until=%s: goes before the COMMIT, and before nothing else', (until, order) => {
    const proxy = new Proxied(`delayed:until=${until}`);
    written(proxy, 0, 32, 64);
    expect(offsetsBefore(proxy, read3(0n, 10))).toEqual([]);
    expect(offsetsBefore(proxy, write3(0n, DATA))).toEqual([]);
    expect(offsetsBefore(proxy, commit3())).toEqual(order);
    expect(offsetsBefore(proxy, commit3())).toEqual([]);
    expect(proxy.whats()).toHaveLength(3);
  });

  it('is UNSTABLE: others pass as they are', () => {
    const proxy = new Proxied('delayed');
    for (const record of [write3(0n, DATA, 2), compound([PUTFH, write4(0n, DATA, 2)])]) {
      expect(proxy.sent(proxy.plan(record))).toEqual(record);
    }
    expect(proxy.whats()).toEqual([]);
  });
});

describe('a WRITE that is not synced', () => {
  it('goes before whatever is asked of its file, in its order', () => {
    for (const asked of [read3(0n, 10), commit3(), write3(0n, DATA, 2)]) {
      const proxy = new Proxied('unsynced:signal=SIGUSR2');
      written(proxy, 64, 0);
      expect(offsetsBefore(proxy, write3(0n, DATA))).toEqual([]);
      expect(offsetsBefore(proxy, asked)).toEqual([64, 0]);
      proxy.faults.signalled('SIGUSR2');
      expect(proxy.whats()).toEqual([]);
    }
  });

  it('is lost in a crash, with one receipt of its file; another crash finds nothing', () => {
    const proxy = new Proxied('unsynced:signal=SIGUSR2');
    written(proxy, 64, 0);
    proxy.faults.signalled('SIGUSR2');
    proxy.faults.signalled('SIGUSR2');
    const { receipts } = proxy.faults.takeReceipts();
    expect(receipts).toMatchObject([{ kind: 'unsynced', offset: 0, length: 64 + DATA.length }]);
    expect(offsetsBefore(proxy, commit3())).toEqual([]);
    expect(proxy.proxied.isQuiet).toBe(false);
  });

  it('that a crash takes before it is answered has the verifier of before', () => {
    const verifierOf = (told: Buffer) => told.subarray(told.length - VERIFIER.length);
    const proxy = new Proxied('unsynced:signal=SIGUSR2,count=1');
    const taken = proxy.plan(write3(0n, DATA));
    proxy.faults.signalled('SIGUSR2');
    expect(verifierOf(proxy.told(taken, written3(0)))).toEqual(VERIFIER);
    const after = proxy.plan(write3(0n, DATA));
    const told = verifierOf(proxy.told(after, written3(DATA.length)));
    expect(told).not.toEqual(VERIFIER);
    expect(verifierOf(proxy.told(proxy.plan(write3(0n, DATA)), written3(0)))).toEqual(told);
  });
});

const CLOSE4: Operation = [4, Buffer.alloc(4), STATEID];
const EMPTY4 = write4(0n, Buffer.alloc(0));
const DELEGRETURN: Operation = [8, STATEID];

function written4(proxy: Proxied, offset: bigint, before: readonly Operation[]): void {
  const plan = proxy.plan(compound([...before, PUTFH, write4(offset, DATA), GETATTR]));
  expect(proxy.sent(plan)).toEqual(compound([...before, PUTFH, EMPTY4, GETATTR]));
}

describe('a WRITE in a COMPOUND', () => {
  it.each([
    ['of NFSv4.0', []],
    ['of a session', [SEQUENCE]],
  ] as const)('%s is held until its file is committed or closed', (_, before) => {
    for (const end of [COMMIT4, CLOSE4, DELEGRETURN]) {
      const proxy = new Proxied('delayed');
      written4(proxy, 64n, before);
      written4(proxy, 0n, before);
      expect(offsetsBefore(proxy, compound([...before, PUTFH, GETATTR]))).toEqual([]);
      expect(offsetsBefore(proxy, compound([...before, PUTFH, end]))).toEqual([64, 0]);
      expect(offsetsBefore(proxy, compound([...before, PUTFH, end]))).toEqual([]);
    }
  });

  it('that is not synced goes before what is asked of its file, not before the next WRITE', () => {
    for (const asked of [GETATTR, read4(0n, 10), COMMIT4, write4(0n, DATA, 2)]) {
      const proxy = new Proxied('unsynced:signal=SIGUSR2');
      written4(proxy, 64n, [SEQUENCE]);
      const next = compound([SEQUENCE, PUTFH, write4(0n, DATA), GETATTR]);
      expect(offsetsBefore(proxy, next)).toEqual([]);
      expect(offsetsBefore(proxy, compound([SEQUENCE, PUTFH, asked]))).toEqual([64]);
    }
  });

  it('of a session is carried out in a session alone', () => {
    const proxy = new Proxied('delayed');
    written4(proxy, 64n, [SEQUENCE]);
    expect(offsetsBefore(proxy, compound([PUTFH, COMMIT4]))).toEqual([]);
    expect(offsetsBefore(proxy, compound([SEQUENCE, PUTFH, COMMIT4]))).toEqual([64]);
  });
});
