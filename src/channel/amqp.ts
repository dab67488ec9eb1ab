// AMQP 0-9-1: a fanout exchange with an exclusive queue for each receiver, and publisher confirms,
// so that a message is accepted when every queue has it. Queues order the messages of different
// senders each for itself.

import type { ChannelModel } from 'amqplib';
import {
  type ChannelAdapter,
  type ChannelReceiver,
  type ChannelSender,
  DELIVERED_IN_ORDER,
} from '../domain/channel.ts';
import { channelError, lengthOf, refuseLarger } from './channel-error.ts';

const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
const CONNECT_MS_MAX = 5000;

export const amqpChannel: ChannelAdapter = {
  scheme: 'amqp',
  about: 'a fanout exchange of an AMQP 0-9-1 broker, with publisher confirms',
  fallback: null,
  options: {},
  promises: () => ({
    ...DELIVERED_IN_ORDER,
    totalOrder: false,
    maxBytes: MESSAGE_BYTES_MAX,
  }),
  async openReceiver({ url, name }, { deliver, failed }): Promise<ChannelReceiver> {
    const connection = await connected(url);
    let open = true;
    const fail = (error?: Error) => {
      const told = error ?? channelError('ECONNRESET', 'the broker closed the connection');
      if (open) failed(told);
    };
    const channel = await connection.createChannel();
    channel.on('error', fail);
    connection.on('close', fail);
    await channel.assertExchange(name, 'fanout', { durable: false, autoDelete: true });
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, name, '');
    await channel.consume(
      queue,
      (message) => {
        if (message === null) fail(channelError('ECANCELED', 'the broker removed the queue'));
        else if (open) deliver(message.content);
      },
      { noAck: true },
    );
    return {
      endpoint: '',
      async close() {
        if (!open) return;
        open = false;
        await connection.close().catch(() => undefined);
      },
    };
  },
  async openSender({ url, name }): Promise<ChannelSender> {
    const connection = await connected(url);
    const channel = await connection.createConfirmChannel();
    let broken: Error | null = null;
    const fail = (error?: Error) => {
      broken ??= error ?? channelError('ECONNRESET', 'the broker closed the connection');
    };
    channel.on('error', fail);
    connection.on('close', fail);
    let open = true;
    return {
      send(vectors) {
        if (broken) return Promise.reject(broken);
        refuseLarger(lengthOf(vectors), MESSAGE_BYTES_MAX);
        const message = Buffer.concat(vectors);
        return new Promise<void>((resolve, reject) => {
          channel.publish(name, '', message, {}, (error) => {
            if (error) reject(channelError('NACK', `${error}`));
            else resolve();
          });
        });
      },
      async close() {
        if (!open) return;
        open = false;
        await connection.close().catch(() => undefined);
      },
    };
  },
};

async function connected(url: string): Promise<ChannelModel> {
  const { connect } = await import('amqplib');
  const connection = await connect(url, { timeout: CONNECT_MS_MAX });
  // Its `close` tells of it besides.
  connection.on('error', () => undefined);
  return connection;
}
