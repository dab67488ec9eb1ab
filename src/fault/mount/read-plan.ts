// What becomes of one read: the faults that fire on what was read, and from where it is read
// instead. What is stored is never touched: other readers, and the same one later, see it as it is.

import type { Fault } from '../../domain/fault.ts';
import type { ArmedFault, FaultCall } from '../armed-faults.ts';
import { errnoNumber } from '../kinds/errno.ts';
import { flip } from '../kinds/flip.ts';
import { misdirectedOffset } from '../kinds/misdirect.ts';
import { hasPart, shortLength } from '../kinds/part-length.ts';
import { zero } from '../kinds/zero.ts';
import { type Planning, slow } from './write-plan.ts';

/** What the mount knows of a file that is read. */
export interface ReadSource {
  readonly size: number;
  /** Whether something older than the bytes of this call is known. */
  readonly hasBefore: boolean;
  /** Reads another place into the memory of the call; resolves to the bytes that came. */
  readAt(offset: number): Promise<number>;
  /** Lays what was there before over what was read; gives the bytes that there are then. */
  layBefore(read: number): number;
}

export interface ReadCall extends FaultCall {
  readonly operation: 'read';
  /** The memory of the call, as long as what was asked for. */
  readonly memory: Uint8Array;
  /** The part of it that was read. */
  readonly data: Uint8Array;
}

export interface ReadOutcome {
  waitMs: number;
  /** Bytes that are given to the program, or a negated error number. */
  result: number;
}

export async function planRead(
  call: ReadCall,
  source: ReadSource,
  planning: Planning,
): Promise<ReadOutcome> {
  const { faults } = planning;
  const outcome = { waitMs: 0, result: call.data.length };
  const firing = faults.firing(call, (fault) => canRead(fault, call, source));
  // Where the bytes come from is decided before what becomes of them.
  const ordered = [...firing].sort((one, other) => Number(isData(one)) - Number(isData(other)));
  for (const armed of ordered) {
    const what = await change(outcome, call, armed, { source, planning });
    faults.receipt(armed, call, what);
  }
  return outcome;
}

const isData = ({ fault }: ArmedFault) => fault.kind !== 'misdirect' && fault.kind !== 'stale';

function canRead(fault: Fault, { offset, data }: ReadCall, source: ReadSource): boolean {
  const { length } = data;
  switch (fault.kind) {
    case 'stale':
      return source.hasBefore;
    case 'flip':
    case 'zero':
      return length > 0;
    case 'short':
      return hasPart(fault, length);
    case 'misdirect':
      return misdirectedOffset(fault, { offset, length, size: source.size }) !== null;
    default:
      return true;
  }
}

async function change(
  outcome: ReadOutcome,
  call: ReadCall,
  { fault }: ArmedFault,
  { source, planning }: { source: ReadSource; planning: Planning },
): Promise<string> {
  const { memory, offset, data } = call;
  const given = () => memory.subarray(0, Math.max(0, outcome.result));
  switch (fault.kind) {
    case 'errno':
      outcome.result = -errnoNumber(fault);
      return String(fault.values.errno);
    case 'stale':
      outcome.result = source.layBefore(outcome.result);
      return 'what was there before the last write';
    case 'misdirect': {
      const place = misdirectedOffset(fault, { offset, length: data.length, size: source.size });
      outcome.result = Math.min(data.length, await source.readAt(place as number));
      return `read at ${place}`;
    }
    case 'flip':
      return flip(given(), fault, planning.rng);
    case 'zero':
      return zero(given(), fault);
    case 'short':
      outcome.result = Math.min(outcome.result, shortLength(fault, data.length));
      return `${outcome.result} of ${data.length} bytes`;
    default:
      return slow(outcome, fault, data.length, planning);
  }
}
