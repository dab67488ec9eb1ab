// The port of a channel: where messages go. A sender gives a message as several I/O vectors, every
// receiver is called once for each message that it is handed. A channel declares what it promises;
// the judge holds it to that and to nothing else.

import type { PromiseName } from './promise.ts';

/** What a channel declares of itself. */
export interface ChannelPromises {
  /** What is accepted is delivered to every receiver that was there before. */
  readonly reliable: boolean;
  /** Never twice. */
  readonly once: boolean;
  /** A delivery is one message, all of it, unchanged: boundaries and content are kept. */
  readonly whole: boolean;
  /** The messages of one sender come in the order in which it sent them. */
  readonly senderOrder: boolean;
  /** Any two receivers are handed the messages of all senders in one and the same order. */
  readonly totalOrder: boolean;
  /** Of a message, bytes: what is larger is refused by `send`. */
  readonly maxBytes: number;
}

/** Every message arrives, once, as it was sent, and those of a sender in their order. */
export const DELIVERED_IN_ORDER = {
  reliable: true,
  once: true,
  whole: true,
  senderOrder: true,
} as const;

/** One conversation: those who open it with one URL and name hear each other and nobody else. */
export interface ChannelSetting {
  /** As the level says it, a scheme at least: `udp:`, `nats://127.0.0.1:4222`, `x:?option=1`. */
  readonly url: string;
  /** Unique to the conversation: letters, digits and dashes, at most 60. */
  readonly name: string;
}

export interface ReceiverEvents {
  /** A message; its bytes are lent for the time of the call. Never called before it is open. */
  deliver(message: Uint8Array): void;
  /** Nothing more will be heard: the connection broke, or what came could not be understood. */
  failed(error: Error): void;
}

export interface ChannelReceiver {
  /** What a sender must know to reach it, plain text; empty where the URL and the name suffice. */
  readonly endpoint: string;
  /** Ends it; afterwards neither event happens. Never rejects, and may be called again. */
  close(): Promise<void>;
}

export interface ChannelSender {
  /**
   * One message: the vectors one after the other, of which any may be empty. They are lent until
   * the promise resolves, which means that the channel has accepted the message. One at a time.
   * Rejects with an error that has a `code`, as errno(3) names it or the channel's own.
   */
  send(vectors: readonly Uint8Array[]): Promise<void>;
  /** What was accepted still arrives. Never rejects, and may be called again. */
  close(): Promise<void>;
}

/** A kind of channel, listed in src/channel/channels.ts. */
export interface ChannelAdapter {
  /** The scheme of its URLs and its short name: `udp`. */
  readonly scheme: string;
  readonly about: string;
  /** Its short name alone stands for this URL; null where a server must be named. */
  readonly fallback: string | null;
  /** Query parameters that its URLs may have, each with what it means. */
  readonly options: Readonly<Record<string, string>>;
  /** Each of those who take part must be a process of its own: it tells them apart by that. */
  readonly processes?: true;
  promises(url: URL): ChannelPromises;
  /**
   * A receiver hears every message that is sent after this has resolved.
   * @param earlier endpoints of the receivers of this conversation that are open, in order
   * @throws Error with a `code` where it cannot be reached or opened
   */
  openReceiver(
    setting: ChannelSetting,
    events: ReceiverEvents,
    earlier: readonly string[],
  ): Promise<ChannelReceiver>;
  /**
   * @param endpoints of all receivers, in the order in which they were opened
   * @throws Error with a `code` where it cannot be reached or opened
   */
  openSender(setting: ChannelSetting, endpoints: readonly string[]): Promise<ChannelSender>;
}

/** The promises of messages that a channel makes itself: broken, each is damage in any plan. */
export function promisedBy(promises: ChannelPromises): PromiseName[] {
  const names: PromiseName[] = [];
  if (promises.reliable) names.push('message-delivered');
  if (promises.once) names.push('message-once');
  if (promises.whole) names.push('message-whole');
  if (promises.senderOrder) names.push('sender-order');
  if (promises.totalOrder) names.push('total-order');
  return names;
}
