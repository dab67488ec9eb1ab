// How each kind of fault changes the plan of a call or the data of its reply. What a kind means is
// said in src/domain/fault.ts; here is what it comes to in SFTP.

import { monotonicMs } from '../../base/clock.ts';
import type { Rng } from '../../base/rng.ts';
import type { Fault, FaultKind, FaultOperation, PlantableFaults } from '../../domain/fault.ts';
import type { ArmedFault } from '../armed-faults.ts';
import type { EarlierAttributes } from '../earlier-attributes.ts';
import type { EarlierContent } from '../earlier-content.ts';
import { flip } from '../kinds/flip.ts';
import { latencyMs } from '../kinds/latency.ts';
import { misdirectedOffset } from '../kinds/misdirect.ts';
import { hasPart, shortLength, tornLength } from '../kinds/part-length.ts';
import type { RateLimits } from '../kinds/rate.ts';
import { zero } from '../kinds/zero.ts';
import {
  type CallPlan,
  type Ending,
  withFirstBytes,
  withOffset,
  withReadLength,
  writtenData,
} from './call-plan.ts';
import type { OpenFile } from './open-files.ts';
import { TYPE } from './request.ts';
import { SSH_FX_OK, statusFor, statusName } from './status.ts';
import type { UnsyncedFiles } from './unsynced-files.ts';

const SSH_FX_FAILURE = 4;

const CHANGING: readonly FaultOperation[] = [
  'write',
  'fsync',
  'setattr',
  'truncate',
  'rename',
  'unlink',
  'mkdir',
  'rmdir',
  'link',
];
const ANSWERED: readonly FaultOperation[] = [
  ...CHANGING,
  'lookup',
  'open',
  'create',
  'read',
  'close',
  'getattr',
  'readdir',
];
const ALL: readonly FaultOperation[] = ['connect', ...ANSWERED];

/** What the proxy can plant. INIT, the beginning of a session, is its `connect`. */
export const PLANTABLE: PlantableFaults = {
  errno: ANSWERED,
  forwarded: ANSWERED,
  late: ['write'],
  short: ['read', 'write'],
  flip: ['read', 'write'],
  zero: ['read', 'write'],
  lost: CHANGING,
  stale: ['read', 'getattr'],
  misdirect: ['read', 'write'],
  torn: ['write'],
  delayed: ['write'],
  unsynced: ['write'],
  duplicate: ANSWERED,
  reorder: ANSWERED,
  dropped: ALL,
  latency: ALL,
  rate: ['read', 'write'],
  cut: ALL,
  reset: ALL,
  'half-close': ALL,
};

/** Kinds that change what a READ brought, and so are asked for when it has come. */
const IN_REPLIES: readonly FaultKind[] = ['flip', 'zero', 'stale'];

/** What carrying out needs besides the plan. All but the draws is shared by all sessions. */
export interface Tools {
  readonly rng: Rng;
  readonly rates: RateLimits;
  readonly earlier: EarlierContent;
  readonly attributes: EarlierAttributes;
  readonly unsynced: UnsyncedFiles;
}

/** Whether a fault is for the reply of a call: what it tells is not known before. */
export function isForReply(operation: FaultOperation, { kind, values }: Fault): boolean {
  if (operation === 'getattr') return kind === 'stale';
  return operation === 'read' && (IN_REPLIES.includes(kind) || values.content !== undefined);
}

/** Whether a call leaves room for a fault: only what can be carried out is counted as fired. */
export function isPossible(tools: Tools, fault: Fault, plan: CallPlan): boolean {
  const { call } = plan;
  switch (fault.kind) {
    case 'unsynced':
      // What it does it does when the server crashes.
      return false;
    case 'stale':
      return plan.replyAttributes
        ? tools.attributes.before(attributesKey(plan)) !== null
        : tools.earlier.has(call.path, call.offset, call.length);
    case 'misdirect':
      return misdirectedOffset(fault, call) !== null;
    case 'short':
    case 'torn':
      return hasPart(fault, call.length);
    default:
      return true;
  }
}

/** Under which attributes are remembered: of a symbolic link it and what it leads to differ. */
export function attributesKey({ call, request }: CallPlan): string {
  return `${request.type === TYPE.lstat ? 'link' : 'file'}:${call.path}`;
}

/** Changes the plan. Returns what was done, for the receipt. */
export function carryOut(plan: CallPlan, armed: ArmedFault, tools: Tools): string {
  const act = ACTIONS[armed.fault.kind];
  return act ? act(plan, armed, tools) : 'nothing';
}

