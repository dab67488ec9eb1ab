// What one receiver is handed: of a whole message its number, of any other delivery its bytes, the
// first few of them.

import { monotonicNs } from '../base/clock.ts';
import { messageReceived, wrongSeen } from '../base/recorded-calls.ts';
import { type MessageStream, messageName, messageTotal } from '../domain/message-stream.ts';
import { messageParts, numberIn, wholeMessage } from '../stamp/message.ts';

/** A delivery that is no whole message. */
export interface DamagedDelivery {
  /** Place in the order of arrival, from 0. */
  readonly at: number;
  readonly lengthBytes: number;
  /** At most KEPT_BYTES_MAX of it. */
  readonly bytes: Uint8Array;
  readonly atNs: string;
}

const NOBODYS = { sender: 0xffff, sequence: 0xffff_ffff };
const KEPT_MAX = 4;
const KEPT_BYTES_MAX = 256 * 1024;
/** Of so many it is looked for at any byte whose they are; of further ones, at the first. */
const READ_MAX = 1000;

export class Arrivals {
  private readonly stream: MessageStream;
  private readonly numbers: number[] = [];
  private readonly lengths: number[] = [];
  private readonly arrivedNs: number[] = [];
  private readonly damaged: DamagedDelivery[] = [];
  private readonly damagedNumbers: number[] = [];
  private damagedCount = 0;
  private bytesRead = 0;

  constructor(stream: MessageStream) {
    this.stream = stream;
  }

  get total(): number {
    return this.numbers.length;
  }

  add(message: Uint8Array): void {
    const atNs = monotonicNs();
    const number = wholeMessage(this.stream, message);
    const named = number < 0 ? this.addDamaged(message, atNs) : number;
    this.record(named, message.length);
    if (number < 0) wrongSeen();
    this.numbers.push(number);
    this.lengths.push(message.length);
    this.arrivedNs.push(Number(atNs));
    this.bytesRead += message.length;
  }

  result() {
    const { numbers, lengths, arrivedNs, damaged, damagedNumbers, bytesRead } = this;
    return { numbers, lengths, arrivedNs, damaged, damagedNumbers, bytesRead };
  }

  /** For the flight recorder: which message it is, as far as it says so. */
  private record(number: number | null, bytes: number): void {
    const { tag: trial } = this.stream;
    const name = number === null ? NOBODYS : messageName(this.stream, number);
    messageReceived({ trial, ...name, bytes });
  }

  /** Returns what it begins with, where that can be read. */
  private addDamaged(message: Uint8Array, atNs: bigint): number | null {
    this.damagedCount++;
    const number = this.beginsWith(message);
    if (number !== null) this.damagedNumbers.push(number);
    if (this.damaged.length >= KEPT_MAX) return number;
    this.damaged.push({
      at: this.total,
      lengthBytes: message.length,
      bytes: message.slice(0, KEPT_BYTES_MAX),
      atNs: String(atNs),
    });
    return number;
  }

  private beginsWith(message: Uint8Array): number | null {
    if (this.damagedCount <= READ_MAX) {
      return messageParts(this.stream, message.subarray(0, KEPT_BYTES_MAX))[0]?.number ?? null;
    }
    const number = numberIn(message);
    return message.length >= 4 && number < messageTotal(this.stream) ? number : null;
  }
}
