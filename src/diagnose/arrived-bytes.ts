// The bytes of a stream that can be looked at: what came last, so many MiB of it, and zeros before
// the first stamp, which need not be kept to be known. Addressed by offsets of the stamped file.

import { assert } from '../base/assert.ts';
import { type ObservedBytes, READ_BYTES_MAX } from './observed-bytes.ts';

export class ArrivedBytes implements ObservedBytes {
  readonly start: number;
  private arrivedTo: number;
  private keptFrom: number;
  private readonly zerosTo: number;
  private readonly zeros = new Uint8Array(READ_BYTES_MAX);
  private pieces: { readonly at: number; readonly bytes: Uint8Array }[] = [];

  /** @param zeroBytes that came first, and were nothing but zeros; they are not appended */
  constructor(start: number, zeroBytes: number) {
    this.start = start;
    this.zerosTo = start + zeroBytes;
    this.arrivedTo = this.zerosTo;
    this.keptFrom = this.zerosTo;
  }

  get end(): number {
    return this.arrivedTo;
  }

  /** @param bytes that nobody changes afterwards */
  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.pieces.push({ at: this.arrivedTo, bytes });
    this.arrivedTo += bytes.length;
  }

  /** Lets go of whole pieces that end before `at`. */
  forgetBefore(at: number): void {
    const first = this.pieces.findIndex((piece) => piece.at + piece.bytes.length > at);
    if (first <= 0) return;
    this.pieces = this.pieces.slice(first);
    this.keptFrom = (this.pieces[0] as { at: number }).at;
  }

  read(from: number, to: number): Uint8Array {
    const kept = from >= this.keptFrom || from < this.zerosTo;
    assert(kept && to <= this.arrivedTo && to - from <= READ_BYTES_MAX, 'bytes that are kept');
    if (to <= this.zerosTo) return this.zeros.subarray(0, to - from);
    const inside = this.pieces.find(({ at, bytes }) => from >= at && to <= at + bytes.length);
    if (inside) return inside.bytes.subarray(from - inside.at, to - inside.at);
    const out = new Uint8Array(to - from);
    for (const { at, bytes } of this.pieces) {
      const [first, last] = [Math.max(from, at), Math.min(to, at + bytes.length)];
      if (first < last) out.set(bytes.subarray(first - at, last - at), first - from);
    }
    return out;
  }
}
