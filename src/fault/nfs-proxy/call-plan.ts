// What becomes of one call: what of each operation is sent to the server, what the client is
// answered, when and how often. Each fault that fires changes the plan; nothing happens before all
// have.

import type { ArmedFault, FaultCall } from '../armed-faults.ts';
import type { CalledOperation, Dialect, NfsCall, OperationResult } from './called-operation.ts';
import { OK } from './status.ts';

/** Null stands for an operation that the server was not asked to do. */
type Edit = (given: OperationResult | null) => OperationResult;

export interface OperationPlan {
  readonly asked: CalledOperation;
  readonly call: FaultCall;
  /** What the server is asked in its place; null for nothing. */
  sent: CalledOperation | null;
  /** What the client is told, made in turn from what the server says. */
  readonly edits: Edit[];
  /** What the client is told for a verifier, where it is not that of when the reply comes. */
  verifier?: (real: Buffer) => Buffer;
}

export interface Ending {
  readonly kind: 'cut' | 'reset';
  /** So many bytes of the call, or of the reply, pass before. */
  readonly bytes: number;
  readonly of: 'call' | 'reply';
}

export interface CallPlan {
  readonly nfsCall: NfsCall;
  readonly dialect: Dialect;
  readonly operations: OperationPlan[];
  /** Whether what is sent differs from what came. */
  isChanged: boolean;
  /** Milliseconds before the call goes on. */
  delayMs: number;
  /** Faults that let the reply pass at a rate, with what they fired at. */
  readonly paced: { readonly armed: ArmedFault; readonly call: FaultCall }[];
  ending: Ending | null;
  isDropped: boolean;
  isTwice: boolean;
  isHeld: boolean;
  /** Records go in fragments of at most so many bytes. */
  callSliceBytes: number | undefined;
  replySliceBytes: number | undefined;
}

export function planOf(nfsCall: NfsCall, dialect: Dialect): CallPlan {
  return {
    nfsCall,
    dialect,
    operations: [],
    isChanged: false,
    delayMs: 0,
    paced: [],
    ending: null,
    isDropped: false,
    isTwice: false,
    isHeld: false,
    callSliceBytes: undefined,
    replySliceBytes: undefined,
  };
}

/** The call as it is sent; null where nothing is left to ask of the server. */
export function sentCall({ nfsCall, operations }: CallPlan): NfsCall | null {
  const sent = operations.flatMap((each) => each.sent ?? []);
  if (sent.length === 0 && nfsCall.version === 3) return null;
  // Behind an operation that fails nothing is carried out.
  const isWhole = operations.length === nfsCall.operations.length;
  return { ...nfsCall, operations: sent, unknown: isWhole ? nfsCall.unknown : null };
}

/** Replaces what is sent of a WRITE or READ. */
export function resend(plan: OperationPlan, args: CalledOperation['args']): void {
  if (plan.sent) plan.sent = { ...plan.sent, args };
}

/** Nothing is asked of the server, and the client is told `status`. */
export function refuse(plan: OperationPlan, dialect: Dialect, status: number): void {
  plan.sent = null;
  plan.edits.length = 0;
  plan.edits.push(failure(plan.asked, dialect, status));
}

/** What the server has done is said to have failed; a failure of its own stands. */
export function failAfterwards(plan: OperationPlan, dialect: Dialect, status: number): void {
  const fail = failure(plan.asked, dialect, status);
  plan.edits.push((given) => (given === null || given.status === OK ? fail(given) : given));
}

function failure({ code }: CalledOperation, dialect: Dialect, status: number): Edit {
  const operation = { code } as CalledOperation;
  return () => ({ code, status, result: dialect.failure(operation) });
}
