// NFSv3 (RFC 1813): which procedures there are, and how WRITE, READ and COMMIT are laid out.
//
//   WRITE   file | offset:64 | count | stable | data<>   ->  wcc | count | committed | verifier:64
//   READ    file | offset:64 | count                     ->  attributes | count | eof | data<>
//   COMMIT  file | offset:64 | count                     ->  wcc | verifier:64

import type { FaultOperation } from '../../domain/fault.ts';
import {
  type Arguments,
  type CalledOperation,
  type Dialect,
  keyOf,
  type NfsCall,
  type NfsReply,
  type OperationResult,
  type Result,
  type Subject,
} from './called-operation.ts';
import { argumentsAt, headFor, replyHead, resultsAt } from './rpc.ts';
import { OK } from './status.ts';
import { hyper, numbers, opaque, XdrReader } from './xdr.ts';

interface Procedure {
  readonly operation: FaultOperation | null;
  /** Words that stand behind a failure: each an optional that is absent. */
  readonly failureWords: number;
  /** Whether its first arguments are a directory and a name in it. */
  readonly names?: true;
}

/** By name, section 3.3. */
export const NFS3 = {
  GETATTR: 1,
  SETATTR: 2,
  LOOKUP: 3,
  ACCESS: 4,
  READLINK: 5,
  READ: 6,
  WRITE: 7,
  CREATE: 8,
  MKDIR: 9,
  SYMLINK: 10,
  MKNOD: 11,
  REMOVE: 12,
  RMDIR: 13,
  RENAME: 14,
  LINK: 15,
  READDIR: 16,
  READDIRPLUS: 17,
  FSSTAT: 18,
  FSINFO: 19,
  PATHCONF: 20,
  COMMIT: 21,
} as const;

/** ACCESS is what a client asks when a program opens a file. */
const PROCEDURES: Readonly<Record<number, Procedure>> = {
  [NFS3.GETATTR]: { operation: 'getattr', failureWords: 0 },
  [NFS3.SETATTR]: { operation: 'setattr', failureWords: 2 },
  [NFS3.LOOKUP]: { operation: 'lookup', failureWords: 1, names: true },
  [NFS3.ACCESS]: { operation: 'open', failureWords: 1 },
  [NFS3.READLINK]: { operation: null, failureWords: 1 },
  [NFS3.READ]: { operation: 'read', failureWords: 1 },
  [NFS3.WRITE]: { operation: 'write', failureWords: 2 },
  [NFS3.CREATE]: { operation: 'create', failureWords: 2, names: true },
  [NFS3.MKDIR]: { operation: 'mkdir', failureWords: 2, names: true },
  [NFS3.SYMLINK]: { operation: 'link', failureWords: 2, names: true },
  [NFS3.MKNOD]: { operation: 'create', failureWords: 2, names: true },
  [NFS3.REMOVE]: { operation: 'unlink', failureWords: 2, names: true },
  [NFS3.RMDIR]: { operation: 'rmdir', failureWords: 2, names: true },
  [NFS3.RENAME]: { operation: 'rename', failureWords: 4, names: true },
  [NFS3.LINK]: { operation: 'link', failureWords: 3 },
  [NFS3.READDIR]: { operation: 'readdir', failureWords: 1 },
  [NFS3.READDIRPLUS]: { operation: 'readdir', failureWords: 1 },
  [NFS3.FSSTAT]: { operation: null, failureWords: 1 },
  [NFS3.FSINFO]: { operation: null, failureWords: 1 },
  [NFS3.PATHCONF]: { operation: null, failureWords: 1 },
  [NFS3.COMMIT]: { operation: 'fsync', failureWords: 2 },
};

const VERIFIER_BYTES = 8;
const ATTRIBUTES_BYTES = 84;
const OLD_ATTRIBUTES_BYTES = 24;

/** What a fault may be about in a procedure; SETATTR is both, until its arguments are read. */
export function operationsOfProcedure(procedure: number): readonly FaultOperation[] {
  const operation = PROCEDURES[procedure]?.operation ?? null;
  if (operation === null) return [];
  return procedure === NFS3.SETATTR ? ['setattr', 'truncate'] : [operation];
}

export const nfs3: Dialect = {
  readCall(record, xid, procedure): NfsCall {
    const at = argumentsAt(record);
    const operation = readOperation(record.subarray(at), procedure);
    return {
      xid,
      version: 3,
      prefix: record.subarray(0, at),
      operations: [operation],
      unknown: null,
    };
  },
  writeCall({ prefix, operations }) {
    return operations.flatMap(({ code, args }) => [headFor(prefix, code), ...writeArguments(args)]);
  },
  readReply(record, { operations }): NfsReply | null {
    const at = resultsAt(record);
    const [operation] = operations;
    if (at === null || operation === undefined) return null;
    const reader = new XdrReader(record, at);
    const status = reader.number();
    const { code } = operation;
    const result = status === OK ? readResult(code, reader) : other(reader.rest());
    const results = [{ code, status, result }];
    return { prefix: record.subarray(0, at), tag: NOTHING, results, unknown: null };
  },
  writeReply({ prefix, results }) {
    return [prefix, ...results.flatMap(writeResult)];
  },
  emptyReply: ({ xid }) => ({ prefix: replyHead(xid), tag: NOTHING, results: [], unknown: null }),
  failure: ({ code }) => absent(PROCEDURES[code]?.failureWords ?? 0),
  success({ code }) {
    const isPlain =
      code === NFS3.SETATTR || code === NFS3.REMOVE || code === NFS3.RMDIR || code === NFS3.RENAME;
    return isPlain ? absent(PROCEDURES[code]?.failureWords ?? 0) : null;
  },
  emptyWrite({ args, subject }) {
    const head = args.kind === 'other' ? NOTHING : args.head;
    const write = { kind: 'write', head, offset: 0n, stable: 0, data: NOTHING } as const;
    return { code: NFS3.WRITE, operation: 'write', args: write, subject };
  },
};

