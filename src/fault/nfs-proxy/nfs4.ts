// NFSv4.0 and 4.1 (RFC 7530, RFC 8881): a COMPOUND is walked from its first operation as far as the
// encoding is known, with the file that each works on.
//
//   call   tag<> | minor version | n | n x (operation | arguments)
//   reply  status | tag<> | n | n x (operation | status | results)
//
//   WRITE   stateid:128 | offset:64 | stable | data<>  ->  count | committed | verifier:64
//   READ    stateid:128 | offset:64 | count            ->  eof | data<>
//   COMMIT  offset:64 | count                          ->  verifier:64

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
import { namedKey } from './file-names.ts';
import { layoutOf, NFS4, openedName, operationOf } from './nfs4-operations.ts';
import { argumentsAt, replyHead, resultsAt } from './rpc.ts';
import { OK } from './status.ts';
import { hyper, numbers, opaque, XdrError, XdrReader } from './xdr.ts';

const STATEID_BYTES = 16;
const CHANGE_BYTES = 20;
const VERIFIER_BYTES = 8;
/** More than any client sends; a number beyond it is no COMPOUND. */
const OPERATIONS_MAX = 4096;
/** The key of the root, whose handle a client need not know. */
const ROOT = 'root';

export const nfs4: Dialect = {
  readCall(record, xid): NfsCall {
    const reader = new XdrReader(record, argumentsAt(record));
    reader.opaque();
    reader.skip(4);
    const prefix = record.subarray(0, reader.at);
    const count = reader.number();
    if (count > OPERATIONS_MAX) throw new XdrError(`a COMPOUND of ${count} operations`);
    const operations: CalledOperation[] = [];
    const walk = new SubjectWalk();
    while (operations.length < count) {
      const from = reader.at;
      const operation = readOperation(reader, walk);
      if (operation === null) {
        const unknown = { count: count - operations.length, bytes: record.subarray(from) };
        return { xid, version: 4, prefix, operations, unknown };
      }
      operations.push(operation);
    }
    return { xid, version: 4, prefix, operations, unknown: null };
  },
  writeCall({ prefix, operations, unknown }) {
    const count = operations.length + (unknown?.count ?? 0);
    const each = operations.flatMap(({ code, args }) => [numbers(code), ...writeArguments(args)]);
    return [prefix, numbers(count), ...each, ...(unknown ? [unknown.bytes] : [])];
  },
  readReply(record): NfsReply | null {
    const at = resultsAt(record);
    if (at === null) return null;
    const reader = new XdrReader(record, at);
    const status = reader.number();
    const tag = reader.opaque();
    const count = reader.number();
    if (count > OPERATIONS_MAX) throw new XdrError(`a reply of ${count} results`);
    const results: OperationResult[] = [];
    const prefix = record.subarray(0, at);
    while (results.length < count) {
      const from = reader.at;
      const result = readResult(reader);
      if (result === null) {
        const bytes = record.subarray(from);
        return { prefix, tag, results, unknown: { count: count - results.length, bytes, status } };
      }
      results.push(result);
    }
    return { prefix, tag, results, unknown: null };
  },
  writeReply({ prefix, tag, results, unknown }) {
    const status = unknown?.status ?? results.at(-1)?.status ?? OK;
    const count = results.length + (unknown?.count ?? 0);
    const begin = [prefix, numbers(status), ...opaque(tag), numbers(count)];
    return [...begin, ...results.flatMap(writeResult), ...(unknown ? [unknown.bytes] : [])];
  },
  emptyReply({ xid, prefix }) {
    const tag = new XdrReader(prefix, argumentsAt(prefix)).opaque();
    return { prefix: replyHead(xid), tag, results: [], unknown: null };
  },
  /** SETATTR says what it has set, which is nothing; the others say nothing. */
  failure: ({ code }) => other(code === NFS4.SETATTR ? numbers(0) : NOTHING),
  success({ code }) {
    if (code === NFS4.SETATTR) return other(numbers(0));
    if (code === NFS4.REMOVE) return other(Buffer.alloc(CHANGE_BYTES));
    return code === NFS4.RENAME ? other(Buffer.alloc(2 * CHANGE_BYTES)) : null;
  },
  /** With the anonymous stateid, which a server takes from whoever may write. */
  emptyWrite({ subject }) {
    const head = Buffer.alloc(STATEID_BYTES);
    const write = { kind: 'write', head, offset: 0n, stable: 0, data: NOTHING } as const;
    return { code: NFS4.WRITE, operation: 'write', args: write, subject };
  },
};

const NOTHING = Buffer.alloc(0);

function other(bytes: Buffer): Result {
  return { kind: 'other', bytes };
}

