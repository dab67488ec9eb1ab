// Memory for the data of calls, used again and again: a read is made into memory of ours, and what
// a write brought is freed at once. Left to the collection of garbage, each call takes memory that
// was never touched before, which costs more than all other work on the call (measured).

/** One for each call at a time; the last one given back, whose pages are warm, is taken first. */
const SPARE_MAX = 16;
/** The kernel asks for no more in one call unless this host has raised its limit. */
const BYTES = 2 ** 20;

export class ReadMemory {
  readonly #spare: Buffer[] = [];

  /** At least so long, with whatever it held before. */
  take(length: number): Buffer {
    if (length > BYTES) return Buffer.allocUnsafeSlow(length);
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(BYTES);
  }

  /** To be called once nothing looks at it any more. */
  giveBack(memory: Buffer): void {
    if (memory.length === BYTES && this.#spare.length < SPARE_MAX) this.#spare.push(memory);
  }
}

/** Frees what nothing looks at any more, which is empty after it; not where it shares memory. */
export function free(data: Buffer): void {
  const { buffer } = data;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === data.byteLength) buffer.transfer(0);
}
