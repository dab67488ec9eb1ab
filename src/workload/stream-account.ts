// The outcome of a stream trial: each promise counted for each receiver, and what departs kept for
// the judge. A receiver that the channel has cut off is asked for nothing that it did not get.

import {
  accountDeliveries,
  areNamed,
  type Delivery,
  type DeliveryAccount,
  type DeliveryOrder,
  encodeDeliveries,
  firstArrivals,
  type MessageStream,
  messageName,
  otherwiseOrdered,
  type SentMessages,
} from '../domain/message-stream.ts';
import type { Expected, Observation } from '../domain/observation.ts';
import type { PromiseName, PromiseTally } from '../domain/promise.ts';
import type { TrialOutcome } from '../domain/trial.ts';
import type { DamagedDelivery } from './stream-arrivals.ts';
import type { StreamReceived, StreamSent } from './stream-roles.ts';
import { sumTallies } from './tally.ts';

export interface StreamCourse {
  readonly stream: MessageStream;
  readonly deadlineMs: number;
  readonly promised: readonly PromiseName[];
  readonly sent: readonly StreamSent[];
  readonly received: readonly (StreamReceived & { readonly receiver: string })[];
}

/** Of one receiver. */
interface Heard {
  readonly receiver: string;
  readonly isWhole: boolean;
  readonly deliveries: readonly Delivery[];
  readonly order: DeliveryOrder;
  readonly damaged: readonly DamagedDelivery[];
  readonly heardNs: string;
}

export function streamOutcome(course: StreamCourse): TrialOutcome {
  const { stream, sent, received } = course;
  const all = received.map((each) => heardBy(each, course));
  const sourceIntact = sent.every((each) => each.sourceIntact);
  const parts = all.map((one) => accountOf(one, all[0] as Heard));
  const accepted = sent.reduce((sum, each) => sum + each.accepted, 0);
  return {
    opportunities: {
      reads: received.reduce((sum, { numbers }) => sum + numbers.length, 0),
      writes: accepted,
      bytesRead: received.reduce((sum, { bytesRead }) => sum + bytesRead, 0),
      bytesWritten: accepted * stream.lengthBytes,
    },
    tallies: sumTallies(parts.flatMap(({ tallies }) => tallies)),
    observations: parts
      .flatMap(({ observations }) => observations)
      .map((observation, seq) => ({ ...observation, seq, sourceIntact })),
    failures: [...sent, ...received].flatMap(({ failures }) => failures),
    promised: course.promised,
  };
}

function heardBy(
  { receiver, numbers, lengths, arrivedNs, damaged, damagedNumbers, heardNs, failures }: Named,
  { stream, deadlineMs, sent }: StreamCourse,
): Heard {
  const named = areNamed(stream);
  const sentNs = (number: number) => {
    const { sender, sequence } = messageName(stream, number);
    return sent[sender]?.sentNs[sequence] ?? Number.NaN;
  };
  const messages: SentMessages = {
    accepted: sent.map((each) => each.accepted),
    begun: sent.map((each) => each.begun),
  };
  return {
    receiver,
    isWhole: failures.length === 0,
    deliveries: numbers.map((number, at) => ({
      number,
      lengthBytes: lengths[at] as number,
      arrivedNs: arrivedNs[at] as number,
      sentNs: named && number >= 0 ? sentNs(number) : Number.NaN,
    })),
    order: { stream, sent: messages, deadlineMs, damaged: damagedNumbers },
    damaged,
    heardNs,
  };
}

type Named = StreamReceived & { readonly receiver: string };

interface Counted {
  readonly tallies: readonly PromiseTally[];
  readonly observations: readonly Observation[];
}

function accountOf(heard: Heard, first: Heard): Counted {
  const { deliveries, order } = heard;
  const account = accountDeliveries(deliveries, order);
  const tallies = talliesOf(heard, account);
  const observations: Observation[] = tallies
    .filter(({ promise, broken }) => broken > 0 && promise !== 'message-whole')
    .map(({ promise }) => logObservation(heard, promise));
  observations.push(...heard.damaged.map((one) => deliveryObservation(heard, one)));
  if (heard === first || !areNamed(order.stream)) return { tallies, observations };
  const other = firstArrivals(first.deliveries);
  const { inCommon, swapped } = otherwiseOrdered(deliveries, other);
  if (swapped.length > 0) {
    const ordered = { receiver: first.receiver, order: other };
    observations.push(logObservation(heard, 'total-order', ordered));
  }
  const total = { promise: 'total-order' as const, tries: inCommon, broken: swapped.length };
  return { tallies: [...tallies, total], observations };
}

function talliesOf({ deliveries, order, isWhole }: Heard, account: DeliveryAccount) {
  const { stream, sent } = order;
  const accepted = sent.accepted.reduce((sum, count) => sum + count, 0);
  const whole = deliveries.filter(({ number }) => number >= 0).length;
  const once = account.duplicated.length + account.unsent.length;
  const tally = (promise: PromiseName, tries: number, broken: number) => ({
    promise,
    tries,
    broken,
  });
  const named = areNamed(stream);
  return [
    // What has not come to one that was cut off may be on its way.
    tally('message-delivered', isWhole ? accepted : 0, isWhole ? account.lost.length : 0),
    tally('message-once', whole, once),
    tally('message-whole', deliveries.length, deliveries.length - whole),
    tally('sender-order', named ? account.distinct : 0, account.reordered.length),
    tally('message-in-time', named ? whole : 0, account.late.length),
  ];
}

function logObservation(
  { receiver, deliveries, order, heardNs }: Heard,
  promise: PromiseName,
  other?: Extract<Expected, { shape: 'deliveries' }>['other'],
): Observation {
  const bytes = encodeDeliveries(deliveries);
  return {
    ...observationOf(receiver, promise, bytes),
    asked: bytes.length,
    atNs: heardNs,
    expected: { shape: 'deliveries', ...order, ...(other && { other }) },
  };
}

function deliveryObservation(
  { receiver, order }: Heard,
  { lengthBytes, bytes, atNs, at }: DamagedDelivery,
): Observation {
  return {
    ...observationOf(receiver, 'message-whole', bytes),
    file: `delivery ${at} to ${receiver}`,
    asked: lengthBytes,
    atNs,
    expected: { shape: 'message', stream: order.stream },
  };
}

function observationOf(receiver: string, promise: PromiseName, bytes: Uint8Array) {
  return {
    seq: 0,
    promise,
    actor: receiver,
    file: `the deliveries to ${receiver}`,
    offset: 0,
    returned: bytes.length,
    fileBytes: -1,
    ioBytes: 0,
    bytes,
    rereads: [],
    sourceIntact: true,
  };
}