/** Which file is current at each operation, as far as the call itself tells (RFC 8881, 2.6.3). */
class SubjectWalk {
  current: Subject = { handle: null, parent: null, name: null };
  #saved: Subject = this.current;

  /** Of the operation that comes now. */
  of(code: number, reader: XdrReader): Subject {
    const { current } = this;
    const directory = directoryKey(current);
    switch (code) {
      case NFS4.PUTFH:
        return this.#now({ handle: keyOf(reader.opaque()), parent: null, name: null });
      case NFS4.PUTROOTFH:
      case NFS4.PUTPUBFH:
        return this.#now({ handle: ROOT, parent: null, name: null });
      case NFS4.LOOKUP:
        return this.#now(below(directory, reader.opaque().toString('utf8')));
      case NFS4.LOOKUPP:
        return this.#now({ handle: null, parent: null, name: null });
      case NFS4.OPEN: {
        const name = openedName(reader);
        return name === null ? current : this.#now(below(directory, name));
      }
      case NFS4.REMOVE:
        return below(directory, reader.opaque().toString('utf8'));
      case NFS4.RENAME: {
        const from = below(directoryKey(this.#saved), reader.opaque().toString('utf8'));
        const to = { parent: directory ?? '', name: reader.opaque().toString('utf8') };
        return { ...from, to };
      }
      case NFS4.SAVEFH:
        this.#saved = current;
        return current;
      case NFS4.RESTOREFH:
        return this.#now(this.#saved);
      default:
        return current;
    }
  }

  #now(subject: Subject): Subject {
    this.current = subject;
    return subject;
  }
}

/** Of what may be a directory; also of one that was only named in this call. */
function directoryKey({ handle, parent, name }: Subject): string | null {
  if (handle !== null) return handle;
  return parent === null || name === null ? null : namedKey(parent, name);
}

function below(parent: string | null, name: string): Subject {
  return { handle: null, parent, name };
}

function readOperation(reader: XdrReader, walk: SubjectWalk): CalledOperation | null {
  const code = reader.number();
  const layout = layoutOf(code);
  if (layout === null) return null;
  const from = reader.at;
  layout.args(reader);
  const bytes = reader.since(from);
  const operation = operationOf(code, new XdrReader(bytes));
  const subject = walk.of(code, new XdrReader(bytes));
  return { code, operation, subject, args: readArguments(code, bytes) };
}

function readArguments(code: number, bytes: Buffer): Arguments {
  const reader = new XdrReader(bytes);
  if (code === NFS4.COMMIT) {
    return { kind: 'commit', head: NOTHING, offset: reader.hyper(), count: reader.number() };
  }
  if (code !== NFS4.WRITE && code !== NFS4.READ) return { kind: 'other', bytes };
  const head = reader.fixed(STATEID_BYTES);
  const offset = reader.hyper();
  if (code === NFS4.READ) return { kind: 'read', head, offset, count: reader.number() };
  return { kind: 'write', head, offset, stable: reader.number(), data: reader.opaque() };
}

function writeArguments(args: Arguments): Buffer[] {
  if (args.kind === 'other') return [args.bytes];
  const { head, offset } = args;
  if (args.kind !== 'write') return [head, hyper(offset), numbers(args.count)];
  return [head, hyper(offset), numbers(args.stable), ...opaque(args.data)];
}

function readResult(reader: XdrReader): OperationResult | null {
  const code = reader.number();
  const layout = layoutOf(code);
  if (layout === null) return null;
  const status = reader.number();
  if (status !== OK) return { code, status, result: other(reader.rest()) };
  const from = reader.at;
  layout.results(reader);
  const bytes = reader.since(from);
  return { code, status, result: resultOf(code, new XdrReader(bytes)) };
}

function resultOf(code: number, reader: XdrReader): Result {
  switch (code) {
    case NFS4.WRITE: {
      const [count, committed] = [reader.number(), reader.number()];
      const verifier = reader.fixed(VERIFIER_BYTES);
      return { kind: 'write', head: NOTHING, count, committed, verifier };
    }
    case NFS4.COMMIT:
      return { kind: 'commit', head: NOTHING, verifier: reader.fixed(VERIFIER_BYTES) };
    case NFS4.READ:
      return { kind: 'read', head: NOTHING, isEnd: reader.boolean(), data: reader.opaque() };
    default:
      return other(reader.rest());
  }
}

function writeResult({ code, status, result }: OperationResult): Buffer[] {
  const begin = numbers(code, status);
  switch (result.kind) {
    case 'other':
      return [begin, result.bytes];
    case 'commit':
      return [begin, result.verifier];
    case 'write':
      return [begin, numbers(result.count, result.committed), result.verifier];
    case 'read':
      return [begin, numbers(result.isEnd ? 1 : 0), ...opaque(result.data)];
  }
}
