// The receipts of a group of receivers, each held against its send: the first receipt of a message
// delivers it, a further one is a duplicate. A receipt without a send is an accusation only where
// no sender's ring can have forgotten, or not yet recorded, that send.

import { type BoundedRecording, clockUncertaintyNs, mayHaveForgotten } from './match-bounds.ts';
import type { FindingKind, MatchFinding, RecordPlace } from './match-result.ts';
import type { MatchGround } from './message-match.ts';
import { SendCursors } from './send-cursors.ts';

/**
 * Programs may record a send after its call, so that a receipt comes first by this much, ns.
 * What is earlier still is no receipt of that send.
 */
const BEFORE_SEND_NS_MAX = 100e6;
const NONE = -1;
const NEXT_SEARCHED = 1000;

const NOT_MISSING = { missingIn: [], nextReceivedNs: null } as const;

interface Receipt {
  readonly sequence: number;
  readonly timeNs: number;
}

export class Receipts {
  delivered = 0;
  duplicated = 0;
  duplicatedElsewhere = 0;
  neverSent = 0;
  sendNotThere = 0;
  reordered = 0;
  late = 0;
  /** Records of the receivers that could not be read, whatever they were. */
  hidden = 0;
  longestGapNs = 0;
  readonly findings: MatchFinding[] = [];
  readonly #ground: MatchGround;
  /** By message: place of its receiver in the group plus 1; 0: not received. */
  readonly #receivedBy: Uint16Array;
  readonly #gapNs: Float64Array;
  /** By receiver's place in the group: by sender, the newest send that it has a receipt of. */
  readonly #newest: Float64Array[] = [];
  #receiver: BoundedRecording | null = null;
  #cursors: SendCursors;
  /** By sender: how much earlier than its send a receipt may be. */
  #beforeSendNs = new Float64Array(0);
  readonly #listed = new Map<FindingKind, number>();
  /** Made once: it is asked for every receipt. */
  readonly #isWaiting = (message: number, timeNs: number): boolean =>
    this.#receivedBy[message] === 0 && timeNs >= this.#earliestNs(message);

  constructor(ground: MatchGround) {
    this.#ground = ground;
    this.#cursors = new SendCursors(ground.messages);
    this.#receivedBy = new Uint16Array(ground.messages.count);
    this.#gapNs = new Float64Array(ground.messages.count);
  }

  /** The batches that follow are of this receiver. */
  begin(receiver: BoundedRecording): void {
    const { senders } = this.#ground;
    const recordings = Math.max(NONE, ...senders.map(({ index }) => index)) + 1;
    this.#receiver = receiver;
    this.#cursors = new SendCursors(this.#ground.messages);
    this.#newest.push(new Float64Array(recordings).fill(NONE));
    this.#beforeSendNs = new Float64Array(recordings);
    for (const { index, header } of senders) {
      const uncertainty = clockUncertaintyNs(header.clock, receiver.header.clock);
      const resolution = Number(receiver.header.clock.resolutionNs);
      this.#beforeSendNs[index] =
        BEFORE_SEND_NS_MAX + resolution + (uncertainty ?? Number.POSITIVE_INFINITY);
    }
  }

  /** A batch of receipts, in the order in which they were recorded. */
  take(length: number, sequence: Float64Array, words: Int32Array, timeNs: Float64Array): void {
    const { messages, options } = this.#ground;
    const stride = 2 * options.received.fields.length;
    const place = this.#newest.length;
    const newest = this.#newest[place - 1] as Float64Array;
    const late = options.lateNs ?? Number.POSITIVE_INFINITY;
    for (let row = 0; row < length; row++) {
      const time = timeNs[row] as number;
      const message = this.#sendOf(words, row * stride, time);
      if (message < 0) {
        this.#withoutSend(words, row * stride, { sequence: sequence[row] as number, timeNs: time });
        continue;
      }
      if (this.#receivedBy[message] !== 0) {
        this.#again(message, place, { sequence: sequence[row] as number, timeNs: time });
        continue;
      }
      const gap = time - (messages.timeNs[message] as number);
      this.#receivedBy[message] = place;
      this.#gapNs[message] = gap;
      this.delivered++;
      if (gap > this.longestGapNs) this.longestGapNs = gap;
      const sender = messages.sender[message] as number;
      const sent = messages.sequence[message] as number;
      if (sent > (newest[sender] as number)) newest[sender] = sent;
      else this.#outOfOrder(message, { sequence: sequence[row] as number, timeNs: time });
      if (gap > late) this.#tooLate(message, { sequence: sequence[row] as number, timeNs: time });
    }
  }

  isReceived(message: number): boolean {
    return this.#receivedBy[message] !== 0;
  }

  /** Sequence number of the newest send of `sender` that a receiver of the group got, or -1. */
  newestReceived(place: number, sender: number): number {
    return this.#newest[place]?.[sender] ?? NONE;
  }

