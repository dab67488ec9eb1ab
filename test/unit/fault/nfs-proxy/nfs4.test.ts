// Every operation of NFSv4 that is walked, in a COMPOUND and in its reply, is read and written back
// as the same bytes.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nfs4 } from '../../../../src/fault/nfs-proxy/nfs4.ts';
import { hyper, numbers, opaque } from '../../../../src/fault/nfs-proxy/xdr.ts';
import { expectOnlyXdrErrors, expectSame, expectSameReply, readCall } from './round-trip.ts';
import {
  COMMIT4,
  compound,
  compounded,
  DIRECTORY,
  GETATTR,
  HANDLE,
  type Operation,
  PUTFH,
  read4,
  SEQUENCE,
  STATEID,
  VERIFIER,
  write4,
} from './rpc-calls.ts';

const name = (text: string) => opaque(Buffer.from(text));
const attributes = () => [numbers(1, 0x18), ...opaque(Buffer.alloc(16))];
const owner = () => [numbers(0, 3, 0), hyper(9n), ...name('owner')];

/** Of each operation that is walked one of its forms. */
const FORMS: readonly Operation[] = [
  SEQUENCE,
  PUTFH,
  [24],
  [3, numbers(0x1f)],
  [4, numbers(1), STATEID],
  COMMIT4,
  [6, numbers(2), ...name('directory'), ...attributes()],
  [6, numbers(5), ...name('to'), ...name('link'), ...attributes()],
  [6, numbers(3, 1, 2), ...name('device'), ...attributes()],
  GETATTR,
  [10],
  [11, ...name('link')],
  [15, ...name('looked-up')],
  [16],
  [17, ...attributes()],
  [18, ...owner(), numbers(0, 0), ...name('opened')],
  [18, ...owner(), numbers(1, 0), ...attributes(), numbers(0), ...name('created')],
  [18, ...owner(), numbers(1, 2), VERIFIER, numbers(0), ...name('exclusive')],
  [18, ...owner(), numbers(1, 3), VERIFIER, ...attributes(), numbers(4)],
  [18, ...owner(), numbers(0, 1, 4)],
  [18, ...owner(), numbers(0, 2), STATEID, ...name('delegated')],
  [20, STATEID, numbers(1)],
  read4(5n, 100),
  [26, hyper(0n), VERIFIER, numbers(512, 4096), numbers(2, 1, 2)],
  [27],
  [28, ...name('removed')],
  [29, ...name('from'), ...name('to')],
  [30, hyper(1n)],
  [31],
  [32],
  [34, STATEID, ...attributes()],
  [37, ...attributes()],
  write4(7n, Buffer.from('written')),
  [45, STATEID],
  [58, numbers(0)],
];

describe('a COMPOUND of NFSv4', () => {
  it('is walked through every operation that is known, in any order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...FORMS]), (operations) => {
        const call = expectSame(nfs4, compound(operations));
        expect(call.operations.map(({ code }) => code)).toEqual(operations.map(([code]) => code));
        expect(call.unknown).toBeNull();
      }),
    );
  });

  it('is walked as far as the first that is not known, and the rest kept', () => {
    const call = expectSame(nfs4, compound([SEQUENCE, PUTFH, [70, numbers(1, 2)], GETATTR]));
    expect(call.operations.map(({ code }) => code)).toEqual([53, 22]);
    expect(call.unknown?.count).toBe(2);
  });

  it('tells which file each operation is on', () => {
    const directory: Operation = [22, ...opaque(DIRECTORY)];
    const key = DIRECTORY.toString('latin1');
    const open: Operation = [18, ...owner(), numbers(0, 0), ...name('file')];
    const { operations } = expectSame(
      nfs4,
      compound([directory, open, write4(0n, Buffer.from('x')), [32], directory, [31], GETATTR]),
    );
    const file = { handle: null, parent: key, name: 'file' };
    expect(operations[2]?.subject).toEqual(file);
    expect(operations[6]?.subject).toEqual(file);
    expect(operations[0]?.subject.handle).toBe(key);
  });

  it('tells what it does by the names of POSIX', () => {
    const sized: Operation = [34, STATEID, numbers(1, 0x10), ...opaque(hyper(0n))];
    const create: Operation = [
      18,
      ...owner(),
      numbers(1, 0),
      ...attributes(),
      numbers(0),
      ...name('a'),
    ];
    const open: Operation = [18, ...owner(), numbers(0, 0), ...name('a')];
    const { operations } = readCall(
      nfs4,
      compound([sized, create, open, COMMIT4, [28, ...name('b')]]),
    );
    expect(operations.map(({ operation }) => operation)).toEqual([
      ...['truncate', 'create', 'open', 'fsync', 'unlink'],
    ]);
  });

  it('replies', () => {
    const call = readCall(
      nfs4,
      compound([SEQUENCE, PUTFH, write4(0n, Buffer.from('abc')), GETATTR]),
    );
    const done = compounded(0, [
      [53, 0, Buffer.alloc(36)],
      [22, 0],
      [38, 0, numbers(3, 0), VERIFIER],
      [9, 0, ...attributes()],
    ]);
    const { results } = expectSameReply(nfs4, done, call);
    expect(results[2]?.result).toMatchObject({ kind: 'write', count: 3, verifier: VERIFIER });
    const failed = compounded(28, [
      [53, 0, Buffer.alloc(36)],
      [22, 28],
    ]);
    expect(expectSameReply(nfs4, failed, call).results.at(-1)?.status).toBe(28);
  });

  it('the reply to an OPEN with each sort of delegation', () => {
    const begin = [STATEID, Buffer.alloc(20), numbers(0), numbers(1, 0)];
    const permission = [numbers(0, 0, 0), ...name('nobody')];
    const delegations = [
      [numbers(0)],
      [numbers(1), STATEID, numbers(0), ...permission],
      [numbers(2), STATEID, numbers(0), numbers(1), hyper(5n), ...permission],
      [numbers(3, 1, 1)],
      [numbers(3, 0)],
    ];
    const call = readCall(nfs4, compound([PUTFH]));
    for (const delegation of delegations) {
      const reply = compounded(0, [
        [18, 0, ...begin, ...delegation],
        [10, 0, ...opaque(HANDLE)],
      ]);
      expect(expectSameReply(nfs4, reply, call).results).toHaveLength(2);
    }
  });

  it('what is cut off or changed is no worse than not understood', () => {
    for (const each of FORMS) expectOnlyXdrErrors(nfs4, compound([each, GETATTR]), null);
    const call = readCall(nfs4, compound([PUTFH]));
    const reply = compounded(0, [
      [26, 0, VERIFIER, numbers(1), hyper(1n), ...name('entry'), ...attributes(), numbers(0, 1)],
      [25, 0, numbers(1), ...name('data')],
    ]);
    expectSameReply(nfs4, reply, call);
    expectOnlyXdrErrors(nfs4, reply, call);
  });
});
