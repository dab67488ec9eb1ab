// The actors of `stream`. A receiver that is open keeps what it is handed until it is asked; it
// judges by its own clock how long nothing came, so that one that was stopped has waited for
// nothing. A sender goes on until all is sent or a call fails.

import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs, monotonicNs } from '../base/clock.ts';
import { messageSent, wrongSeen } from '../base/recorded-calls.ts';
import { CHANNELS, channelOf } from '../channel/channels.ts';
import type {
  ChannelAdapter,
  ChannelReceiver,
  ChannelSender,
  ChannelSetting,
} from '../domain/channel.ts';
import type { MessageStream } from '../domain/message-stream.ts';
import type { OperationFailure } from '../domain/observation.ts';
import { messageBytes } from '../stamp/message.ts';
import type { ActorBench, Role } from './role.ts';
import { Arrivals, type DamagedDelivery } from './stream-arrivals.ts';
import type { Empty } from './stream-factors.ts';
import { acknowledge, acknowledged, isStopped, type UnitBoard } from './unit-board.ts';

export interface StreamOpenAssignment {
  readonly channel: ChannelSetting;
  readonly stream: MessageStream;
  /** Endpoints of the receivers before. */
  readonly earlier: readonly string[];
}

export interface StreamOpened {
  readonly endpoint: string;
}

export interface StreamReceiveAssignment {
  readonly board: UnitBoard;
  readonly stream: MessageStream;
  readonly drainMs: number;
}

export interface StreamReceived {
  /** See Delivery; of equal length. */
  readonly numbers: readonly number[];
  readonly lengths: readonly number[];
  readonly arrivedNs: readonly number[];
  readonly damaged: readonly DamagedDelivery[];
  /** What deliveries that were not whole began with, where that could be read. */
  readonly damagedNumbers: readonly number[];
  readonly bytesRead: number;
  /** When it had waited long enough: monotonic, nanoseconds. */
  readonly heardNs: string;
  /** The channel told that nothing more will be heard: what has not come may be on its way. */
  readonly failures: readonly OperationFailure[];
}

export interface StreamConnectAssignment {
  readonly channel: ChannelSetting;
  readonly endpoints: readonly string[];
}

export interface StreamSendAssignment {
  readonly board: UnitBoard;
  readonly stream: MessageStream;
  readonly sender: number;
  readonly vectors: number;
  readonly empty: Empty;
  /** Of so many messages the first has the empty vector. */
  readonly every: number;
  /** 0 for as fast as it goes. */
  readonly perSecond: number;
}

export interface StreamSent {
  /** Messages below this sequence were accepted. */
  readonly accepted: number;
  readonly begun: number;
  /** Of each that was begun: monotonic, nanoseconds. */
  readonly sentNs: readonly number[];
  /** False when the bytes of a message changed while it was sent. */
  readonly sourceIntact: boolean;
  readonly failures: readonly OperationFailure[];
}

export type StreamCloseAssignment = Readonly<Record<string, never>>;

/** Between two looks of a receiver at what came; ms. */
const TICK_MS = 5;
/** A tick that took longer than this many was none in which the receiver heard anything. */
const TICKS_MAX = 4;
/** When all has come, for what comes twice; ms. */
const GRACE_MS = 20;
/** Messages between two turns of the event loop. */
const TURN_MESSAGES = 32;

interface OpenReceiver {
  readonly receiver: ChannelReceiver;
  readonly arrivals: Arrivals;
  readonly failures: OperationFailure[];
}

/** @param channels that there are; others than the built-in ones for tests */
export function streamRoles(
  channels: readonly ChannelAdapter[] = CHANNELS,
): Readonly<Record<string, Role>> {
  const receivers = new Map<string, OpenReceiver>();
  const senders = new Map<string, ChannelSender>();
  const close = async ({ name }: ActorBench) => {
    const [receiver, sender] = [receivers.get(name)?.receiver, senders.get(name)];
    receivers.delete(name);
    senders.delete(name);
    await Promise.all([receiver?.close(), sender?.close()]);
    return {};
  };
  const adapterOf = ({ url }: ChannelSetting) => channelOf(url, 'channel', channels).adapter;
  return {
    'stream-open': async (assignment: StreamOpenAssignment, bench): Promise<StreamOpened> => {
      await close(bench);
      const { channel } = assignment;
      const opening = openReceiver(adapterOf(channel), assignment, bench);
      const opened = await opening.catch(notOpened(channel));
      receivers.set(bench.name, opened);
      return { endpoint: opened.receiver.endpoint };
    },
    'stream-connect': async ({ channel, endpoints }: StreamConnectAssignment, bench) => {
      await close(bench);
      const opening = adapterOf(channel).openSender(channel, endpoints);
      senders.set(bench.name, await opening.catch(notOpened(channel)));
      return {};
    },
    'stream-receive': (assignment: StreamReceiveAssignment, { name }) =>
      receive(assignment, receivers.get(name) as OpenReceiver),
    'stream-send': (assignment: StreamSendAssignment, bench) =>
      send(assignment, senders.get(bench.name) as ChannelSender, bench),
    'stream-close': (_: StreamCloseAssignment, bench) => close(bench),
  };
}

