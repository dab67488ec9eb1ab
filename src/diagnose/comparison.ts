// Comparing runs of bytes: where two differ first and last, and whether a match says anything.

/** Index of the first difference of two runs of equal length, or -1. */
export function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const step = 512;
  for (let from = 0; from < a.length; from += step) {
    const to = Math.min(a.length, from + step);
    if (Buffer.compare(a.subarray(from, to), b.subarray(from, to)) === 0) continue;
    for (let at = from; at < to; at++) if (a[at] !== b[at]) return at;
  }
  return -1;
}

/** Index of the last difference of two runs of equal length, or -1. */
export function lastDifference(a: Uint8Array, b: Uint8Array): number {
  for (let at = a.length - 1; at >= 0; at--) if (a[at] !== b[at]) return at;
  return -1;
}

/** Matching bytes that end a damage; so many random bytes never match by chance. */
export const MATCH_BYTES = 16;
/** The same where the bytes are so plain that they may match by chance. */
export const PLAIN_MATCH_BYTES = 64;

/** False of bytes with fewer than four different values, which match many places. */
export function isTelling(bytes: Uint8Array): boolean {
  const seen = new Set<number>();
  for (const byte of bytes) {
    seen.add(byte);
    if (seen.size >= 4) return true;
  }
  return false;
}

/**
 * True when the bytes from index `at` on match well enough to be called the same data again.
 * @param atEnd whether the runs end where the data end: what matches to the end has no more to show
 */
export function matchesAgain(a: Uint8Array, b: Uint8Array, at: number, atEnd: boolean): boolean {
  let length = 0;
  while (length < PLAIN_MATCH_BYTES && at + length < a.length) {
    if (a[at + length] !== b[at + length]) return false;
    length++;
    if (length === MATCH_BYTES && isTelling(a.subarray(at, at + length))) return true;
  }
  return length === PLAIN_MATCH_BYTES || (atEnd && length > 0);
}
