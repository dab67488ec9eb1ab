// Calls and replies of NFSv3 are read and written back as the same bytes, whatever they hold, and
// what is no call of NFS is refused and nothing worse.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nfs3 } from '../../../../src/fault/nfs-proxy/nfs3.ts';
import { callHead, replyXid } from '../../../../src/fault/nfs-proxy/rpc.ts';
import { hyper, numbers, opaque } from '../../../../src/fault/nfs-proxy/xdr.ts';
import { expectOnlyXdrErrors, expectSame, expectSameReply, readCall } from './round-trip.ts';
import {
  commit3,
  DIRECTORY,
  HANDLE,
  read3,
  readData3,
  rpcCall,
  VERIFIER,
  wcc,
  write3,
  written3,
} from './rpc-calls.ts';

const DATA = fc.uint8Array({ maxLength: 70 }).map((bytes) => Buffer.from(bytes));
const OFFSET = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });

describe('NFSv3', () => {
  it('WRITE', () => {
    fc.assert(
      fc.property(OFFSET, DATA, fc.integer({ min: 0, max: 2 }), (offset, data, stable) => {
        const [write] = expectSame(nfs3, write3(offset, data, stable)).operations;
        expect(write).toMatchObject({ operation: 'write', subject: { parent: null } });
        expect(write?.args).toMatchObject({ kind: 'write', offset, stable, data });
      }),
    );
  });

  it('READ and COMMIT', () => {
    const [read] = expectSame(nfs3, read3(77n, 4096)).operations;
    expect(read?.args).toMatchObject({ kind: 'read', offset: 77n, count: 4096 });
    expect(expectSame(nfs3, commit3()).operations[0]?.args.kind).toBe('commit');
  });

  it('a WRITE whose lengths disagree is left as it is', () => {
    const odd = rpcCall(7, [
      ...opaque(HANDLE),
      hyper(0n),
      numbers(9, 0),
      ...opaque(Buffer.from('abcd')),
    ]);
    expect(expectSame(nfs3, odd).operations[0]?.args.kind).toBe('other');
  });

  it('SETATTR of the size is a truncate, and without it none', () => {
    const nothing = numbers(0, 0, 0);
    const withSize = rpcCall(2, [...opaque(HANDLE), nothing, numbers(1), hyper(5n), numbers(0, 0)]);
    const withMode = rpcCall(2, [...opaque(HANDLE), numbers(1, 0o644, 0, 0, 0), numbers(0, 0)]);
    expect(expectSame(nfs3, withSize).operations[0]?.operation).toBe('truncate');
    expect(expectSame(nfs3, withMode).operations[0]?.operation).toBe('setattr');
  });

  it('RENAME names both', () => {
    const rename = rpcCall(14, [
      ...opaque(DIRECTORY),
      ...opaque(Buffer.from('from')),
      ...opaque(HANDLE),
      ...opaque(Buffer.from('to')),
    ]);
    expect(expectSame(nfs3, rename).operations[0]?.subject).toEqual({
      handle: null,
      parent: DIRECTORY.toString('latin1'),
      name: 'from',
      to: { parent: HANDLE.toString('latin1'), name: 'to' },
    });
  });

  it('replies', () => {
    const write = readCall(nfs3, write3(0n, Buffer.from('abcde')));
    const { results } = expectSameReply(nfs3, written3(5, 2), write);
    expect(results[0]?.result).toMatchObject({ count: 5, committed: 2, verifier: VERIFIER });
    const read = readCall(nfs3, read3(0n, 5));
    expectSameReply(nfs3, readData3(Buffer.from('abcde')), read);
    const failed = Buffer.concat([written3(0).subarray(0, 24), numbers(13), wcc(9n)]);
    expect(expectSameReply(nfs3, failed, write).results[0]?.status).toBe(13);
  });

  it('a call that the server refused has no reply that could be changed', () => {
    const denied = numbers(0x1234, 1, 1, 1, 5);
    const garbage = numbers(0x1234, 1, 0, 0, 0, 4);
    const call = readCall(nfs3, commit3());
    expect(nfs3.readReply(denied, call)).toBeNull();
    expect(nfs3.readReply(garbage, call)).toBeNull();
  });

  it('what is cut off or changed is no worse than not understood', () => {
    const write = write3(3n, Buffer.from('hello'));
    expectOnlyXdrErrors(nfs3, write, null);
    expectOnlyXdrErrors(nfs3, written3(5), readCall(nfs3, write));
    expectOnlyXdrErrors(nfs3, readData3(Buffer.from('abc')), readCall(nfs3, read3(0n, 3)));
  });
});

describe('what is no call', () => {
  it('is told from one', () => {
    expect(callHead(numbers(1, 1, 0, 0, 0, 0, 0))).toBeNull();
    expect(callHead(numbers(1, 0, 3, 0, 0, 0, 0))).toBeNull();
    expect(callHead(numbers(1, 0, 2))).toBeNull();
    expect(replyXid(numbers(7, 1))).toBe(7);
    expect(replyXid(numbers(7, 0))).toBeNull();
  });
});
