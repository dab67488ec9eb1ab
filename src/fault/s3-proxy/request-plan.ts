// What becomes of one request: what is sent to the server, what the client is answered, when, how
// fast and how far. Each fault that fires changes the plan; nothing happens before all have.

import { createHash } from 'node:crypto';
import type { Rng } from '../../base/rng.ts';
import type { Fault, FaultKind, FaultOperation, PlantableFaults } from '../../domain/fault.ts';
import type { ArmedFault, FaultCall } from '../armed-faults.ts';
import { flip } from '../kinds/flip.ts';
import { latencyMs } from '../kinds/latency.ts';
import { misdirectedOffset } from '../kinds/misdirect.ts';
import { hasPart, shortLength, tornLength } from '../kinds/part-length.ts';
import { zero } from '../kinds/zero.ts';
import { type S3Error, s3ErrorFor } from './s3-error.ts';

export type Ending = 'cut' | 'reset' | 'half-close' | 'dropped';

export interface RequestPlan {
  readonly call: FaultCall;
  isForwarded: boolean;
  /** How often it is sent to the server. */
  sendings: 1 | 2;
  /** The client is answered with this instead. */
  error: S3Error | null;
  /** The client is answered that it was done, with the right ETag. */
  isPretended: boolean;
  /** 200 with an error in its body. */
  hasErrorBody: boolean;
  isStale: boolean;
  hasWrongEtag: boolean;
  waitMs: number;
  /** Of a write: what is sent to the server; of a read: what the client gets. Null: as it came. */
  payload: Buffer | null;
  rate: Fault | null;
  ending: Ending | null;
  /** Bytes of the body that pass before the ending; null for none of the answer at all. */
  endingAfter: number | null;
  /** The answer waits for the next one to pass it. */
  isReordered: boolean;
  /** Of a part: acknowledged at once, sent to the server when the upload is completed. */
  isDelayed: boolean;
  /** All such parts of its upload are sent in reverse. */
  isReversed: boolean;
  /** Of a read: the bytes come from this offset of the object. */
  misdirectedTo: number | null;
}

const MOST: readonly FaultOperation[] = [
  'write',
  'read',
  'create',
  'close',
  'getattr',
  'setattr',
  'readdir',
  'unlink',
  'link',
  'mkdir',
  'rmdir',
];

/** @param signs whether requests can be signed anew, so that a server takes a shorter body */
export function plantable(signs: boolean): PlantableFaults {
  return {
    errno: [...MOST, 'connect'],
    forwarded: MOST,
    body: ['close', 'link', 'write'],
    lost: ['write', 'unlink', 'close'],
    flip: ['read', 'write'],
    zero: ['read', 'write'],
    short: ['read'],
    ...(signs && { torn: ['write'], misdirect: ['read'] }),
    delayed: ['write'],
    stale: ['read', 'getattr'],
    etag: ['read', 'write', 'getattr', 'close'],
    duplicate: ['write', 'close', 'unlink', 'create', 'link'],
    dropped: MOST,
    reorder: MOST,
    latency: [...MOST, 'connect'],
    rate: ['read', 'write'],
    cut: MOST,
    reset: [...MOST, 'connect'],
    'half-close': MOST,
  };
}

/** Kinds that want to see the content of an object as a whole. */
const OF_CONTENT: readonly FaultKind[] = [
  'flip',
  'zero',
  'short',
  'torn',
  'lost',
  'duplicate',
  'delayed',
  'misdirect',
];

export function needsContent({ kind, values }: Fault): boolean {
  return OF_CONTENT.includes(kind) || values.content !== undefined;
}

/** What is known of a call besides what it says. */
interface Surroundings {
  /** What the object held before the last change is known. */
  readonly isKnownEarlier: boolean;
  /** Of a part that can be held until its upload is completed. */
  readonly isHoldable: boolean;
  /** Of a read that was answered: of the whole object; null where it is not known. */
  readonly objectBytes: number | null;
  /** No other answer waits for the next one. */
  readonly isTurn: boolean;
}

/** Whether a call leaves room for a fault: only what can be carried out is counted as fired. */
export function isPossible(
  fault: Fault,
  call: FaultCall,
  { isKnownEarlier, isHoldable, objectBytes, isTurn }: Surroundings,
): boolean {
  if (fault.kind === 'stale') return isKnownEarlier;
  if (fault.kind === 'delayed' && !isHoldable) return false;
  if (fault.kind === 'reorder') return isTurn;
  const { operation, data } = call;
  const isContent = operation === 'read' || operation === 'write';
  if (isContent && needsContent(fault) && !data) return false;
  if (fault.kind === 'short' || fault.kind === 'torn') return hasPart(fault, call.length);
  if (fault.kind === 'flip' || fault.kind === 'zero') return call.length > 0;
  if (fault.kind === 'misdirect') {
    const { offset, length } = call;
    if (objectBytes === null) return false;
    return misdirectedOffset(fault, { offset, length, size: objectBytes }) !== null;
  }
  return true;
}

