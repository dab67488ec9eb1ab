// The messages of a trial: who sends how many of what length, what each receiver was handed, and
// what of that departs from what was sent. Pure accounts, used by the workload to count and by the
// judge to name.

/** Everything needed to make the bytes of the messages of a trial again. */
export interface MessageStream {
  /** Of the hunt and trial, 32 bits: tells strays of another trial from damage. */
  readonly tag: number;
  readonly senders: number;
  /** Messages that each sender was to send. */
  readonly count: number;
  /** Of each message. */
  readonly lengthBytes: number;
}

/** Messages have numbers: sequence of its sender, from 0, times the senders, plus the sender. */
export function messageName(
  { senders }: MessageStream,
  number: number,
): { readonly sender: number; readonly sequence: number } {
  return { sender: number % senders, sequence: Math.floor(number / senders) };
}

export function messageTotal({ senders, count }: MessageStream): number {
  return senders * count;
}

/**
 * Numbers that a message can tell apart: its first bytes are its number as far as it is long, and
 * an empty message tells nothing.
 */
export function tellableNumbers({ lengthBytes }: MessageStream): number {
  return 2 ** (8 * Math.min(lengthBytes, 4));
}

/** True where each message says which one it is; else they are counted, and have no order. */
export function areNamed(stream: MessageStream): boolean {
  return tellableNumbers(stream) >= messageTotal(stream);
}

/** How far each sender came. */
export interface SentMessages {
  /** Index is the sender; messages with a lower sequence were accepted by the channel. */
  readonly accepted: readonly number[];
  /** Those from `accepted` on up to here may have been sent: their call failed. */
  readonly begun: readonly number[];
}

/** What a receiver was handed. */
export interface Delivery {
  /** What the message says of its number, see tellableNumbers; -1 of one that is not whole. */
  readonly number: number;
  readonly lengthBytes: number;
  /** Monotonic, nanoseconds. */
  readonly arrivedNs: number;
  /** When its sender gave it to the channel; NaN where that is not known. */
  readonly sentNs: number;
}

/** A delivery that departs, by its place in the order of arrival. */
export interface Departure {
  readonly number: number;
  readonly at: number;
}

export interface DeliveryAccount {
  /** Accepted and never delivered, ascending; of unnamed messages, so many of a number's kind. */
  readonly lost: readonly number[];
  readonly duplicated: readonly Departure[];
  /** Delivered, and begun by nobody. */
  readonly unsent: readonly Departure[];
  /** After a later message of the same sender. */
  readonly reordered: readonly (Departure & { readonly after: number })[];
  /** Arrived later than the deadline after they were sent. */
  readonly late: readonly Departure[];
  /** Deliveries of whole messages, each once. */
  readonly distinct: number;
}

export interface DeliveryOrder {
  readonly stream: MessageStream;
  readonly sent: SentMessages;
  /** Milliseconds. */
  readonly deadlineMs: number;
  /**
   * What deliveries that were not whole began with, where that is known: they came, damaged, and
   * are not lost besides.
   */
  readonly damaged: readonly number[];
}

export function accountDeliveries(
  deliveries: readonly Delivery[],
  { stream, sent, deadlineMs, damaged }: DeliveryOrder,
): DeliveryAccount {
  const tellable = tellableNumbers(stream);
  const { accepted, begun } = messagesOfKind(stream, sent, tellable);
  const seen = new Map<number, number>();
  const duplicated: Departure[] = [];
  const unsent: Departure[] = [];
  const late: Departure[] = [];
  const firsts: Departure[] = [];
  for (const [at, { number, arrivedNs, sentNs }] of deliveries.entries()) {
    if (number < 0) continue;
    const times = (seen.get(number) ?? 0) + 1;
    seen.set(number, times);
    const most = begun.get(number) ?? 0;
    if (most === 0) unsent.push({ number, at });
    else if (times > most) duplicated.push({ number, at });
    else firsts.push({ number, at });
    if (arrivedNs - sentNs > deadlineMs * 1e6) late.push({ number, at });
  }
  for (const number of damaged) seen.set(number % tellable, (seen.get(number % tellable) ?? 0) + 1);
  const lost = [...accepted].flatMap(([number, count]) =>
    Array.from({ length: Math.max(0, count - (seen.get(number) ?? 0)) }, () => number),
  );
  return {
    lost: lost.toSorted((a, b) => a - b),
    duplicated,
    unsent,
    reordered: areNamed(stream) ? reorderedOf(firsts, stream) : [],
    late,
    distinct: firsts.length,
  };
}

