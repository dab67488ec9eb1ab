// UDP: a datagram is a message, sent to each receiver. It promises that what comes is whole, and
// nothing else: it may lose, repeat and reorder (RFC 768).

import { createSocket, type Socket } from 'node:dgram';
import type { ChannelAdapter, ChannelReceiver, ChannelSender } from '../domain/channel.ts';
import { lengthOf, numberOption, refuseLarger } from './channel-error.ts';

/** 65535 less the headers of IPv4 and UDP. */
const DATAGRAM_BYTES_MAX = 65_507;
const LOOPBACK = '127.0.0.1';

export const udpChannel: ChannelAdapter = {
  scheme: 'udp',
  about: 'a datagram to each receiver',
  fallback: 'udp:',
  options: { buffer: 'bytes that the socket of a receiver holds (SO_RCVBUF)' },
  promises: () => ({
    reliable: false,
    once: false,
    whole: true,
    senderOrder: false,
    totalOrder: false,
    maxBytes: DATAGRAM_BYTES_MAX,
  }),
  async openReceiver({ url }, { deliver, failed }): Promise<ChannelReceiver> {
    const asked = new URL(url);
    const bufferBytes = numberOption(asked, 'buffer');
    const socket = createSocket('udp4');
    const { port } = await bound(socket, asked.hostname || LOOPBACK);
    if (bufferBytes !== null) socket.setRecvBufferSize(bufferBytes);
    socket.on('message', deliver);
    socket.on('error', failed);
    const close = closer(socket);
    return { endpoint: `${asked.hostname || LOOPBACK}:${port}`, close };
  },
  async openSender({ url }, endpoints): Promise<ChannelSender> {
    const socket = createSocket('udp4');
    await bound(socket, new URL(url).hostname || LOOPBACK);
    const targets = endpoints.map(targetOf);
    const close = closer(socket);
    return {
      async send(vectors) {
        // An empty list would not be an empty datagram.
        const parts = vectors.length === 0 ? [new Uint8Array(0)] : vectors;
        refuseLarger(lengthOf(parts), DATAGRAM_BYTES_MAX);
        await Promise.all(targets.map((target) => sendTo(socket, parts, target)));
      },
      close,
    };
  },
};

interface Target {
  readonly host: string;
  readonly port: number;
}

function targetOf(endpoint: string): Target {
  const at = endpoint.lastIndexOf(':');
  return { host: endpoint.slice(0, at), port: Number(endpoint.slice(at + 1)) };
}

function bound(socket: Socket, host: string): Promise<{ readonly port: number }> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, host, () => {
      socket.off('error', reject);
      resolve(socket.address());
    });
  });
}

function sendTo(socket: Socket, parts: readonly Uint8Array[], target: Target): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(parts, target.port, target.host, (error) => (error ? reject(error) : resolve()));
  });
}

function closer(socket: Socket): () => Promise<void> {
  let closed: Promise<void> | null = null;
  return () => {
    closed ??= new Promise((resolve) => {
      socket.removeAllListeners('message').removeAllListeners('error');
      socket.close(() => resolve());
    });
    return closed;
  };
}
