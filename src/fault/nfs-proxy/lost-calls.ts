// Calls that are not carried out and yet acknowledged. What only the server can say, its write
// verifier and the attributes of the file, it is asked for by a WRITE of no bytes, which the
// protocol allows and which changes nothing; so the reply is the one that an honest server gives.

import type { OperationPlan } from './call-plan.ts';
import type { CalledOperation, Dialect, OperationResult, Result } from './called-operation.ts';
import { OK } from './status.ts';
import { XdrReader } from './xdr.ts';

/** Whether `operation` can be lost here. */
export function canBeLost(operation: CalledOperation, dialect: Dialect): boolean {
  const { args } = operation;
  if (args.kind === 'write') return args.data.length > 0;
  return args.kind === 'commit' || dialect.success(operation) !== null;
}

/** `plan` as one whose operation is lost; `canBeLost` must be true. */
export function lose(plan: OperationPlan, dialect: Dialect): void {
  const { asked } = plan;
  const { args } = asked;
  if (args.kind === 'write') {
    plan.sent = { ...asked, args: { ...args, offset: 0n, data: args.data.subarray(0, 0) } };
    plan.edits.push(onSuccess((given) => asWritten(given, asked)));
  } else if (args.kind === 'commit') {
    plan.sent = dialect.emptyWrite(asked);
    plan.edits.push(onSuccess((given) => asCommitted(given, asked)));
  } else {
    plan.sent = null;
    const result = dialect.success(asked) as Result;
    plan.edits.push(() => ({ code: asked.code, status: OK, result }));
  }
}

/** A failure of the server stands, as of the operation that was asked. */
function onSuccess(edit: (given: OperationResult) => OperationResult) {
  return (given: OperationResult | null) => {
    if (given === null) throw new Error('the server was asked');
    return edit(given);
  };
}

/**
 * All bytes, as durable as they were wanted, and a file that is at least as long. Of a WRITE of no
 * bytes a server may say that it is durable, after which a client would not ask for a COMMIT.
 */
function asWritten(
  { status, result }: OperationResult,
  { code, args }: CalledOperation,
): OperationResult {
  if (result.kind !== 'write' || args.kind !== 'write') return { code, status, result };
  const count = args.data.length;
  const head = withSize(result.head, args.offset + BigInt(count));
  return { code, status, result: { ...result, head, count, committed: args.stable } };
}

function asCommitted(
  { status, result }: OperationResult,
  { code }: CalledOperation,
): OperationResult {
  if (result.kind !== 'write') return { code, status, result };
  const { head, verifier } = result;
  return { code, status, result: { kind: 'commit', head, verifier } };
}

const OLD_ATTRIBUTES_BYTES = 24;
/** Of a fattr3: type, mode, links, owner and group come before. */
const SIZE_AT = 20;

/** A wcc_data of NFSv3 whose file is at least `size` long; an empty head stays so. */
function withSize(head: Buffer, size: bigint): Buffer {
  if (head.length === 0) return head;
  const reader = new XdrReader(head);
  if (reader.boolean()) reader.skip(OLD_ATTRIBUTES_BYTES);
  if (!reader.boolean()) return head;
  const at = reader.at + SIZE_AT;
  if (head.readBigUInt64BE(at) >= size) return head;
  const changed = Buffer.from(head);
  changed.writeBigUInt64BE(size, at);
  return changed;
}
