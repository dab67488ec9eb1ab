// The words of reports for messages: what went through which channel, what follows where it is not
// kept, and what is surprising about it.

import { formatSize } from '../base/quantities.ts';
import type { Levels } from '../domain/cell.ts';
import type { MessagePromise, PromiseName } from '../domain/promise.ts';

/** Of a cell of `stream`: the size of its messages, and the levels that make its mode. */
export function messageMode(levels: Levels): { bytes: number; mode: Levels } {
  const { channel = 'local', size = 256, fit = 'free', frame = 0, empty = 'none' } = levels;
  const fits: Levels = fit === 'free' ? {} : { fit, frame };
  const empties: Levels = empty === 'none' ? {} : { empty };
  return { bytes: Number(size), mode: { workload: 'stream', channel, ...fits, ...empties } };
}

const FITTED: Readonly<Record<string, string>> = {
  under: 'one byte less than whole frames',
  exact: 'whole frames',
  over: 'one byte more than whole frames',
};

/** `messages of 1.4KiB, last vector empty, through udp`. */
export function messagesThrough({ channel, fit, frame, empty }: Levels, sizes: string): string {
  const fits = fit === undefined ? '' : ` (${FITTED[String(fit)]} of ${formatSize(Number(frame))})`;
  const vector = empty === undefined ? '' : `, ${empty} vector empty,`;
  return `messages of ${sizes}${fits}${vector} through ${channel}`;
}

interface MessageWords {
  /** What follows for a protocol that is built on it. */
  readonly advice: string;
  /** What can happen to a message. */
  readonly seen: string;
  /** Of a promise that was kept, and of one that was not. */
  readonly outcomes: readonly [good: string, bad: string];
}

export const MESSAGE_WORDS: Readonly<Record<MessagePromise, MessageWords>> = {
  'message-delivered': {
    advice: 'number the messages, and have the receiver ask for those that it misses',
    seen: 'lost',
    outcomes: ['never lost', 'lost'],
  },
  'message-once': {
    advice: 'number the messages, and have the receiver drop what it has had',
    seen: 'delivered more than once',
    outcomes: ['never delivered twice', 'delivered twice'],
  },
  'message-whole': {
    advice: 'give every message its length and a checksum, and refuse what does not fit',
    seen: 'delivered other than they were sent',
    outcomes: ['always delivered whole', 'not delivered as they were sent'],
  },
  'sender-order': {
    advice: 'number the messages, and have the receiver put them in order',
    seen: 'delivered out of their order',
    outcomes: ['always in their order', 'out of order'],
  },
  'total-order': {
    advice: 'receivers need to agree on an order: let one of them, or a log, give it',
    seen: 'delivered in another order to another receiver',
    outcomes: ['in one order at all receivers', 'in different orders at two receivers'],
  },
  'message-in-time': {
    advice: 'nothing may depend on a message having come by then',
    seen: 'late',
    outcomes: ['never late', 'late'],
  },
};

export function isOfMessages(promise: PromiseName): promise is MessagePromise {
  return promise in MESSAGE_WORDS;
}
