// Which faults fire at a call and what each makes of its plan. Faults that change what was read are
// decided when the data are there (reply-faults.ts).

import type { Rng } from '../../base/rng.ts';
import type { Fault, FaultKind } from '../../domain/fault.ts';
import type { ArmedFault, ArmedFaults, FaultCall } from '../armed-faults.ts';
import { flip } from '../kinds/flip.ts';
import { latencyMs } from '../kinds/latency.ts';
import { misdirectedOffset } from '../kinds/misdirect.ts';
import { hasPart, shortLength, tornLength } from '../kinds/part-length.ts';
import { RateLimits } from '../kinds/rate.ts';
import { zero } from '../kinds/zero.ts';
import {
  type CallPlan,
  failAfterwards,
  type OperationPlan,
  planOf,
  refuse,
  resend,
} from './call-plan.ts';
import type { Arguments, CalledOperation, Dialect, NfsCall, Subject } from './called-operation.ts';
import { type FileNames, namedKey } from './file-names.ts';
import { HeldWrites, operationsToHold } from './held-writes.ts';
import { canBeLost, lose } from './lost-calls.ts';
import type { ServerState } from './server-state.ts';
import { OK, statusOf } from './status.ts';

/** Kinds that are decided once the data, or the attributes, are there. */
export const AT_REPLY: readonly FaultKind[] = ['flip', 'zero', 'stale'];

const UNSTABLE = 0;
const NO_FLAGS: readonly string[] = [];
/** A WRITE that asks to be durable is what open(2) calls so. */
const FLAGS_OF_STABLE: readonly (readonly string[])[] = [
  NO_FLAGS,
  ['O_DSYNC'],
  ['O_SYNC', 'O_DSYNC'],
];

export class CallFaults {
  readonly rates = new RateLimits();
  readonly held = new HeldWrites();
  readonly #faults: ArmedFaults;
  readonly #rng: Rng;
  readonly #names: FileNames;
  readonly #state: ServerState;

  constructor(faults: ArmedFaults, rng: Rng, names: FileNames, state: ServerState) {
    this.#faults = faults;
    this.#rng = rng;
    this.#names = names;
    this.#state = state;
  }

  plan(nfsCall: NfsCall, dialect: Dialect): CallPlan {
    const plan = planOf(nfsCall, dialect);
    for (const asked of nfsCall.operations) {
      const operation = this.#planOperation(asked, plan);
      plan.operations.push(operation);
      if (operation.sent !== asked) plan.isChanged = true;
      if (operation.sent === null && operation.edits[0]?.(null).status !== OK) break;
    }
    return plan;
  }

  #planOperation(asked: CalledOperation, plan: CallPlan): OperationPlan {
    const call = faultCall(asked, this.#names);
    const operation: OperationPlan = { asked, call, sent: asked, edits: [] };
    if (asked.operation === null) return operation;
    const late = this.#lateFailure(asked);
    if (late !== null) {
      refuse(operation, plan.dialect, late);
      return operation;
    }
    const { version } = plan.nfsCall;
    const may = (fault: Fault) => canFire(fault, asked, plan.dialect, version);
    for (const armed of this.#faults.firing(call, may)) this.#apply(armed, operation, plan);
    this.#holdUnsynced(operation, plan);
    return operation;
  }

  /** As in the memory of a server that is going to crash. */
  #holdUnsynced(operation: OperationPlan, plan: CallPlan): void {
    const { asked, call, sent } = operation;
    if (asked.subject.handle === null || asked.args.kind !== 'write' || sent === null) return;
    const { args } = sent;
    if (args.kind !== 'write' || args.stable !== UNSTABLE || args.data.length === 0) return;
    const meeting = this.#faults.meeting('write', call.path);
    const armed = meeting.find(({ fault }) => fault.kind === 'unsynced');
    if (armed) this.#hold(armed, operation, plan);
  }

