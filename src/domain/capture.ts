// How far a long sequential capture came, and what of it is left: the first questions after one
// that ended half-way. Bytes are counted from the beginning of the file.

export interface CaptureAccount {
  readonly plannedBytes: number;
  /** The writer was told that they are written; of a resilient one that gave up, durable. */
  readonly acknowledgedBytes: number;
  /** A sync after them succeeded. */
  readonly durableBytes: number;
  /** Length of the file afterwards: -1 where there is none, null where nobody could look. */
  readonly leftBytes: number | null;
  /** So many from the beginning are as they were meant; null where nobody could look. */
  readonly savedBytes: number | null;
  /** Errors, or several in a row, that the writer survived, and for how long; milliseconds. */
  readonly outages: number;
  readonly outageMs: number;
}

/** Of the captures of a hunt. */
export interface CaptureReport {
  readonly captures: number;
  readonly complete: number;
  /** Of those that ended half-way, by what ended them. */
  readonly ended: readonly EndedCaptures[];
  /** Captures that met errors and were completed all the same, and the longest of these times. */
  readonly survived: number;
  readonly longestOutageMs: number;
}

export interface EndedCaptures {
  readonly operation: string;
  readonly errno: string;
  readonly count: number;
  readonly plannedBytes: Range;
  readonly acknowledgedBytes: Range;
  /** Of those where somebody could look. */
  readonly leftBytes: Range | null;
  readonly savedBytes: Range | null;
  /** The most that had been acknowledged and was not there. */
  readonly lostBytesMax: number;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}