  /** When the next message of the same sender that came was received; null: none of those near. */
  nextReceiptNs(message: number): bigint | null {
    const { messages, baseNs } = this.#ground;
    const end = Math.min(messages.count, message + NEXT_SEARCHED);
    for (let next = message + 1; next < end; next++) {
      if (messages.sender[next] !== messages.sender[message]) return null;
      if (this.#receivedBy[next] === 0) continue;
      const timeNs = (messages.timeNs[next] as number) + (this.#gapNs[next] as number);
      return baseNs + BigInt(Math.round(timeNs));
    }
    return null;
  }

  /** From sends to their receipts, in no order. In place: `nextReceiptNs` is of no use after it. */
  takeGaps(): Float64Array {
    let count = 0;
    for (let message = 0; message < this.#gapNs.length; message++) {
      if (this.#receivedBy[message] === 0) continue;
      this.#gapNs[count++] = this.#gapNs[message] as number;
    }
    return this.#gapNs.subarray(0, count);
  }

  /** The first message of that key which waits for a receipt, else the last that had one. */
  #sendOf(words: Int32Array, at: number, timeNs: number): number {
    const { messages } = this.#ground;
    const guessed = this.#cursors.guess(words, at, timeNs, this.#isWaiting);
    if (guessed !== NONE) return guessed;
    let received = NONE;
    for (let one = messages.find(words, at); one !== NONE; one = messages.next(one)) {
      if (this.#isWaiting(one, timeNs)) {
        this.#cursors.move(one);
        return one;
      }
      if (this.#receivedBy[one] !== 0 && timeNs >= this.#earliestNs(one)) received = one;
    }
    return received;
  }

  /** What was received before this was not this message. */
  #earliestNs(message: number): number {
    const { timeNs, sender } = this.#ground.messages;
    const before = this.#beforeSendNs[sender[message] as number] as number;
    return (timeNs[message] as number) - before;
  }

  #withoutSend(words: Int32Array, at: number, receipt: Receipt): void {
    if (this.#sendMayBeHidden(receipt)) {
      this.sendNotThere++;
      return;
    }
    this.neverSent++;
    if (!this.#hasRoom('never-sent')) return;
    const received = this.#placeOf(receipt);
    const because =
      'every sender recorded beyond that moment, forgot nothing, and has no such send';
    this.findings.push({
      ...{ kind: 'never-sent', key: this.#ground.keyOf(words, at), timeNs: received.timeNs },
      ...{ sent: null, received, ...NOT_MISSING, gapNs: null, because },
    });
  }

  /** A sender may be ended between its call and its record, so its last moment counts as hidden. */
  #sendMayBeHidden({ timeNs }: Receipt): boolean {
    const { senders, sendersHidden } = this.#ground;
    const clock = (this.#receiver as BoundedRecording).header.clock;
    if (sendersHidden > 0) return true;
    return senders.some(({ header, lastNs }) => {
      const uncertainty = clockUncertaintyNs(header.clock, clock);
      if (mayHaveForgotten(header) || uncertainty === null) return true;
      return timeNs + Number(clock.resolutionNs) + uncertainty >= lastNs;
    });
  }

  #again(message: number, place: number, receipt: Receipt): void {
    const elsewhere = this.#receivedBy[message] !== place;
    this.duplicated++;
    if (elsewhere) this.duplicatedElsewhere++;
    const because = elsewhere ? 'another receiver had it before' : 'this receiver had it before';
    this.#list('duplicated', message, receipt, because);
  }

  #outOfOrder(message: number, receipt: Receipt): void {
    this.reordered++;
    this.#list('reordered', message, receipt, 'one that the same sender sent later came before it');
  }

  #tooLate(message: number, receipt: Receipt): void {
    this.late++;
    this.#list('late', message, receipt, 'it took longer than was allowed');
  }

  #list(kind: FindingKind, message: number, receipt: Receipt, because: string): void {
    if (!this.#hasRoom(kind)) return;
    const { messages } = this.#ground;
    const sent = sentPlace(this.#ground, message);
    const gapNs = receipt.timeNs - (messages.timeNs[message] as number);
    this.findings.push({
      ...{ kind, key: messageKey(this.#ground, message), timeNs: sent.timeNs, sent },
      ...{ received: this.#placeOf(receipt), ...NOT_MISSING, gapNs, because },
    });
  }

  #hasRoom(kind: FindingKind): boolean {
    const listed = this.#listed.get(kind) ?? 0;
    this.#listed.set(kind, listed + 1);
    return listed < this.#ground.options.findingsMax;
  }

  #placeOf({ sequence, timeNs }: Receipt): RecordPlace {
    const recording = (this.#receiver as BoundedRecording).index;
    return { recording, sequence, timeNs: this.#ground.baseNs + BigInt(timeNs) };
  }
}

export function sentPlace({ messages, baseNs }: MatchGround, message: number): RecordPlace {
  return {
    recording: messages.sender[message] as number,
    sequence: messages.sequence[message] as number,
    timeNs: baseNs + BigInt(messages.timeNs[message] as number),
  };
}

export function messageKey({ messages, keyOf }: MatchGround, message: number): string {
  return keyOf(messages.wordsOf(message), 0);
}
