// Where messages of HTTP/1.1 begin and end in what one side of a connection sends, while their
// bytes pass as views of what was read. A head is held until all of it is there: where a message
// goes is known only then.

import { HTTPParser } from 'http-parser-js';
import type { RawHeaders } from './raw-headers.ts';

export interface MessageHead {
  /** Of a request. */
  readonly method: string;
  readonly target: string;
  /** Of an answer. */
  readonly status: number;
  readonly headers: RawHeaders;
  /** It wants to go on with something that is not HTTP/1.1. */
  readonly isUpgrade: boolean;
  /** Some of its bytes were out before it was known. */
  readonly isOut: boolean;
}

export interface MessageEvents {
  /**
   * Before those of its bytes that were not out. Returns whether the message has no body, whatever
   * its headers say.
   */
  head(head: MessageHead): boolean;
  /** Of the message that began last, head included. A view: not to be kept. */
  bytes(bytes: Buffer): void;
  /** After its bytes. */
  end(): void;
}

/** The version is pinned: where the parser is in a chunk is not in its types. */
type Parser = InstanceType<typeof HTTPParser> & { readonly offset: number };

// One byte is one character, as in Node.
HTTPParser.encoding = 'latin1';
// Its own limit counts the end of a long body as the head of the next message.
HTTPParser.maxHeaderSize = Number.POSITIVE_INFINITY;
/** Bytes of a head; more than any server takes. */
const HEAD_BYTES_MAX = 1024 * 1024;

export class MessageSplitter {
  readonly #parser: Parser;
  readonly #events: MessageEvents;
  /** Of a head that is not complete. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Of such a head, bytes are out. */
  #isHeadOut = false;
  #isOut = false;
  #hasHead = false;
  #chunk: Buffer = Buffer.alloc(0);
  /** Up to here the chunk has been given out. */
  #at = 0;

  constructor(of: 'REQUEST' | 'RESPONSE', events: MessageEvents) {
    this.#events = events;
    this.#parser = new HTTPParser(of) as Parser;
    this.#parser[HTTPParser.kOnHeadersComplete] = ({
      method,
      url,
      statusCode,
      headers,
      upgrade,
    }) => {
      this.#hasHead = true;
      const isBare = events.head({
        method: HTTPParser.methods[method] ?? '',
        target: url,
        status: statusCode,
        headers,
        isUpgrade: upgrade,
        isOut: this.#isOut || this.#isHeadOut,
      });
      return Number(isBare);
    };
    this.#parser[HTTPParser.kOnMessageComplete] = () => {
      this.#giveUpTo(this.#parser.offset);
      this.#hasHead = false;
      this.#isHeadOut = false;
      events.end();
    };
  }

  /** Whether the next byte is the first of a message. */
  get isBetween(): boolean {
    return !(this.#hasHead || this.#isHeadOut || this.isHolding);
  }

  /** Whether bytes of a head were taken and not given. */
  get isHolding(): boolean {
    return this.#heldBytes > 0;
  }

  /**
   * Returns false where it is no HTTP/1.1: nothing more can be taken.
   * @param isOut the bytes are where they belong already, and shall not be given; only while
   * nothing is held
   */
  take(chunk: Buffer, isOut: boolean): boolean {
    this.#chunk = chunk;
    this.#at = 0;
    this.#isOut = isOut;
    let taken = this.#parser.execute(chunk);
    // It stops after a message that asks for an upgrade, which nobody here grants.
    for (let at = 0; typeof taken === 'number' && taken > 0 && at + taken < chunk.length; ) {
      at += taken;
      taken = this.#parser.execute(chunk, at, chunk.length - at);
    }
    if (typeof taken !== 'number') return false;
    if (this.#hasHead) this.#giveUpTo(chunk.length);
    else if (this.#at < chunk.length) return this.#hold(chunk.subarray(this.#at));
    return true;
  }

  #hold(bytes: Buffer): boolean {
    if (this.#isOut) {
      this.#isHeadOut = true;
      return true;
    }
    this.#held.push(Buffer.from(bytes));
    this.#heldBytes += bytes.length;
    return this.#heldBytes <= HEAD_BYTES_MAX;
  }

  #giveUpTo(end: number): void {
    const held = this.#held;
    if (held.length > 0) {
      this.#held = [];
      this.#heldBytes = 0;
      for (const each of held) this.#events.bytes(each);
    }
    if (end > this.#at && !this.#isOut) this.#events.bytes(this.#chunk.subarray(this.#at, end));
    this.#at = end;
  }
}
