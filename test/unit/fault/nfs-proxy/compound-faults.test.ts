// What each fault makes of a COMPOUND of NFSv4 and of its reply.

import { describe, expect, it } from 'vitest';
import { hyper, numbers, opaque } from '../../../../src/fault/nfs-proxy/xdr.ts';
import { DATA, EACCES, through } from './planted-call.ts';
import {
  COMMIT4,
  compound,
  compounded,
  GETATTR,
  PUTFH,
  read4,
  SEQUENCE,
  STATEID,
  VERIFIER,
  write4,
} from './rpc-calls.ts';

describe('a COMPOUND', () => {
  const sequenceDone = [53, 0, Buffer.alloc(36)] as const;
  const fileDone = [22, 0] as const;
  const attributesDone = [9, 0, numbers(1, 0x18), ...opaque(Buffer.alloc(16))] as const;
  const written = (count: number) => [38, 0, numbers(count, 0), VERIFIER] as const;
  const asked = compound([SEQUENCE, PUTFH, write4(8n, DATA), GETATTR]);

  it('errno: what comes before it is carried out, since a session counts its calls', () => {
    const given = compounded(0, [sequenceDone, fileDone]);
    const { sent, told } = through(asked, given, 'errno:op=write,errno=EACCES');
    expect(sent).toEqual(compound([SEQUENCE, PUTFH]));
    expect(told).toEqual(compounded(EACCES, [sequenceDone, fileDone, [38, EACCES]]));
  });

  it('errno: what the server refuses before it stands', () => {
    const given = compounded(10_052, [[53, 10_052]]);
    expect(through(asked, given, 'errno:op=write,errno=EACCES').told).toEqual(given);
  });

  it('forwarded: nothing is told behind it', () => {
    const given = compounded(0, [sequenceDone, fileDone, written(32), attributesDone]);
    const { sent, told } = through(asked, given, 'forwarded:op=write,errno=DELAY');
    expect(sent).toEqual(asked);
    expect(told).toEqual(compounded(10_008, [sequenceDone, fileDone, [38, 10_008]]));
  });

  it('lost, torn, flip: as in NFSv3', () => {
    const given = (count: number) =>
      compounded(0, [sequenceDone, fileDone, written(count), attributesDone]);
    const lost = through(asked, given(0), 'lost:op=write');
    expect(lost.sent).toEqual(compound([SEQUENCE, PUTFH, write4(0n, Buffer.alloc(0)), GETATTR]));
    expect(lost.told).toEqual(given(DATA.length));
    const torn = through(asked, given(3), 'torn:op=write,bytes=3');
    expect(torn.sent).toEqual(
      compound([SEQUENCE, PUTFH, write4(8n, DATA.subarray(0, 3)), GETATTR]),
    );
    expect(torn.told).toEqual(given(DATA.length));
    const zeroed = through(asked, given(32), 'zero:op=write');
    expect(zeroed.sent).toEqual(
      compound([SEQUENCE, PUTFH, write4(8n, Buffer.alloc(DATA.length)), GETATTR]),
    );
  });

  it('lost: a COMMIT becomes a WRITE of no bytes with the anonymous stateid', () => {
    const commit = compound([SEQUENCE, PUTFH, COMMIT4, GETATTR]);
    const given = compounded(0, [sequenceDone, fileDone, written(0), attributesDone]);
    const { sent, told } = through(commit, given, 'lost:op=fsync');
    const empty = [38, Buffer.alloc(16), hyper(0n), numbers(0, 0)] as const;
    expect(sent).toEqual(compound([SEQUENCE, PUTFH, empty, GETATTR]));
    const done = [sequenceDone, fileDone, [5, 0, VERIFIER] as const, attributesDone];
    expect(told).toEqual(compounded(0, done));
  });

  it('lost: a SETATTR is left out, and told in its place', () => {
    const args = [STATEID, numbers(1, 0x10), ...opaque(hyper(0n))];
    const given = compounded(0, [sequenceDone, fileDone, attributesDone]);
    const call = compound([SEQUENCE, PUTFH, [34, ...args], GETATTR]);
    const { sent, told } = through(call, given, 'lost:op=truncate');
    expect(sent).toEqual(compound([SEQUENCE, PUTFH, GETATTR]));
    const done = [sequenceDone, fileDone, [34, 0, numbers(0)] as const, attributesDone];
    expect(told).toEqual(compounded(0, done));
  });

  it('READ: the data are changed, and what is behind it stays', () => {
    const call = compound([SEQUENCE, PUTFH, read4(0n, 32), [70, numbers(9)]]);
    const read = (data: Buffer) => [25, 0, numbers(1), ...opaque(data)] as const;
    const unknown = [70, 0, numbers(1, 2, 3)] as const;
    const given = compounded(0, [sequenceDone, fileDone, read(DATA), unknown]);
    const { sent, told } = through(call, given, 'zero:op=read');
    expect(sent).toEqual(call);
    const zeros = Buffer.alloc(DATA.length);
    expect(told).toEqual(compounded(0, [sequenceDone, fileDone, read(zeros), unknown]));
  });
});
