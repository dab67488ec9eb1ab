// The calls of a connection whose replies are awaited, by their xid.

import { type CallPlan, sentCall } from './call-plan.ts';
import type { Dialect, NfsCall } from './called-operation.ts';

/** A server that never answers is not remembered for ever. */
const PENDING_MAX = 65_536;

export interface Pending {
  readonly call: NfsCall;
  readonly dialect: Dialect;
  /** Null where only its names are of interest. */
  readonly plan: CallPlan | null;
}

export class PendingCalls {
  readonly #calls = new Map<number, Pending>();

  has(xid: number): boolean {
    return this.#calls.has(xid);
  }

  add(pending: Pending): void {
    this.#calls.set(pending.call.xid, pending);
    if (this.#calls.size > PENDING_MAX) {
      this.#calls.delete(this.#calls.keys().next().value as number);
    }
  }

  take(xid: number): Pending | null {
    const pending = this.#calls.get(xid) ?? null;
    this.#calls.delete(xid);
    return pending;
  }

  /** What was planned for a call that is asked again; null for another of the same number. */
  planOf(call: NfsCall): CallPlan | null {
    const earlier = this.#calls.get(call.xid);
    const codes = (of: NfsCall) => of.operations.map(({ code }) => code).join();
    return earlier?.plan && codes(earlier.call) === codes(call) ? earlier.plan : null;
  }
}

/** The operations to which the server's results belong. */
export function sentOf({ plan, call }: Pending): NfsCall {
  return plan === null ? call : (sentCall(plan) ?? call);
}
