// Calls and replies that are read and written back, and what is not understood.

import fc from 'fast-check';
import { expect } from 'vitest';
import type { Dialect, NfsCall } from '../../../../src/fault/nfs-proxy/called-operation.ts';
import { callHead } from '../../../../src/fault/nfs-proxy/rpc.ts';
import { XdrError } from '../../../../src/fault/nfs-proxy/xdr.ts';

export function readCall(dialect: Dialect, record: Buffer): NfsCall {
  const head = callHead(record);
  if (head === null) throw new Error('no call');
  return dialect.readCall(record, head.xid, head.procedure);
}

export function expectSame(dialect: Dialect, record: Buffer): NfsCall {
  const call = readCall(dialect, record);
  expect(Buffer.concat(dialect.writeCall(call)).equals(record)).toBe(true);
  return call;
}

export function expectSameReply(dialect: Dialect, record: Buffer, call: NfsCall) {
  const reply = dialect.readReply(record, call);
  if (reply === null) throw new Error('not carried out');
  expect(Buffer.concat(dialect.writeReply(reply)).equals(record)).toBe(true);
  return reply;
}

/** Whatever is cut off or changed, only XdrError comes of it. */
export function expectOnlyXdrErrors(dialect: Dialect, record: Buffer, call: NfsCall | null) {
  const at = fc.nat(record.length);
  fc.assert(
    fc.property(at, fc.nat(record.length - 1), fc.nat(255), (end, place, byte) => {
      const changed = Buffer.from(record);
      changed[place] = byte;
      for (const bytes of [record.subarray(0, end), changed]) {
        try {
          if (call) dialect.readReply(bytes, call);
          else if (callHead(bytes)) readCall(dialect, bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(XdrError);
        }
      }
    }),
  );
}