export function planOf(call: FaultCall): RequestPlan {
  return {
    call,
    isForwarded: true,
    sendings: 1,
    error: null,
    isPretended: false,
    hasErrorBody: false,
    isStale: false,
    hasWrongEtag: false,
    waitMs: 0,
    payload: null,
    rate: null,
    ending: null,
    endingAfter: null,
    isReordered: false,
    isDelayed: false,
    isReversed: false,
    misdirectedTo: null,
  };
}

/** Changes the plan. Returns what was done, for the receipt. */
export function carryOut(plan: RequestPlan, { fault }: ArmedFault, rng: Rng): string {
  const act = ACTIONS[fault.kind];
  return act ? act(plan, fault, rng) : 'nothing';
}

type Action = (plan: RequestPlan, fault: Fault, rng: Rng) => string;

const ACTIONS: Readonly<Partial<Record<FaultKind, Action>>> = {
  errno(plan, { values }) {
    plan.isForwarded = false;
    plan.error = s3ErrorFor(String(values.errno));
    return answered(plan.error);
  },
  forwarded(plan, { values }) {
    plan.error = s3ErrorFor(String(values.errno));
    return `${answered(plan.error)} after it was done`;
  },
  body(plan) {
    plan.isForwarded = false;
    plan.hasErrorBody = true;
    return '200 with an error in the body, not done';
  },
  lost(plan) {
    plan.isForwarded = false;
    plan.isPretended = true;
    return 'acknowledged and not done';
  },
  flip: (plan, fault, rng) => flip(changing(plan), fault, rng),
  zero: (plan, fault) => zero(changing(plan), fault),
  short(plan, fault) {
    const bytes = shortLength(fault, plan.call.length);
    plan.payload = changing(plan).subarray(0, bytes);
    return `${bytes} of ${plan.call.length} bytes, as if they were all`;
  },
  torn(plan, fault, rng) {
    const bytes = tornLength(fault, plan.call.length, rng);
    plan.payload = changing(plan).subarray(0, bytes);
    return `${bytes} of ${plan.call.length} bytes stored, acknowledged as all`;
  },
  stale(plan) {
    plan.isStale = true;
    return 'as it was before the last change';
  },
  etag(plan) {
    plan.hasWrongEtag = true;
    return `ETag ${wrongEtag(plan)}`;
  },
  misdirect(plan, fault) {
    plan.misdirectedTo = misdirectedOffset(fault, plan.call);
    return `from offset ${plan.misdirectedTo}`;
  },
  delayed(plan, { values }) {
    plan.isDelayed = true;
    plan.isForwarded = false;
    plan.isReversed = values.until === 'reversed';
    return 'acknowledged, and sent when the upload is completed';
  },
  reorder(plan) {
    plan.isReordered = true;
    return 'answered after the next one';
  },
  duplicate(plan) {
    plan.sendings = 2;
    return 'carried out twice';
  },
  latency(plan, fault, rng) {
    const ms = latencyMs(fault, rng);
    plan.waitMs += ms;
    return `${ms.toFixed(1)} ms later`;
  },
  rate(plan, fault) {
    plan.rate = fault;
    return `at ${fault.values.bytes} bytes a second`;
  },
  cut(plan, { values }) {
    plan.ending = 'cut';
    plan.endingAfter = values.bytes === undefined ? null : Number(values.bytes);
    return plan.endingAfter === null ? 'cut' : `cut after ${plan.endingAfter} bytes`;
  },
  reset: (plan) => ended(plan, 'reset'),
  'half-close': (plan) => ended(plan, 'half-close'),
  dropped(plan) {
    plan.ending = 'dropped';
    return 'never answered';
  },
};

/** A copy, so that what came is still known: its ETag is what the client expects. */
function changing(plan: RequestPlan): Buffer {
  plan.payload ??= Buffer.from(plan.call.data ?? []);
  return plan.payload;
}

function answered({ status, code }: S3Error): string {
  return `${status} ${code}`;
}

function ended(plan: RequestPlan, ending: Ending): string {
  plan.ending = ending;
  return ending;
}

/** Looks like one, and is that of no content that anybody has. */
export function wrongEtag({ call }: RequestPlan): string {
  return `"${createHash('md5').update(`heisenwrite: not ${call.path}`).digest('hex')}"`;
}
