// A promise is something that a medium, a protocol or the user's design is expected to keep. Trials
// test promises and count their tries; a plan says which of them it expects, and only a broken
// *expected* promise is damage. The others are described.

/** Those of messages; a channel says itself which it makes, see domain/channel.ts. */
export const MESSAGE_PROMISES = [
  'message-delivered',
  'message-once',
  'message-whole',
  'sender-order',
  'total-order',
  'message-in-time',
] as const;

export type MessagePromise = (typeof MESSAGE_PROMISES)[number];

export const PROMISES = [
  'read-back',
  'unit-atomic',
  'fresh-read',
  'append-atomic',
  'replace-atomic',
  'synced',
  'ready-whole',
  ...MESSAGE_PROMISES,
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
  'ready-whole': 'what a watcher takes for ready is the whole file',
  'message-delivered': 'a message that the channel accepted is delivered to every receiver',
  'message-once': 'what is delivered was sent, and is delivered once',
  'message-whole': 'a delivery is one message, all of it, unchanged',
  'sender-order': 'the messages of one sender are delivered in the order in which it sent them',
  'total-order': 'all receivers are handed the messages of all senders in one order',
  'message-in-time': 'a message is delivered within the deadline after it was sent',
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