/** How many messages there are of each number that can be told. */
function messagesOfKind(stream: MessageStream, sent: SentMessages, tellable: number) {
  const [accepted, begun] = [new Map<number, number>(), new Map<number, number>()];
  const add = (counts: Map<number, number>, number: number) =>
    counts.set(number, (counts.get(number) ?? 0) + 1);
  for (let sender = 0; sender < stream.senders; sender++) {
    for (let sequence = 0; sequence < (sent.begun[sender] ?? 0); sequence++) {
      const number = (sequence * stream.senders + sender) % tellable;
      add(begun, number);
      if (sequence < (sent.accepted[sender] ?? 0)) add(accepted, number);
    }
  }
  return { accepted, begun };
}

function reorderedOf(firsts: readonly Departure[], stream: MessageStream) {
  const latest = new Map<number, number>();
  return firsts.flatMap(({ number, at }) => {
    const { sender } = messageName(stream, number);
    const after = latest.get(sender) ?? -1;
    latest.set(sender, Math.max(after, number));
    return number > after ? [] : [{ number, at, after }];
  });
}

/**
 * Messages that one receiver was handed after another message, and a second receiver before it.
 * @param order of the other receiver: numbers, each once
 */
export function otherwiseOrdered(
  deliveries: readonly Delivery[],
  order: readonly number[],
): { readonly inCommon: number; readonly swapped: readonly (Departure & { after: number })[] } {
  const rank = new Map(order.map((number, at) => [number, at]));
  const seen = new Set<number>();
  let [latest, after] = [-1, -1];
  const swapped: (Departure & { after: number })[] = [];
  for (const [at, { number }] of deliveries.entries()) {
    const there = rank.get(number);
    if (there === undefined || seen.has(number)) continue;
    seen.add(number);
    if (there < latest) swapped.push({ number, at, after });
    else [latest, after] = [there, number];
  }
  return { inCommon: seen.size, swapped };
}

/** Numbers of whole messages in the order of their first arrival. */
export function firstArrivals(deliveries: readonly Delivery[]): number[] {
  const seen = new Set<number>();
  for (const { number } of deliveries) if (number >= 0) seen.add(number);
  return [...seen];
}

const ROW_BYTES = 24;

/** As evidence keeps them: number (32 bits), length (32 bits), arrived, sent (64-bit floats). */
export function encodeDeliveries(deliveries: readonly Delivery[]): Uint8Array {
  const bytes = new Uint8Array(ROW_BYTES * deliveries.length);
  const view = new DataView(bytes.buffer);
  for (const [row, { number, lengthBytes, arrivedNs, sentNs }] of deliveries.entries()) {
    view.setInt32(ROW_BYTES * row, number, true);
    view.setUint32(ROW_BYTES * row + 4, lengthBytes, true);
    view.setFloat64(ROW_BYTES * row + 8, arrivedNs, true);
    view.setFloat64(ROW_BYTES * row + 16, sentNs, true);
  }
  return bytes;
}

/** What is left of it, whatever the bytes; a row that is cut off is left out. */
export function decodeDeliveries(bytes: Uint8Array): Delivery[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.floor(bytes.length / ROW_BYTES) }, (_, row) => ({
    number: view.getInt32(ROW_BYTES * row, true),
    lengthBytes: view.getUint32(ROW_BYTES * row + 4, true),
    arrivedNs: view.getFloat64(ROW_BYTES * row + 8, true),
    sentNs: view.getFloat64(ROW_BYTES * row + 16, true),
  }));
}