  #hold(armed: ArmedFault, operation: OperationPlan, { nfsCall, dialect }: CallPlan): void {
    const { sent, call } = operation;
    const file = fileKey(operation.asked.subject, this.#names);
    const operations = sent ? operationsToHold(nfsCall, operation.asked, sent) : [];
    const held = { ...nfsCall, operations, unknown: null };
    this.held.add({ file, nfsCall: held, dialect, call, armed });
    lose(operation, dialect);
    // A crash before the reply takes it: the client must be able to tell.
    operation.verifier = this.#state.verifierNow();
  }

  #lateFailure({ operation, subject }: CalledOperation): number | null {
    if (operation !== 'fsync' || !this.#state.hasLateFailures) return null;
    return this.#state.takeFailure(fileKey(subject, this.#names));
  }

  #apply(armed: ArmedFault, operation: OperationPlan, plan: CallPlan): void {
    const { call } = operation;
    const said = this.#ofData(armed, operation) ?? this.#ofAnswer(armed, operation, plan);
    this.#faults.receipt(armed, call, said ?? this.#ofTransport(armed, call, plan));
  }

  /** What is written or asked for is another. Null where the fault is about something else. */
  #ofData({ fault }: ArmedFault, operation: OperationPlan): string | null {
    const args = operation.sent?.args;
    if (args?.kind !== 'write' && args?.kind !== 'read') return null;
    const length = args.kind === 'write' ? args.data.length : args.count;
    const first = (bytes: number) =>
      resend(
        operation,
        args.kind === 'write'
          ? { ...args, data: args.data.subarray(0, bytes) }
          : { ...args, count: bytes },
      );
    if (fault.kind === 'short') {
      const bytes = shortLength(fault, length);
      first(bytes);
      return `${bytes} of ${length} bytes`;
    }
    if (fault.kind === 'misdirect') {
      const offset = otherPlace(fault, operation.call, args.kind) as number;
      resend(operation, { ...args, offset: BigInt(offset) });
      return args.kind === 'write' ? `written at ${offset}` : `read from ${offset}`;
    }
    if (args.kind !== 'write') return null;
    if (fault.kind === 'torn') {
      const bytes = tornLength(fault, length, this.#rng);
      first(bytes);
      operation.edits.push((given) => withCount(given as NonNullable<typeof given>, length));
      return `only the first ${bytes} of ${length} bytes`;
    }
    if (fault.kind !== 'flip' && fault.kind !== 'zero') return null;
    const data = Buffer.from(args.data);
    const said = fault.kind === 'flip' ? flip(data, fault, this.#rng) : zero(data, fault);
    resend(operation, { ...args, data });
    return said;
  }

  /** The client is told something else. */
  #ofAnswer(armed: ArmedFault, operation: OperationPlan, plan: CallPlan): string | null {
    const { fault } = armed;
    const { dialect, nfsCall } = plan;
    const errno = String(fault.values.errno);
    const status = statusOf(errno, nfsCall.version) ?? OK;
    switch (fault.kind) {
      case 'errno':
        refuse(operation, dialect, status);
        return errno;
      case 'forwarded':
        failAfterwards(operation, dialect, status);
        return `carried out, then ${errno}`;
      case 'lost':
        lose(operation, dialect);
        return 'acknowledged and not carried out';
      case 'delayed':
        this.#hold(armed, operation, plan);
        return 'acknowledged, to be carried out before the next COMMIT';
      case 'late':
        lose(operation, dialect);
        this.#state.failLater(fileKey(operation.asked.subject, this.#names), status);
        return `lost; ${errno} at the next COMMIT`;
      case 'verifier':
        this.#state.changeVerifier();
        return 'the write verifier is another from here on';
      default:
        return null;
    }
  }

  /** It takes longer, is said twice, late or not at all, or the connection ends. */
  #ofTransport(armed: ArmedFault, call: FaultCall, plan: CallPlan): string {
    const { kind, values } = armed.fault;
    const bytes = Number(values.bytes ?? 0);
    const isWrite = call.operation === 'write';
    switch (kind) {
      case 'latency': {
        const ms = latencyMs(armed.fault, this.#rng);
        plan.delayMs += ms;
        return `${ms.toFixed(1)} ms later`;
      }
      case 'rate':
        if (isWrite) plan.delayMs += this.rates.waitMs(armed.fault, call.length);
        else plan.paced.push({ armed, call });
        return `${bytes} bytes per second`;
      case 'slice':
        if (isWrite) plan.callSliceBytes = bytes;
        else plan.replySliceBytes = bytes;
        return `a record in fragments of ${bytes} bytes`;
      case 'dropped':
        plan.isDropped = true;
        return 'never answered';
      case 'duplicate':
        plan.isTwice = true;
        return 'answered twice';
      case 'reorder':
        plan.isHeld = true;
        return 'answered after the next reply';
      default: {
        const of = isWrite || bytes === 0 ? 'call' : 'reply';
        plan.ending ??= { kind: kind === 'reset' ? 'reset' : 'cut', bytes, of };
        return `${kind} after ${bytes} bytes of the ${of}`;
      }
    }
  }
}

