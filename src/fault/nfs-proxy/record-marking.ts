// Records of ONC RPC over TCP (RFC 5531, section 11) in a stream of bytes:
//
//   | last:1 length:31 | fragment ... | last:1 length:31 | fragment ... |
//
// Most records only pass: their bytes go on as they come, uncopied, and only the head is looked at.
// A record that is to be looked into is held until it is whole. Whatever happens, the bytes that
// leave are those that came: what cannot be held (too large) passes.

const MARK_BYTES = 4;
const LAST = 0x8000_0000;
/** A record longer than this is passed, never held: no server takes WRITEs of this size. */
export const HELD_BYTES_MAX = 64 * 1024 * 1024;
/** Of a record whose length is not known yet, since more fragments come. */
const GROWTH_BYTES = 64 * 1024;

export interface HeldRecord {
  /** As it came, with the marks of its fragments. */
  readonly raw: Buffer;
  /** Without them. */
  readonly body: Buffer;
}

export interface RecordEvents {
  /**
   * Whether a record is to be held.
   * @param head at least `headBytes` of it, without the mark; fewer where the record is shorter
   * @param lengthBytes of its first fragment, which mostly is the whole
   */
  wants(head: Buffer, lengthBytes: number): boolean;
  /** Bytes of records that pass, parts of a chunk, to be sent on among the records held. */
  pass(bytes: Buffer): void;
  held(record: HeldRecord): void;
  /** Whether `between` is waited for; asked at the end of each record that passes. */
  readonly waits: boolean;
  /** Between two records, where something of one's own may be sent. */
  between(): void;
}

type State = 'head' | 'passing' | 'passing-mark' | 'holding';

export class RecordSplitter {
  readonly #headBytes: number;
  readonly #events: RecordEvents;
  #state: State = 'head';
  /** Of what cannot be judged yet, or is held: bytes from the mark on. */
  #kept: Buffer = EMPTY;
  #keptBytes = 0;
  /** Of the fragment under way, still to come. */
  #leftBytes = 0;
  #isLast = false;
  /** Where the marks of a held record are, from its beginning. */
  #marks: number[] = [];
  /** Whether the record that begins is known to be wanted: nobody is asked twice. */
  #isJudged = false;
  /** Of a held record: where the last whole fragment ends, from its beginning. */
  #endOfFragments = 0;

  /** @param headBytes what `wants` needs to see of a record */
  constructor(headBytes: number, events: RecordEvents) {
    this.#headBytes = headBytes;
    this.#events = events;
  }

  /** Whether all that was passed is whole records. */
  get isBetween(): boolean {
    return this.#state === 'head' || this.#state === 'holding';
  }

  /** Bytes to come of a fragment that passes: they need not be pushed. */
  get passingBytes(): number {
    return this.#state === 'passing' ? this.#leftBytes : 0;
  }

  /** @param bytes that went on without being pushed, at most `passingBytes` */
  passedUnseen(bytes: number): void {
    if (bytes === 0) return;
    this.#leave(bytes);
    if (this.isBetween) this.#events.between();
  }

