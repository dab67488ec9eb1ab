// A ring, copied piece by piece from its oldest record to its newest, as it was when reading began.
// A writer that is faster than the reader overwrites what is still to come: that is left out and
// counted, never mistaken for a record.

import type { Recording } from './recording.ts';

/** A part of the ring that was copied. Valid until the next one is read. */
export interface RecordPiece {
  /** Sequence number of the record at the start of the buffer. */
  readonly sequence: number;
  /** Index of the first record that is as it was recorded; `records` if none is. */
  readonly from: number;
  readonly records: number;
}

export class PieceReader {
  /** The copy; views of it stay valid, since it is reused. */
  readonly buffer: ArrayBuffer;
  /** Records that were there when reading began and no longer when their turn came. */
  overtaken = 0;
  readonly #recording: Recording;
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #sequence: number;

  /** @param pieceBytes a power of two, at least the size of a record */
  constructor(recording: Recording, pieceBytes: number, start = 0) {
    const { first, end } = recording.span();
    this.#recording = recording;
    this.buffer = new ArrayBuffer(pieceBytes);
    this.#bytes = new Uint8Array(this.buffer);
    this.#sequence = Math.max(first, start);
    this.#end = end;
  }

  /** @throws RecordingError `truncated`, where somebody shortens the file meanwhile */
  next(): RecordPiece | null {
    if (this.#sequence >= this.#end) return null;
    const sequence = this.#sequence;
    const { records, trusted } = this.#recording.readPiece(sequence, this.#end, this.#bytes);
    const from = Math.min(Math.max(0, trusted - sequence), records);
    this.overtaken += from;
    this.#sequence += records;
    // Far behind: what the writer has passed need not be read.
    const passed = Math.min(trusted, this.#end) - this.#sequence;
    if (passed > 0) {
      this.overtaken += passed;
      this.#sequence += passed;
    }
    return { sequence, from, records };
  }
}
