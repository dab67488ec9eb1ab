// A stream of Redis (XADD, XREAD): a log in the memory of the server that every receiver reads at
// its own pace, so that all are handed the same messages in the same order. A message that was
// accepted has its place in the log; the server may forget the log when it ends.

import type { RedisClientType } from '@redis/client';
import {
  type ChannelAdapter,
  type ChannelReceiver,
  type ChannelSender,
  DELIVERED_IN_ORDER,
  type ReceiverEvents,
} from '../domain/channel.ts';
import { lengthOf, refuseLarger } from './channel-error.ts';

const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;
const CONNECT_MS_MAX = 5000;
/** How long the server holds back an answer that would be empty; ms. */
const BLOCK_MS = 200;
const READ_MAX = 64;
/** How long a log outlives its last sender; s. */
const KEPT_SECONDS = 60;
/** The one field of an entry. */
const FIELD = 'm';

export const redisChannel: ChannelAdapter = {
  scheme: 'redis',
  about: 'a stream of a Redis server (XADD, XREAD)',
  fallback: null,
  options: {},
  promises: () => ({
    ...DELIVERED_IN_ORDER,
    totalOrder: true,
    maxBytes: MESSAGE_BYTES_MAX,
  }),
  async openReceiver({ url, name }, events): Promise<ChannelReceiver> {
    const client = await connected(url);
    const newest = await client.xRevRange(name, '+', '-', { COUNT: 1 });
    let open = true;
    const reading = read(client, name, newest?.[0]?.id ?? '0-0', events, () => open);
    return {
      endpoint: '',
      async close() {
        if (!open) return;
        open = false;
        client.destroy();
        await reading;
      },
    };
  },
  async openSender({ url, name }): Promise<ChannelSender> {
    const client = await connected(url);
    let open = true;
    return {
      async send(vectors) {
        refuseLarger(lengthOf(vectors), MESSAGE_BYTES_MAX);
        await client.xAdd(name, '*', { [FIELD]: Buffer.concat(vectors) });
      },
      async close() {
        if (!open) return;
        open = false;
        await client.expire(name, KEPT_SECONDS).catch(() => undefined);
        await client.close().catch(() => undefined);
      },
    };
  },
};

async function read(
  client: RedisClientType,
  name: string,
  from: string,
  { deliver, failed }: ReceiverEvents,
  isOpen: () => boolean,
): Promise<void> {
  const { RESP_TYPES } = await import('@redis/client');
  const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  let id = from;
  try {
    while (isOpen()) {
      const options = { BLOCK: BLOCK_MS, COUNT: READ_MAX };
      const streams = await binary.xRead({ key: name, id }, options);
      for (const { id: next, message } of streams?.[0]?.messages ?? []) {
        id = String(next);
        if (isOpen()) deliver(message[FIELD] as Buffer);
      }
    }
  } catch (error) {
    if (isOpen()) failed(error as Error);
  }
}

async function connected(url: string): Promise<RedisClientType> {
  const { createClient } = await import('@redis/client');
  const { href } = new URL(url);
  const client = createClient({
    url: href,
    socket: { reconnectStrategy: false, connectTimeout: CONNECT_MS_MAX },
  });
  // Each call tells of it besides.
  client.on('error', () => undefined);
  await client.connect();
  return client as RedisClientType;
}
