// WRITEs that are acknowledged and held: which are, in which order they are carried out, and what a
// crash of the server takes.

import { describe, expect, it } from 'vitest';
import { nfs3 } from '../../../../src/fault/nfs-proxy/nfs3.ts';
import { callHead } from '../../../../src/fault/nfs-proxy/rpc.ts';
import { DATA, Proxied } from './planted-call.ts';
import { commit3, compound, PUTFH, read3, write3, write4 } from './rpc-calls.ts';

const EMPTY = write3(0n, Buffer.alloc(0));

/** Offsets of the WRITEs that a call lets go before itself. */
function offsetsBefore(proxy: Proxied, record: Buffer): number[] {
  const head = callHead(record);
  if (head === null) throw new Error('no call');
  const call = nfs3.readCall(record, head.xid, head.procedure);
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

  it('is UNSTABLE and of NFSv3: others pass as they are', () => {
    const proxy = new Proxied('delayed');
    for (const record of [write3(0n, DATA, 2), compound([PUTFH, write4(0n, DATA)])]) {
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
});
