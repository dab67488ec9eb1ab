// The messages that were sent, in typed arrays: some 25 bytes a message and no object for any, so
// that tens of millions fit. Keys are hashed (open addressing) only when one has to be looked up:
// most receipts come in the order of the sends (receipts.ts). A key that was sent more than once is
// a chain of messages, in the order in which they were recorded.

/** Up to this load probes stay short, also where groups of neighbours collide. */
const LOAD_MAX = 0.35;
const NONE = -1;
/** What is reserved ahead at most: 400 MB of addresses, of which only what is filled is used. */
const EXPECTED_MAX = 2 ** 24;
const NEAR_BITS = 3;

/** The messages of one sender: from `start` to before `end`. */
export interface SenderRange {
  readonly start: number;
  readonly end: number;
}

export class SentMessages {
  /** Number of messages. Each is known by its index. */
  count = 0;
  /** Messages whose key had been sent before; counted when the first key is looked up. */
  reused = 0;
  /** Relative to the base of the match, ns. */
  timeNs = new Float64Array(0);
  sequence = new Float64Array(0);
  /** Index of the recording that sent it. */
  sender = new Uint16Array(0);
  readonly #stride: number;
  readonly #ranges: { readonly start: number; end: number; readonly sender: number }[] = [];
  #words = new Int32Array(0);
  /** Index of the first message of a key, plus 1; 0: free. Null until a key is looked up. */
  #slots: Int32Array | null = null;
  /** Of keys that were sent again: from a message to the next one with the same key. */
  readonly #next = new Map<number, number>();
  /** From the first message of a key to its last: appending is one step. */
  readonly #last = new Map<number, number>();

  /** @param words words of a key */
  constructor(words: number) {
    this.#stride = words;
  }

  /** So many may follow: room for them is made once, and not doubled and copied again and again. */
  expect(more: number): void {
    this.#reserve(Math.min(more, EXPECTED_MAX));
  }

  /** @param words the keys, one after the other */
  add(
    length: number,
    words: Int32Array,
    sender: number,
    sequence: Float64Array,
    timeNs: Float64Array,
  ): void {
    this.#reserve(length);
    this.#words.set(words.subarray(0, length * this.#stride), this.count * this.#stride);
    this.timeNs.set(timeNs.subarray(0, length), this.count);
    this.sequence.set(sequence.subarray(0, length), this.count);
    this.sender.fill(sender, this.count, this.count + length);
    const last = this.#ranges.at(-1);
    this.count += length;
    if (last?.sender === sender) last.end = this.count;
    else if (length > 0) this.#ranges.push({ start: this.count - length, end: this.count, sender });
  }

  /** In the order of their senders, each of which was added in one go. */
  senderRanges(): readonly SenderRange[] {
    return this.#ranges;
  }

  /** The first message that was sent with this key, or -1. */
  find(words: Int32Array, at: number): number {
    const slots = this.#slots ?? this.#hashAll();
    return (slots[this.#slotOf(slots, words, at)] as number) - 1;
  }

  /** The next message with the same key, or -1; `find` comes first. */
  next(message: number): number {
    return this.#next.get(message) ?? NONE;
  }

  /** Whether that is the key of a message. */
  isKeyOf(message: number, words: Int32Array, at: number): boolean {
    const stride = this.#stride;
    const own = message * stride;
    for (let word = 0; word < stride; word++) {
      if (this.#words[own + word] !== words[at + word]) return false;
    }
    return true;
  }

  wordsOf(message: number): Int32Array {
    return this.#words.subarray(message * this.#stride, (message + 1) * this.#stride);
  }

  #reserve(more: number): void {
    const needed = this.count + more;
    if (needed <= this.timeNs.length) return;
    const size = Math.max(needed, 2 * this.timeNs.length, 1024);
    this.timeNs = enlarged(this.timeNs, new Float64Array(size));
    this.sequence = enlarged(this.sequence, new Float64Array(size));
    this.sender = enlarged(this.sender, new Uint16Array(size));
    this.#words = enlarged(this.#words, new Int32Array(size * this.#stride));
  }

  #hashAll(): Int32Array {
    let size = 1024;
    while (this.count > LOAD_MAX * size) size *= 2;
    const slots = new Int32Array(size);
    for (let message = 0; message < this.count; message++) {
      const slot = this.#slotOf(slots, this.#words, message * this.#stride);
      const first = (slots[slot] as number) - 1;
      if (first < 0) slots[slot] = message + 1;
      else this.#chain(first, message);
    }
    this.#slots = slots;
    return slots;
  }

  #chain(first: number, message: number): void {
    this.reused++;
    this.#next.set(this.#last.get(first) ?? first, message);
    this.#last.set(first, message);
  }

  /** The slot that has this key, or the free one that it would get. */
  #slotOf(slots: Int32Array, words: Int32Array, at: number): number {
    const mask = slots.length - 1;
    let slot = hashOf(words, at, this.#stride) & mask;
    for (;;) {
      const message = (slots[slot] as number) - 1;
      if (message < 0 || this.isKeyOf(message, words, at)) return slot;
      slot = (slot + 1) & mask;
    }
  }
}

/**
 * Ids are mostly counted: neighbours share a line of the cache, and such groups are spread by
 * multiplying and shifting, as in MurmurHash3's finalizer.
 */
function hashOf(words: Int32Array, at: number, stride: number): number {
  let [hash, near] = [stride, 0];
  for (let word = at; word < at + stride; word += 2) {
    const low = words[word] as number;
    hash = Math.imul(hash ^ (low >>> NEAR_BITS), 0x85eb_ca6b);
    hash = Math.imul(hash ^ (hash >>> 13) ^ (words[word + 1] as number), 0xc2b2_ae35);
    hash ^= hash >>> 16;
    near ^= low;
  }
  return (hash << NEAR_BITS) | (near & (2 ** NEAR_BITS - 1));
}

function enlarged<A extends Float64Array | Int32Array | Uint16Array>(old: A, larger: A): A {
  larger.set(old);
  return larger;
}
