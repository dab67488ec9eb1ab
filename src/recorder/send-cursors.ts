// Where each sender's next message is expected. Channels mostly keep order, so what is tried first
// is the message after the last one that came, those just behind it (some were lost) and those of
// the other senders; only what is none of them is looked up in the hash.

import type { SentMessages } from './sent-messages.ts';

/** Messages that are tried of each sender: as many may be missing in a row, less one. */
const LOOK_AHEAD = 3;
const SENDERS_MAX = 8;

export class SendCursors {
  readonly #messages: SentMessages;
  /** By sender: its last message that came, at first the one before its first. */
  readonly #latest: number[] = [];
  readonly #end: number[] = [];
  #current = 0;

  constructor(messages: SentMessages) {
    this.#messages = messages;
    for (const { start, end } of messages.senderRanges().slice(0, SENDERS_MAX)) {
      this.#latest.push(start - 1);
      this.#end.push(end);
    }
  }

  /** A message with this key that is expected about now, or -1. */
  guess(
    words: Int32Array,
    at: number,
    timeNs: number,
    isWaiting: (message: number, timeNs: number) => boolean,
  ): number {
    // Where keys were sent again, the first that waits is meant, and only the hash knows it.
    if (this.#messages.reused > 0) return -1;
    const senders = this.#latest.length;
    for (let tried = 0; tried < senders; tried++) {
      const sender = (this.#current + tried) % senders;
      const latest = this.#latest[sender] as number;
      const end = Math.min(latest + 1 + LOOK_AHEAD, this.#end[sender] as number);
      for (let message = latest + 1; message < end; message++) {
        if (!this.#messages.isKeyOf(message, words, at) || !isWaiting(message, timeNs)) continue;
        this.#current = sender;
        this.#latest[sender] = message;
        return message;
      }
    }
    return -1;
  }

  /** A message that was looked up: what comes after it is expected next. */
  move(message: number): void {
    const sender = this.#end.findIndex((end) => message < end);
    if (sender < 0 || message <= (this.#latest[sender] as number)) return;
    this.#latest[sender] = message;
    this.#current = sender;
  }
}