  push(chunk: Buffer): void {
    let at = 0;
    /** From here to `at` bytes pass that were not given out yet. */
    let passFrom = 0;
    const flush = () => {
      if (at > passFrom) this.#events.pass(chunk.subarray(passFrom, at));
      passFrom = at;
      if (this.isBetween) this.#events.between();
    };
    while (at < chunk.length) {
      if (this.#state === 'passing') {
        at = this.#passOn(chunk, at);
        if (this.isBetween && this.#events.waits) flush();
        continue;
      }
      if (this.#state === 'head' && this.#keptBytes === 0) {
        const whole = this.#wholeAt(chunk, at);
        if (whole === 'passes') {
          at += MARK_BYTES;
          continue;
        }
        if (whole !== null) {
          flush();
          this.#events.held(whole);
          at += whole.raw.length;
          passFrom = at;
          continue;
        }
      }
      flush();
      at = this.#keep(chunk, at);
      passFrom = at;
    }
    flush();
  }

  #passOn(chunk: Buffer, at: number): number {
    const bytes = Math.min(this.#leftBytes, chunk.length - at);
    this.#leave(bytes);
    return at + bytes;
  }

  /** So much of a fragment that passes has left. */
  #leave(bytes: number): void {
    this.#leftBytes -= bytes;
    if (this.#leftBytes === 0) this.#state = this.#isLast ? 'head' : 'passing-mark';
  }

  /** The record at `at`, where its head, and if it is wanted all of it, is in this chunk. */
  #wholeAt(chunk: Buffer, at: number): HeldRecord | 'passes' | null {
    if (chunk.length - at < MARK_BYTES + this.#headBytes) return null;
    const mark = chunk.readUInt32BE(at);
    const bytes = mark % LAST;
    if (bytes < this.#headBytes) return null;
    const from = at + MARK_BYTES;
    if (!this.#isWanted(chunk.subarray(from, from + this.#headBytes), bytes)) {
      this.#leftBytes = bytes;
      this.#isLast = mark >= LAST;
      this.#state = 'passing';
      return 'passes';
    }
    this.#isJudged = mark < LAST || chunk.length - from < bytes;
    if (this.#isJudged) return null;
    // A copy: what is held may be needed for longer than the chunk.
    const raw = Buffer.from(chunk.subarray(at, from + bytes));
    return { raw, body: raw.subarray(MARK_BYTES) };
  }

  #isWanted(head: Buffer, bytes: number): boolean {
    return bytes <= HELD_BYTES_MAX && this.#events.wants(head, bytes);
  }

  /** Takes what the next decision needs, or a held record lacks. Returns where that ends. */
  #keep(chunk: Buffer, at: number): number {
    const wanted = this.#wantedBytes();
    const bytes = Math.min(wanted, chunk.length - at);
    this.#append(chunk.subarray(at, at + bytes));
    if (this.#state === 'holding' && this.#leftBytes > 0) {
      this.#leftBytes -= bytes;
      if (this.#leftBytes === 0) this.#endFragment();
    } else if (bytes === wanted) {
      this.#decide();
    }
    return at + bytes;
  }

  #wantedBytes(): number {
    if (this.#state === 'passing-mark') return MARK_BYTES - this.#keptBytes;
    if (this.#state === 'holding') {
      if (this.#leftBytes > 0) return this.#leftBytes;
      return MARK_BYTES + this.#endOfFragments - this.#keptBytes;
    }
    if (this.#keptBytes < MARK_BYTES) return MARK_BYTES - this.#keptBytes;
    const head = Math.min(this.#headBytes, this.#kept.readUInt32BE(0) % LAST);
    return MARK_BYTES + head - this.#keptBytes;
  }

  #decide(): void {
    if (this.#state === 'passing-mark') {
      this.#beginFragment(this.#kept.readUInt32BE(0));
      this.#state = this.#leftBytes > 0 ? 'passing' : this.#isLast ? 'head' : 'passing-mark';
      this.#giveKept();
    } else if (this.#state === 'head') {
      this.#decideHead();
    } else {
      this.#goOnHolding();
    }
  }

  #decideHead(): void {
    const mark = this.#kept.readUInt32BE(0);
    const bytes = mark % LAST;
    const head = Math.min(this.#headBytes, bytes);
    if (this.#keptBytes < MARK_BYTES + head) return;
    this.#beginFragment(mark);
    this.#leftBytes -= head;
    // A first fragment that is shorter than a head tells nothing yet: only the whole record does.
    const isShort = bytes < this.#headBytes && !this.#isLast;
    const isSure = isShort || this.#isJudged;
    this.#isJudged = false;
    if (isSure || this.#isWanted(this.#kept.subarray(MARK_BYTES, this.#keptBytes), bytes)) {
      this.#state = 'holding';
      this.#marks = [0];
      this.#reserve(MARK_BYTES + bytes);
      if (this.#leftBytes === 0) this.#endFragment();
      return;
    }
    this.#state = this.#leftBytes > 0 ? 'passing' : this.#isLast ? 'head' : 'passing-mark';
    this.#giveKept();
  }

  /** After the mark of another fragment. */
  #goOnHolding(): void {
    const markAt = this.#endOfFragments;
    this.#beginFragment(this.#kept.readUInt32BE(markAt));
    if (this.#keptBytes + this.#leftBytes > HELD_BYTES_MAX) {
      this.#state = this.#leftBytes > 0 ? 'passing' : this.#isLast ? 'head' : 'passing-mark';
      this.#giveKept();
      return;
    }
    this.#marks.push(markAt);
    this.#reserve(this.#keptBytes + this.#leftBytes);
    if (this.#leftBytes === 0) this.#endFragment();
  }

  #beginFragment(mark: number): void {
    this.#leftBytes = mark % LAST;
    this.#isLast = mark >= LAST;
  }

  #endFragment(): void {
    this.#endOfFragments = this.#keptBytes;
    if (!this.#isLast) return;
    const raw = this.#kept.subarray(0, this.#keptBytes);
    const parts = this.#marks.map((mark, index) =>
      raw.subarray(mark + MARK_BYTES, this.#marks[index + 1] ?? raw.length),
    );
    this.#forgetKept();
    this.#state = 'head';
    const body = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    this.#events.held({ raw, body });
  }

  #giveKept(): void {
    const kept = this.#kept.subarray(0, this.#keptBytes);
    this.#forgetKept();
    this.#events.pass(kept);
  }

  #forgetKept(): void {
    this.#kept = EMPTY;
    this.#keptBytes = 0;
    this.#endOfFragments = 0;
  }

  #append(bytes: Buffer): void {
    if (this.#kept.length < this.#keptBytes + bytes.length) {
      this.#reserve(Math.max(GROWTH_BYTES, this.#keptBytes + bytes.length));
    }
    bytes.copy(this.#kept, this.#keptBytes);
    this.#keptBytes += bytes.length;
  }

  /** A buffer of its own for each record: what was given out is not written to again. */
  #reserve(bytes: number): void {
    if (this.#kept.length >= bytes) return;
    // Many small fragments must not be copied anew with each of them.
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes, 2 * this.#keptBytes));
    this.#kept.copy(larger, 0, 0, this.#keptBytes);
    this.#kept = larger;
  }
}

const EMPTY = Buffer.alloc(0);

/** `parts` as one record, in fragments of at most `fragmentBytes`. */
export function marked(parts: readonly Buffer[], fragmentBytes = LAST - 1): Buffer[] {
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  if (bytes <= fragmentBytes) return [markOf(bytes, true), ...parts];
  const whole = Buffer.concat(parts);
  const fragments: Buffer[] = [];
  for (let at = 0; at < bytes; at += fragmentBytes) {
    const fragment = whole.subarray(at, at + fragmentBytes);
    fragments.push(markOf(fragment.length, at + fragmentBytes >= bytes), fragment);
  }
  // As one, since each part is a write of its own.
  return [Buffer.concat(fragments)];
}

function markOf(bytes: number, isLast: boolean): Buffer {
  const mark = Buffer.alloc(MARK_BYTES);
  mark.writeUInt32BE(isLast ? bytes + LAST : bytes);
  return mark;
}
