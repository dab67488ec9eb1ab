// NATS: a subject of a server. Core NATS delivers at most once: a receiver that is slow or away
// loses messages, and the server says nothing of it. The messages of one sender come in order.

import type { NatsConnection } from '@nats-io/transport-node';
import type { ChannelAdapter, ChannelReceiver, ChannelSender } from '../domain/channel.ts';
import { channelError, lengthOf, refuseLarger } from './channel-error.ts';

/** `max_payload` of a server where it is not configured. */
const MESSAGE_BYTES_MAX = 1024 * 1024;
/** Messages that may be on their way to the server; then it is asked whether it has them. */
const UNFLUSHED_MAX = 64;
const CONNECT_MS_MAX = 5000;

export const natsChannel: ChannelAdapter = {
  scheme: 'nats',
  about: 'a subject of a NATS server, without JetStream',
  fallback: null,
  options: {},
  promises: () => ({
    reliable: false,
    once: true,
    whole: true,
    senderOrder: true,
    totalOrder: false,
    maxBytes: MESSAGE_BYTES_MAX,
  }),
  async openReceiver({ url, name }, { deliver, failed }): Promise<ChannelReceiver> {
    const connection = await connected(url);
    let open = true;
    connection.subscribe(name, {
      callback: (error, message) => {
        if (error && open) failed(error);
        else if (open) deliver(message.data);
      },
    });
    void connection.closed().then((error) => {
      if (open) failed(error ?? channelError('ECONNRESET', 'the connection was closed'));
    });
    await flushOf(connection)();
    return {
      endpoint: '',
      async close() {
        open = false;
        await connection.close().catch(() => undefined);
      },
    };
  },
  async openSender({ url, name }): Promise<ChannelSender> {
    const connection = await connected(url);
    const flush = flushOf(connection);
    let unflushed = 0;
    let open = true;
    return {
      async send(vectors) {
        refuseLarger(lengthOf(vectors), MESSAGE_BYTES_MAX);
        if (connection.isClosed()) throw channelError('ENOTCONN', 'the connection was closed');
        // The client keeps what it was given until it is written.
        connection.publish(name, Buffer.concat(vectors));
        if (++unflushed < UNFLUSHED_MAX) return;
        unflushed = 0;
        await flush();
      },
      async close() {
        if (!open) return;
        open = false;
        await connection.drain().catch(() => connection.close());
      },
    };
  },
};

/** The client's own flush never settles where the connection breaks meanwhile (3.4.0). */
function flushOf(connection: NatsConnection): () => Promise<void> {
  const broken = connection.closed().then((error) => {
    throw error ?? channelError('ECONNRESET', 'the connection was closed');
  });
  // At the end of a channel it is closed in order, and nobody waits.
  broken.catch(() => undefined);
  return () => Promise.race([connection.flush(), broken]);
}

async function connected(url: string): Promise<NatsConnection> {
  const { connect } = await import('@nats-io/transport-node');
  // The query is ours.
  const { host } = new URL(url);
  return connect({ servers: host, reconnect: false, timeout: CONNECT_MS_MAX });
}