/** Whether it can be carried out at this moment of this call. */
function canFire(fault: Fault, asked: CalledOperation, dialect: Dialect, version: 3 | 4): boolean {
  const { args } = asked;
  const data = args.kind === 'write' ? args.data : null;
  const length = data?.length ?? (args.kind === 'read' ? args.count : 0);
  switch (fault.kind) {
    case 'flip':
    case 'zero':
      return data !== null && data.length > 0;
    case 'stale':
    case 'unsynced':
      return false;
    case 'torn':
    case 'short':
      return hasPart(fault, length);
    case 'misdirect':
      return args.kind !== 'other' && otherPlace(fault, faultRange(asked), args.kind) !== null;
    case 'lost':
      return canBeLost(asked, dialect);
    case 'delayed':
      // Of a durable WRITE no COMMIT follows, before which it could be carried out.
      return asked.subject.handle !== null && isUnstable(args) && canBeLost(asked, dialect);
    case 'late':
      return canBeLost(asked, dialect) && statusOf(String(fault.values.errno), version) !== null;
    case 'verifier':
      return args.kind === 'write' || args.kind === 'commit';
    case 'errno':
    case 'forwarded':
      return statusOf(String(fault.values.errno), version) !== null;
    default:
      return true;
  }
}

function isUnstable(args: Arguments): boolean {
  return args.kind === 'write' && args.stable === UNSTABLE;
}

/**
 * A READ comes from the place before, which is there; at the start of a file, whose length is not
 * known here, only from a place that the fault names.
 */
function otherPlace(fault: Fault, range: { offset: number; length: number }, kind: string) {
  const { offset, length } = range;
  if (kind === 'read' && fault.values.by === undefined && offset < length) return null;
  return misdirectedOffset(fault, { offset, length });
}

function withCount<Result extends { readonly result: { readonly kind: string } }>(
  given: Result,
  count: number,
): Result {
  return given.result.kind === 'write' ? { ...given, result: { ...given.result, count } } : given;
}

function faultRange({ args }: CalledOperation): { offset: number; length: number } {
  if (args.kind === 'other') return { offset: 0, length: 0 };
  const length = args.kind === 'write' ? args.data.length : args.count;
  return { offset: Number(args.offset), length };
}

function faultCall(asked: CalledOperation, names: FileNames): FaultCall {
  const { args, operation, subject } = asked;
  const call = {
    operation: operation ?? 'getattr',
    path: names.pathOf(fileKey(subject, names)),
    ...faultRange(asked),
  };
  if (args.kind !== 'write') return call;
  return { ...call, data: args.data, flags: FLAGS_OF_STABLE[args.stable] ?? NO_FLAGS };
}

/** One key for a file, whether the call has its handle or its name. */
export function fileKey({ handle, parent, name }: Subject, names: FileNames): string {
  if (handle !== null) return handle;
  if (name === null) return '';
  return names.handleOf(parent ?? '', name) ?? namedKey(parent ?? '', name);
}