type Action = (plan: CallPlan, armed: ArmedFault, tools: Tools) => string;

const ACTIONS: Readonly<Partial<Record<FaultKind, Action>>> = {
  errno(plan, { fault }) {
    plan.status = statusFor(String(fault.values.errno));
    // A handle that stays open because its close was refused would be a leak, and no POSIX close.
    plan.isForwarded = plan.call.operation === 'close';
    return statusName(plan.status);
  },
  forwarded(plan, { fault }) {
    plan.status = statusFor(String(fault.values.errno));
    return `${statusName(plan.status)} after it was done`;
  },
  late(plan, armed) {
    const { errno, at = 'close' } = armed.fault.values;
    if (plan.file) plan.file.late = { armed, errno: String(errno), at: String(at) };
    pretend(plan);
    return `lost, ${errno} at ${at}`;
  },
  short(plan, { fault }) {
    const bytes = shortLength(fault, plan.call.length);
    if (plan.call.operation === 'read') {
      // Nothing at all would be the end of the file.
      plan.packet = withReadLength(plan.packet, Math.max(1, bytes));
      return `${Math.max(1, bytes)} of ${plan.call.length} bytes read`;
    }
    // As sftp-server answers when write(2) took less than it was given.
    plan.packet = withFirstBytes(plan.packet, bytes);
    plan.status = SSH_FX_FAILURE;
    return `${bytes} of ${plan.call.length} bytes written, SSH_FX_FAILURE`;
  },
  flip: (plan, { fault }, { rng }) => flip(dataOf(plan), fault, rng),
  zero: (plan, { fault }) => zero(dataOf(plan), fault),
  lost(plan) {
    pretend(plan);
    return 'acknowledged and not done';
  },
  stale(plan, _armed, { earlier, attributes }) {
    if (plan.replyAttributes) {
      plan.replyAttributes = attributes.before(attributesKey(plan)) ?? plan.replyAttributes;
      return 'the attributes before the last change';
    }
    const bytes = earlier.lay(plan.call.path, plan.call.offset, dataOf(plan));
    return `${bytes} bytes as they were before the last write`;
  },
  misdirect(plan, { fault }) {
    const to = misdirectedOffset(fault, plan.call) ?? plan.call.offset;
    plan.packet = withOffset(plan.packet, to);
    return `at ${to} instead of ${plan.call.offset}`;
  },
  torn(plan, { fault }, { rng }) {
    const bytes = tornLength(fault, plan.call.length, rng);
    plan.packet = withFirstBytes(plan.packet, bytes);
    return `${bytes} of ${plan.call.length} bytes written, acknowledged as all`;
  },
  delayed(plan, { fault }) {
    const until = String(fault.values.until ?? 'close') as OpenFile['delayedUntil'];
    if (plan.file) plan.file.delayedUntil = until;
    plan.isDelayed = true;
    return `acknowledged, held until ${until === 'reversed' ? 'close, in reverse' : until}`;
  },
  duplicate(plan) {
    plan.replies = 2;
    return 'answered twice';
  },
  reorder(plan) {
    plan.isHeld = true;
    return 'answered after the next reply';
  },
  dropped(plan) {
    plan.replies = 0;
    return 'never answered';
  },
  latency(plan, { fault }, { rng }) {
    const ms = latencyMs(fault, rng);
    plan.dueMs = Math.max(plan.dueMs, monotonicMs()) + ms;
    return `answered ${ms.toFixed(1)} ms later`;
  },
  rate(plan, { fault }, { rates }) {
    const dueMs = monotonicMs() + rates.waitMs(fault, plan.call.length);
    plan.dueMs = Math.max(plan.dueMs, dueMs);
    return `at ${fault.values.bytes} bytes a second`;
  },
  cut: (plan) => end(plan, 'cut'),
  reset: (plan) => end(plan, 'reset'),
  'half-close': (plan) => end(plan, 'half-close'),
};

function pretend(plan: CallPlan): void {
  plan.isForwarded = false;
  plan.status ??= SSH_FX_OK;
}

function end(plan: CallPlan, ending: Ending): string {
  plan.ending = ending;
  return ending;
}

/** What was read, inside the reply; else what is written, inside the packet that is sent. */
function dataOf({ replyData, packet }: CallPlan): Uint8Array {
  return replyData ?? writtenData(packet);
}
