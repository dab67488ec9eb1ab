// XDR (RFC 4506): big endian, in units of 4 bytes, opaque bytes padded to the next unit. What comes
// from a socket is never believed: every length is checked against what is there.

const UNIT = 4;
const ZEROS = Buffer.alloc(UNIT);

/** The bytes are not what they should be; what they belong to is passed on untouched. */
export class XdrError extends Error {
  override name = 'XdrError';
}

/** Slices of what it reads, never copies. Everything throws XdrError at the end of the bytes. */
export class XdrReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  number(): number {
    return this.#bytes.readUInt32BE(this.#step(UNIT));
  }

  /** Unsigned 64 bits. */
  hyper(): bigint {
    return this.#bytes.readBigUInt64BE(this.#step(2 * UNIT));
  }

  /** @throws XdrError where it is neither 0 nor 1 */
  boolean(): boolean {
    const value = this.number();
    if (value > 1) throw new XdrError(`${value} is not a boolean`);
    return value === 1;
  }

  fixed(bytes: number): Buffer {
    const from = this.#step(padded(bytes));
    return this.#bytes.subarray(from, from + bytes);
  }

  opaque(): Buffer {
    return this.fixed(this.number());
  }

  skip(bytes: number): this {
    this.#step(bytes);
    return this;
  }

  /** From `from` to here. */
  since(from: number): Buffer {
    return this.#bytes.subarray(from, this.#at);
  }

  /** All that is left, which is read thereby. */
  rest(): Buffer {
    return this.#bytes.subarray(this.#step(this.#bytes.length - this.#at));
  }

  #step(bytes: number): number {
    const from = this.#at;
    if (bytes > this.#bytes.length - from) {
      throw new XdrError(`${bytes} bytes wanted at ${from} of ${this.#bytes.length}`);
    }
    this.#at = from + bytes;
    return from;
  }
}

export function padded(bytes: number): number {
  return Math.ceil(bytes / UNIT) * UNIT;
}

/** Unsigned 32-bit numbers, one after the other. */
export function numbers(...values: readonly number[]): Buffer {
  const out = Buffer.alloc(values.length * UNIT);
  for (const [index, value] of values.entries()) out.writeUInt32BE(value, index * UNIT);
  return out;
}

export function hyper(value: bigint): Buffer {
  const out = Buffer.alloc(2 * UNIT);
  out.writeBigUInt64BE(value);
  return out;
}

/** Length, bytes and padding; the bytes are not copied. */
export function opaque(bytes: Buffer): Buffer[] {
  const padding = padded(bytes.length) - bytes.length;
  const parts = [numbers(bytes.length), bytes];
  return padding === 0 ? parts : [...parts, ZEROS.subarray(0, padding)];
}
