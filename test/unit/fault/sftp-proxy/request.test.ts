// Requests of SFTP as calls: what the packets of the draft say, and that a packet that ends early
// or holds anything at all is never an error of ours.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  withFirstBytes,
  withId,
  withOffset,
  withReadLength,
  writtenData,
} from '../../../../src/fault/sftp-proxy/call-plan.ts';
import { readRequest } from '../../../../src/fault/sftp-proxy/request.ts';

type Field = number | bigint | string | Uint8Array;

/** uint32 for a number, uint64 for a bigint, a string for the rest. */
function packetOf(type: number, id: number, ...fields: readonly Field[]): Buffer {
  const parts = fields.map((field) => {
    if (typeof field === 'number') return uint32(field);
    if (typeof field === 'bigint') {
      return Buffer.concat([uint32(Number(field >> 32n)), uint32(Number(field & 0xffffffffn))]);
    }
    const bytes = Buffer.from(field as string);
    return Buffer.concat([uint32(bytes.length), bytes]);
  });
  const body = Buffer.concat([Buffer.from([type]), uint32(id), ...parts]);
  return Buffer.concat([uint32(body.length), body]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

describe('a request', () => {
  test.each([
    [packetOf(3, 7, '/a', 0x1a, 0), { operation: 'create', path: '/a', flags: ['O_TRUNC'] }],
    [packetOf(3, 7, '/a', 0x05, 0), { operation: 'open', path: '/a', flags: ['O_APPEND'] }],
    [packetOf(4, 7, 'H'), { operation: 'close', handle: 'H' }],
    [packetOf(5, 7, 'H', 2n ** 33n, 9), { operation: 'read', offset: 2 ** 33, length: 9 }],
    [packetOf(6, 7, 'H', 512n, 'abc'), { operation: 'write', offset: 512, length: 3 }],
    [packetOf(9, 7, '/a', 4, 0), { operation: 'setattr', path: '/a' }],
    [packetOf(10, 7, 'H', 1, 99n), { operation: 'truncate', handle: 'H', offset: 99 }],
    [packetOf(13, 7, '/a'), { operation: 'unlink', path: '/a' }],
    [packetOf(18, 7, '/a', '/b'), { operation: 'rename', path: '/a', otherPath: '/b' }],
    [packetOf(200, 7, 'posix-rename@openssh.com', '/a', '/b'), { operation: 'rename' }],
    [packetOf(200, 7, 'fsync@openssh.com', 'H'), { operation: 'fsync', handle: 'H' }],
    [packetOf(200, 7, 'limits@openssh.com'), { operation: null }],
    [packetOf(99, 7), { operation: null }],
  ])('%#', (packet, meant) => {
    expect(readRequest(packet)).toMatchObject({ id: 7, ...meant });
  });

  test('INIT has a version where others have a number', () => {
    expect(readRequest(packetOf(1, 3))).toMatchObject({ operation: 'connect', id: -1 });
  });

  test('that ends early is null, and any bytes are no error', () => {
    const whole = packetOf(6, 7, 'H', 512n, 'abc');
    for (let bytes = 5; bytes < whole.length; bytes++) {
      expect(readRequest(whole.subarray(0, bytes))).toBeNull();
    }
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 5, maxLength: 80 }), (bytes) => {
        readRequest(Buffer.from(bytes));
      }),
    );
  });
});

describe('a request that is changed', () => {
  const write = packetOf(6, 7, 'HANDLE', 512n, 'abcdef');

  test('keeps all but what was meant', () => {
    expect(withOffset(write, 2 ** 40)).toEqual(packetOf(6, 7, 'HANDLE', 2n ** 40n, 'abcdef'));
    expect(withFirstBytes(write, 2)).toEqual(packetOf(6, 7, 'HANDLE', 512n, 'ab'));
    expect(withFirstBytes(write, 0)).toEqual(packetOf(6, 7, 'HANDLE', 512n, ''));
    expect(withId(write, 9)).toEqual(packetOf(6, 9, 'HANDLE', 512n, 'abcdef'));
    expect(withReadLength(packetOf(5, 7, 'HANDLE', 0n, 100), 3)).toEqual(
      packetOf(5, 7, 'HANDLE', 0n, 3),
    );
    expect(String(writtenData(write))).toBe('abcdef');
    expect(write).toEqual(packetOf(6, 7, 'HANDLE', 512n, 'abcdef'));
  });
});