/** Nothing was tried then, and the trial is unknown. */
function notOpened({ url }: ChannelSetting): (error: Error & { code?: string }) => never {
  return (error) => {
    const why = error.message || error.code;
    throw new Error(`the channel ${url} cannot be opened: ${why}`, { cause: error });
  };
}

async function openReceiver(
  adapter: ChannelAdapter,
  { channel, stream, earlier }: StreamOpenAssignment,
  { name }: ActorBench,
): Promise<OpenReceiver> {
  const arrivals = new Arrivals(stream);
  const failures: OperationFailure[] = [];
  const events = {
    deliver: (message: Uint8Array) => arrivals.add(message),
    failed: (error: Error) => void failures.push(failureOf('receive', error, name)),
  };
  const receiver = await adapter.openReceiver(channel, events, earlier);
  return { receiver, arrivals, failures };
}

async function receive(
  { board, stream, drainMs }: StreamReceiveAssignment,
  { arrivals, failures }: OpenReceiver,
): Promise<StreamReceived> {
  let [heard, quietMs, beforeMs] = [0, 0, monotonicMs()];
  for (;;) {
    await sleep(TICK_MS);
    const [isOver, nowMs] = [isStopped(board), monotonicMs()];
    const passedMs = nowMs - beforeMs;
    beforeMs = nowMs;
    if (arrivals.total !== heard || !isOver) quietMs = 0;
    else quietMs += passedMs > TICKS_MAX * TICK_MS ? TICK_MS : passedMs;
    heard = arrivals.total;
    const all = isOver && arrivals.total >= acceptedBy(board, stream);
    if (quietMs >= (all ? Math.min(GRACE_MS, drainMs) : drainMs)) break;
    if (isOver && failures.length > 0) break;
  }
  const heardNs = String(monotonicNs());
  if (arrivals.total < acceptedBy(board, stream)) wrongSeen();
  return { ...arrivals.result(), heardNs, failures };
}

function acceptedBy(board: UnitBoard, { senders }: MessageStream): number {
  let sum = 0;
  for (let sender = 0; sender < senders; sender++) sum += acknowledged(board, sender);
  return sum;
}

async function send(
  assignment: StreamSendAssignment,
  channel: ChannelSender,
  { name }: ActorBench,
): Promise<StreamSent> {
  const { board, stream, sender, perSecond } = assignment;
  const sentNs: number[] = [];
  const failures: OperationFailure[] = [];
  let sourceIntact = true;
  let accepted = 0;
  const startMs = monotonicMs();
  try {
    for (; accepted < stream.count; accepted++) {
      const dueMs = perSecond > 0 ? startMs + (accepted * 1000) / perSecond - monotonicMs() : 0;
      if (dueMs >= 1) await sleep(dueMs);
      else if (accepted % TURN_MESSAGES === TURN_MESSAGES - 1) await new Promise(setImmediate);
      const number = accepted * stream.senders + sender;
      const bytes = messageBytes(stream, number);
      messageSent({ trial: stream.tag, sender, sequence: accepted, bytes: bytes.length });
      sentNs.push(Number(monotonicNs()));
      const empty = accepted % assignment.every === 0 ? assignment.empty : 'none';
      await channel.send(vectorsOf(bytes, { vectors: assignment.vectors, empty }));
      sourceIntact &&= Buffer.compare(bytes, messageBytes(stream, number)) === 0;
      acknowledge(board, sender, accepted + 1);
    }
  } catch (error) {
    failures.push(failureOf('send', error, name));
  }
  return { accepted, begun: sentNs.length, sentNs, sourceIntact, failures };
}

/** The message in so many parts of about one length, and where it is asked for, an empty one. */
export function vectorsOf(
  bytes: Uint8Array,
  { vectors, empty }: Pick<StreamSendAssignment, 'vectors' | 'empty'>,
): Uint8Array[] {
  const parts = Array.from({ length: vectors }, (_, part) =>
    bytes.subarray(
      Math.floor((part * bytes.length) / vectors),
      Math.floor(((part + 1) * bytes.length) / vectors),
    ),
  );
  const none = new Uint8Array(0);
  switch (empty) {
    case 'none':
      return parts;
    case 'first':
      return [none, ...parts];
    case 'middle':
      return parts.toSpliced(Math.floor(vectors / 2), 0, none);
    case 'last':
      return [...parts, none];
  }
}

function failureOf(operation: string, error: unknown, actor: string): OperationFailure {
  const { code, message } = error as Error & { code?: string };
  return {
    actor,
    operation,
    file: 'the stream',
    errno: code ?? 'EIO',
    message: `${operation}: ${message}`,
    atNs: String(monotonicNs()),
  };
}
