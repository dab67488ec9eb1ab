// What becomes of one write: the faults that fire, put together as a plan that the mount then
// carries out. Nothing here touches a file.

import type { Rng } from '../../base/rng.ts';
import type { Fault } from '../../domain/fault.ts';
import type { ArmedFault, ArmedFaults, FaultCall } from '../armed-faults.ts';
import { errnoNumber } from '../kinds/errno.ts';
import { flip } from '../kinds/flip.ts';
import { latencyMs } from '../kinds/latency.ts';
import { misdirectedOffset } from '../kinds/misdirect.ts';
import { hasPart, shortLength, tornLength } from '../kinds/part-length.ts';
import type { RateLimits } from '../kinds/rate.ts';
import { zero } from '../kinds/zero.ts';
import type { DelayedWrite } from './delayed-writes.ts';
import type { LateError } from './open-files.ts';

export interface WriteCall extends FaultCall {
  readonly operation: 'write';
  /** Ours to change. */
  readonly data: Uint8Array;
}

export interface WritePlan {
  waitMs: number;
  /** The call fails with it and nothing is done; 0 for none. */
  refusal: number;
  /** It fails with it although it was carried out; 0 for none. */
  forwarded: number;
  isLost: boolean;
  late: LateError | null;
  /** Null: now. */
  until: DelayedWrite['until'] | null;
  offset: number;
  /** What is stored. */
  data: Uint8Array;
  /** What the program is told. */
  reported: number;
}

/** Where faults come from and what they draw from. */
export interface Planning {
  readonly faults: ArmedFaults;
  readonly rng: Rng;
  readonly rates: RateLimits;
}

export function planWrite(call: WriteCall, planning: Planning): WritePlan {
  const plan: WritePlan = {
    waitMs: 0,
    refusal: 0,
    forwarded: 0,
    isLost: false,
    late: null,
    until: null,
    offset: call.offset,
    data: call.data,
    reported: call.length,
  };
  const { faults } = planning;
  for (const armed of faults.firing(call, (fault) => canWrite(fault, call))) {
    faults.receipt(armed, call, change(plan, call, armed, planning));
  }
  return plan;
}

/** Whether there is anything for this fault to act on; a crash is no matter of one write. */
function canWrite(fault: Fault, { offset, length }: WriteCall): boolean {
  switch (fault.kind) {
    case 'unsynced':
      return false;
    case 'short':
    case 'torn':
      return hasPart(fault, length);
    case 'misdirect':
      return misdirectedOffset(fault, { offset, length }) !== null;
    default:
      return true;
  }
}

/** Returns what was changed, for the receipt. */
function change(
  plan: WritePlan,
  call: WriteCall,
  { fault }: ArmedFault,
  { rng, rates }: Planning,
): string {
  const { errno, until, at } = fault.values;
  switch (fault.kind) {
    case 'errno':
      plan.refusal = errnoNumber(fault);
      return String(errno);
    case 'forwarded':
      plan.forwarded = errnoNumber(fault);
      return `${errno}, but written`;
    case 'late':
      plan.isLost = true;
      plan.late = { errno: errnoNumber(fault), at: at === 'fsync' ? 'fsync' : 'close' };
      return `not written, ${errno} at ${plan.late.at}`;
    case 'lost':
      plan.isLost = true;
      return 'not written';
    case 'short':
      plan.reported = shortLength(fault, call.length);
      plan.data = plan.data.subarray(0, plan.reported);
      return `${plan.reported} of ${call.length} bytes written`;
    case 'torn':
      plan.data = plan.data.subarray(0, tornLength(fault, call.length, rng));
      return `${plan.data.length} of ${call.length} bytes written, success reported`;
    case 'misdirect':
      plan.offset = misdirectedOffset(fault, call) as number;
      return `written at ${plan.offset}`;
    case 'delayed':
      plan.until = (until ?? 'close') as DelayedWrite['until'];
      return plan.until === 'reversed'
        ? 'written at close, last first'
        : `written at ${plan.until}`;
    default:
      return changeData(plan, fault, { rng, rates });
  }
}

function changeData(
  plan: WritePlan,
  fault: Fault,
  { rng, rates }: Pick<Planning, 'rng' | 'rates'>,
): string {
  if (fault.kind === 'flip') return flip(plan.data, fault, rng);
  if (fault.kind === 'zero') return zero(plan.data, fault);
  return slow(plan, fault, plan.reported, { rng, rates });
}

/** Latency and rate; adds to what is to be waited. */
export function slow(
  plan: { waitMs: number },
  fault: Fault,
  bytes: number,
  { rng, rates }: Pick<Planning, 'rng' | 'rates'>,
): string {
  const ms = fault.kind === 'rate' ? rates.waitMs(fault, bytes) : latencyMs(fault, rng);
  plan.waitMs += ms;
  return `${ms.toFixed(1)} ms`;
}