const NOTHING = Buffer.alloc(0);

function other(bytes: Buffer): Result {
  return { kind: 'other', bytes };
}

function absent(words: number): Result {
  return other(Buffer.alloc(words * 4));
}

function readOperation(bytes: Buffer, procedure: number): CalledOperation {
  const reader = new XdrReader(bytes);
  const operation = PROCEDURES[procedure]?.operation ?? null;
  const plain = { code: procedure, operation, args: { kind: 'other', bytes } as Arguments };
  if (operation === null) return { ...plain, subject: NOBODY };
  const handle = keyOf(reader.opaque());
  const head = reader.since(0);
  const subject: Subject = { handle, parent: null, name: null };
  if (PROCEDURES[procedure]?.names) return { ...plain, subject: named(handle, reader, procedure) };
  if (procedure === NFS3.SETATTR) {
    return { ...plain, operation: setsSize(reader) ? 'truncate' : 'setattr', subject };
  }
  const args = readArguments(procedure, head, reader);
  return args === null ? { ...plain, subject } : { ...plain, args, subject };
}

const NOBODY: Subject = { handle: null, parent: null, name: null };

function readArguments(procedure: number, head: Buffer, reader: XdrReader): Arguments | null {
  if (procedure === NFS3.WRITE) {
    const offset = reader.hyper();
    const count = reader.number();
    const stable = reader.number();
    const data = reader.opaque();
    // Which of the two is meant is the server's affair.
    if (data.length !== count) return null;
    return { kind: 'write', head, offset, stable, data };
  }
  if (procedure === NFS3.READ || procedure === NFS3.COMMIT) {
    const kind = procedure === NFS3.READ ? 'read' : 'commit';
    return { kind, head, offset: reader.hyper(), count: reader.number() };
  }
  return null;
}

function named(parent: string, reader: XdrReader, procedure: number): Subject {
  const subject = { handle: null, parent, name: reader.opaque().toString('utf8') };
  if (procedure !== NFS3.RENAME) return subject;
  const to = { parent: keyOf(reader.opaque()), name: reader.opaque().toString('utf8') };
  return { ...subject, to };
}

/** Of a sattr3: mode, uid and gid come before the size, each with whether it is there. */
function setsSize(reader: XdrReader): boolean {
  for (let each = 0; each < 3; each++) if (reader.boolean()) reader.skip(4);
  return reader.boolean();
}

function writeArguments(args: Arguments): Buffer[] {
  if (args.kind === 'other') return [args.bytes];
  const { head, offset } = args;
  if (args.kind !== 'write') return [head, hyper(offset), numbers(args.count)];
  return [head, hyper(offset), numbers(args.data.length, args.stable), ...opaque(args.data)];
}

function readResult(code: number, reader: XdrReader): Result {
  const from = reader.at;
  if (code === NFS3.READ) {
    skipAttributes(reader);
    const head = reader.since(from);
    reader.skip(4);
    return { kind: 'read', head, isEnd: reader.boolean(), data: reader.opaque() };
  }
  if (code === NFS3.WRITE || code === NFS3.COMMIT) {
    if (reader.boolean()) reader.skip(OLD_ATTRIBUTES_BYTES);
    skipAttributes(reader);
    const head = reader.since(from);
    if (code === NFS3.COMMIT) return { kind: 'commit', head, verifier: reader.fixed(8) };
    const count = reader.number();
    const committed = reader.number();
    return { kind: 'write', head, count, committed, verifier: reader.fixed(VERIFIER_BYTES) };
  }
  return other(reader.rest());
}

export function skipAttributes(reader: XdrReader): void {
  if (reader.boolean()) reader.skip(ATTRIBUTES_BYTES);
}

function writeResult({ status, result }: OperationResult): Buffer[] {
  const begin = numbers(status);
  switch (result.kind) {
    case 'other':
      return [begin, result.bytes];
    case 'commit':
      return [begin, result.head, result.verifier];
    case 'write':
      return [begin, result.head, numbers(result.count, result.committed), result.verifier];
    case 'read': {
      const { head, data, isEnd } = result;
      return [begin, head, numbers(data.length, isEnd ? 1 : 0), ...opaque(data)];
    }
  }
}
