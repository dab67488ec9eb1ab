// The messages that were sent, in typed arrays with a hash of their keys (open addressing): about
// 40 bytes a message, so that tens of millions fit, and no object for any of them. A key that was
// sent more than once is a chain of messages, in the order in which they were recorded.

/** The load up to which probes stay short. */
const LOAD_MAX = 0.6;
const NONE = -1;

export class SentMessages {
  /** Number of messages. Each is known by its index. */
  count = 0;
  /** Messages whose key had been sent before. */
  reused = 0;
  /** Relative to the base of the match, ns. */
  timeNs = new Float64Array(0);
  sequence = new Float64Array(0);
  /** Index of the recording that sent it. */
  sender = new Uint16Array(0);
  readonly #stride: number;
  #words = new Int32Array(0);
  /** The next message with the same key, or NONE. */
  #next = new Int32Array(0);
  /** The last message of a chain, kept at its first: appending is one step. */
  #last = new Int32Array(0);
  /** Index of the first message of a key, plus 1; 0: free. */
  #slots = new Int32Array(1024);
  #keys = 0;

  /** @param words words of a key */
  constructor(words: number) {
    this.#stride = words;
  }

  /** Makes room for `more` messages: the loop that adds them then never checks. */
  reserve(more: number): void {
    const needed = this.count + more;
    if (needed > this.timeNs.length) {
      const size = Math.max(needed, 2 * this.timeNs.length, 1024);
      this.timeNs = enlarged(this.timeNs, new Float64Array(size));
      this.sequence = enlarged(this.sequence, new Float64Array(size));
      this.sender = enlarged(this.sender, new Uint16Array(size));
      this.#words = enlarged(this.#words, new Int32Array(size * this.#stride));
      this.#next = enlarged(this.#next, new Int32Array(size));
      this.#last = enlarged(this.#last, new Int32Array(size));
    }
    if (this.#keys + more > LOAD_MAX * this.#slots.length) this.#rehash(this.#keys + more);
  }

  /** Call `reserve` first. @param words from `at` on, the words of the key */
  add(words: Int32Array, at: number, sender: number, sequence: number, timeNs: number): void {
    const message = this.count++;
    this.#words.set(words.subarray(at, at + this.#stride), message * this.#stride);
    this.timeNs[message] = timeNs;
    this.sequence[message] = sequence;
    this.sender[message] = sender;
    this.#next[message] = NONE;
    this.#last[message] = message;
    const slot = this.#slotOf(words, at);
    const first = (this.#slots[slot] as number) - 1;
    if (first < 0) {
      this.#slots[slot] = message + 1;
      this.#keys++;
      return;
    }
    this.reused++;
    this.#next[this.#last[first] as number] = message;
    this.#last[first] = message;
  }

  /** The first message that was sent with this key, or -1. */
  find(words: Int32Array, at: number): number {
    return (this.#slots[this.#slotOf(words, at)] as number) - 1;
  }

  /** The next message with the same key, or -1. */
  next(message: number): number {
    return this.#next[message] as number;
  }

  wordsOf(message: number): Int32Array {
    return this.#words.subarray(message * this.#stride, (message + 1) * this.#stride);
  }

  /** The slot that has this key, or the free one that it would get. */
  #slotOf(words: Int32Array, at: number): number {
    const stride = this.#stride;
    const mask = this.#slots.length - 1;
    let slot = hashOf(words, at, stride) & mask;
    for (;;) {
      const message = (this.#slots[slot] as number) - 1;
      if (message < 0 || this.#hasKey(message * stride, words, at)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #hasKey(own: number, words: Int32Array, at: number): boolean {
    for (let word = 0; word < this.#stride; word++) {
      if (this.#words[own + word] !== words[at + word]) return false;
    }
    return true;
  }

  #rehash(keys: number): void {
    const old = this.#slots;
    let size = 2 * old.length;
    while (keys > LOAD_MAX * size) size *= 2;
    this.#slots = new Int32Array(size);
    for (const entry of old) {
      if (entry === 0) continue;
      this.#slots[this.#slotOf(this.#words, (entry - 1) * this.#stride)] = entry;
    }
  }
}

/** Multiply and shift, as in MurmurHash3's finalizer: neighbouring numbers end far apart. */
function hashOf(words: Int32Array, at: number, stride: number): number {
  let hash = stride;
  for (let word = at; word < at + stride; word++) {
    hash = Math.imul(hash ^ (words[word] as number), 0x85eb_ca6b);
    hash ^= hash >>> 13;
  }
  hash = Math.imul(hash, 0xc2b2_ae35);
  return hash ^ (hash >>> 16);
}

function enlarged<A extends Float64Array | Int32Array | Uint16Array>(old: A, larger: A): A {
  larger.set(old);
  return larger;
}
