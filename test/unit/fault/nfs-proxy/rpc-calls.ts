// Calls and replies of ONC RPC as bytes, as a client and a server make them.

import { hyper, numbers, opaque } from '../../../../src/fault/nfs-proxy/xdr.ts';

/** With a credential of AUTH_SYS. */
export function rpcCall(procedure: number, args: readonly Buffer[], version = 3): Buffer {
  const credential = numbers(0, 0, 1000, 1000, 0);
  return Buffer.concat([
    numbers(0x1234, 0, 2, 100_003, version, procedure, 1),
    ...opaque(credential),
    numbers(0, 0),
    ...args,
  ]);
}

export function rpcReply(results: readonly Buffer[]): Buffer {
  return Buffer.concat([numbers(0x1234, 1, 0, 0, 0, 0), ...results]);
}

export const HANDLE = Buffer.from('handle-of-20-bytes..');
export const DIRECTORY = Buffer.from('directory');
export const STATEID = Buffer.from('stateid-16-bytes');
export const VERIFIER = Buffer.from('verifier');

/** wcc_data with attributes before and after, of a file of `size` bytes. */
export function wcc(size: bigint): Buffer {
  const attributes = Buffer.alloc(84);
  attributes.writeBigUInt64BE(size, 20);
  return Buffer.concat([numbers(1), Buffer.alloc(24), numbers(1), attributes]);
}

export function write3(offset: bigint, data: Buffer, stable = 0): Buffer {
  return rpcCall(7, [
    ...opaque(HANDLE),
    hyper(offset),
    numbers(data.length, stable),
    ...opaque(data),
  ]);
}

export function read3(offset: bigint, count: number): Buffer {
  return rpcCall(6, [...opaque(HANDLE), hyper(offset), numbers(count)]);
}

export function commit3(): Buffer {
  return rpcCall(21, [...opaque(HANDLE), hyper(0n), numbers(0)]);
}

export function written3(count: number, committed = 0): Buffer {
  return rpcReply([numbers(0), wcc(0n), numbers(count, committed), VERIFIER]);
}

export function readData3(data: Buffer): Buffer {
  return rpcReply([numbers(0, 0, data.length, 1), ...opaque(data)]);
}

export type Operation = readonly [code: number, ...parts: Buffer[]];

export function compound(operations: readonly Operation[]): Buffer {
  const each = operations.flatMap(([code, ...parts]) => [numbers(code), ...parts]);
  const begin = [...opaque(Buffer.from('tag')), numbers(1, operations.length)];
  return rpcCall(1, [...begin, ...each], 4);
}

export function compounded(
  status: number,
  results: readonly (readonly [code: number, status: number, ...parts: Buffer[]])[],
): Buffer {
  const each = results.flatMap(([code, ended, ...parts]) => [numbers(code, ended), ...parts]);
  const begin = [numbers(status), ...opaque(Buffer.from('tag')), numbers(results.length)];
  return rpcReply([...begin, ...each]);
}

export const SEQUENCE: Operation = [53, Buffer.alloc(32, 5)];
export const PUTFH: Operation = [22, ...opaque(HANDLE)];
export const GETATTR: Operation = [9, numbers(1, 0x18)];

export function write4(offset: bigint, data: Buffer, stable = 0): Operation {
  return [38, STATEID, hyper(offset), numbers(stable), ...opaque(data)];
}

export function read4(offset: bigint, count: number): Operation {
  return [25, STATEID, hyper(offset), numbers(count)];
}

export const COMMIT4: Operation = [5, hyper(0n), numbers(0)];
