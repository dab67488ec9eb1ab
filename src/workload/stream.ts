// `stream`: several senders send stamped messages through a channel, and every receiver ought to be
// handed each of them. Which of that the channel promises it says itself, so that a datagram that
// was lost is described, and a message that a broker lost is damage.

import { crc32 } from 'node:zlib';
import { CHANNELS, channelOf, type NamedChannel } from '../channel/channels.ts';
import type { Levels } from '../domain/cell.ts';
import { type ChannelAdapter, promisedBy } from '../domain/channel.ts';
import { type MessageStream, messageTotal } from '../domain/message-stream.ts';
import { numberLevel, textLevel } from '../domain/plan.ts';
import { MESSAGE_PROMISES } from '../domain/promise.ts';
import type { TrialOutcome } from '../domain/trial.ts';
import type { TrialSetting, Workload } from '../domain/workload.ts';
import { streamOutcome } from './stream-account.ts';
import { streamFactors } from './stream-factors.ts';
import type {
  StreamCloseAssignment,
  StreamConnectAssignment,
  StreamOpenAssignment,
  StreamOpened,
  StreamReceiveAssignment,
  StreamReceived,
  StreamSendAssignment,
  StreamSent,
} from './stream-roles.ts';
import { createUnitBoard, stopActors, type UnitBoard } from './unit-board.ts';

/** More would not fit the evidence of a trial well. */
const MESSAGES_MAX = 200_000;

/** @param channels that a level may name; others than the built-in ones for tests */
export function streamWorkload(channels: readonly ChannelAdapter[] = CHANNELS): Workload {
  return {
    name: 'stream',
    about: 'messages of several senders to several receivers: lost, doubled, mixed, out of order?',
    factors: streamFactors(channels),
    constraints: [
      'fit != free => frame != 0',
      'empty = middle => vectors >= 2',
      'vectors > 1 => size != 0',
    ],
    promises: MESSAGE_PROMISES,
    promisesItself: true,
    anywhere: true,
    // Messages are kept nowhere, and what is evidence has its own share.
    spaceBytes: () => 4096,
    directBytes: () => [],
    needs: () => [],
    refusal: (levels) => refusalOf(levels, channelIn(levels, channels)),
    estimateMs: (levels) => estimateMs(levels, channelIn(levels, channels)),
    run: (setting) => runStream(setting, channelIn(setting.levels, channels)),
  };
}

export const stream = streamWorkload();

function channelIn(levels: Levels, channels: readonly ChannelAdapter[]): NamedChannel {
  return channelOf(textLevel(levels, 'channel'), 'channel', channels);
}

/** Bytes of every message: as `size` says, or whole frames, and one byte more or less. */
export function messageLength(levels: Levels): number {
  const [sizeBytes, frameBytes] = [numberLevel(levels, 'size'), numberLevel(levels, 'frame')];
  if (levels.fit === 'free') return sizeBytes;
  const filling = Math.max(1, Math.ceil(sizeBytes / frameBytes)) * frameBytes;
  if (levels.fit === 'exact') return filling;
  return levels.fit === 'over' ? filling + 1 : filling - 1;
}

function streamOf(levels: Levels, tag: number): MessageStream {
  return {
    tag,
    senders: numberLevel(levels, 'senders'),
    count: numberLevel(levels, 'count'),
    lengthBytes: messageLength(levels),
  };
}

function refusalOf(levels: Levels, { adapter, url }: NamedChannel): string | null {
  const stream = streamOf(levels, 0);
  const { maxBytes } = adapter.promises(new URL(url));
  if (stream.lengthBytes > maxBytes) return `${adapter.scheme} takes at most ${maxBytes} bytes`;
  if (messageTotal(stream) <= MESSAGES_MAX) return null;
  return `a trial may have ${MESSAGES_MAX} messages, senders times count`;
}

/** Rough: 0.05 ms for a message to each receiver, 100 MB/s, and the drain where some are lost. */
function estimateMs(levels: Levels, { adapter, url }: NamedChannel): number {
  const stream = streamOf(levels, 0);
  const deliveries = messageTotal(stream) * numberLevel(levels, 'receivers');
  const rate = numberLevel(levels, 'rate');
  const { reliable } = adapter.promises(new URL(url));
  return (
    100 +
    deliveries * (0.05 + stream.lengthBytes / 1e5) +
    (rate > 0 ? (stream.count / rate) * 1000 : 0) +
    (reliable ? 0 : numberLevel(levels, 'drain'))
  );
}

async function runStream(
  setting: TrialSetting,
  { adapter, url }: NamedChannel,
): Promise<TrialOutcome> {
  const { levels, actors, hunt, trial, firstFile } = setting;
  const stream = streamOf(levels, crc32(`${hunt}/${firstFile}`));
  const host = adapter.processes ? 'process' : 'thread';
  const board = createUnitBoard(stream.senders, {
    ...(actors.board && { board: (slots) => actors.board?.(slots, host) as UnitBoard }),
  });
  const channel = { url, name: `heisenwrite-${hunt}-${trial}` };
  const names = (kind: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${kind}-${index}`);
  const receivers = names('receiver', numberLevel(levels, 'receivers'));
  const senders = names('sender', stream.senders);
  const ask = <Result>(actor: string, role: string, assignment: object) =>
    actors.call<Result>(actor, role, assignment, host);
  try {
    const endpoints: string[] = [];
    for (const receiver of receivers) {
      const open: StreamOpenAssignment = { channel, stream, earlier: [...endpoints] };
      endpoints.push((await ask<StreamOpened>(receiver, 'stream-open', open)).endpoint);
    }
    const connect: StreamConnectAssignment = { channel, endpoints };
    await Promise.all(senders.map((sender) => ask(sender, 'stream-connect', connect)));
    const receive: StreamReceiveAssignment = {
      board,
      stream,
      drainMs: numberLevel(levels, 'drain'),
    };
    const receiving = Promise.all(
      receivers.map((receiver) => ask<StreamReceived>(receiver, 'stream-receive', receive)),
    );
    // Awaited below, unless a sender is lost first.
    receiving.catch(() => undefined);
    const sent = await Promise.all(
      senders.map((actor, sender) =>
        ask<StreamSent>(actor, 'stream-send', sendOf(levels, { board, stream, sender })),
      ),
    );
    stopActors(board);
    const received = await receiving;
    return streamOutcome({
      stream,
      deadlineMs: numberLevel(levels, 'deadline'),
      promised: promisedBy(adapter.promises(new URL(url))),
      sent,
      received: received.map((each, index) => ({ ...each, receiver: receivers[index] as string })),
    });
  } finally {
    stopActors(board);
    const close: StreamCloseAssignment = {};
    const all = [...senders, ...receivers];
    await Promise.allSettled(all.map((actor) => ask(actor, 'stream-close', close)));
  }
}

function sendOf(
  levels: Levels,
  given: Pick<StreamSendAssignment, 'board' | 'stream' | 'sender'>,
): StreamSendAssignment {
  return {
    ...given,
    vectors: numberLevel(levels, 'vectors'),
    empty: textLevel(levels, 'empty') as StreamSendAssignment['empty'],
    every: numberLevel(levels, 'every'),
    perSecond: numberLevel(levels, 'rate'),
  };
}
