// A promise is something that a medium, a protocol or the user's design is expected to keep. Trials
// test promises and count their tries; a plan says which of them it expects, and only a broken
// *expected* promise is damage. The others are described.

export const PROMISES = [
  'read-back',
  'unit-atomic',
  'fresh-read',
  'append-atomic',
  'replace-atomic',
  'synced',
] as const;

export type PromiseName = (typeof PROMISES)[number];

/** What each promise says, in the words that reports use. */
export const PROMISE_WORDS: Readonly<Record<PromiseName, string>> = {
  'read-back': 'acknowledged data are read back after the writer has finished',
  'unit-atomic': 'a reader sees a unit entirely of one generation',
  'fresh-read': 'a read that starts after a write was acknowledged sees that write or a later one',
  'append-atomic': 'records appended by several writers are neither mixed nor lost',
  'replace-atomic': 'a reader of a replaced file sees the old file or the new one, whole',
  synced: 'after fsync a read that bypasses the cache agrees with what was written',
};

/** Whose promise an expectation is. */
export type PromiseSource = 'POSIX' | 'manual' | 'protocol' | 'design';

export interface Expectation {
  readonly promise: PromiseName;
  readonly source: PromiseSource;
}

/** How often a promise was tested in a trial or a cell, and how often it was broken. */
export interface PromiseTally {
  readonly promise: PromiseName;
  readonly tries: number;
  readonly broken: number;
  /**
   * Independent chances of a break, at most `tries`, where the two differ: a thousand reads between
   * two rewrites of a unit had one chance to see it torn. A bound on "never" counts chances.
   */
  readonly chances?: number;
}
