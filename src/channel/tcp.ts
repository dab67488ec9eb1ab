// TCP: each sender has a connection to each receiver, and a message is its length (32 bits, little
// endian) and its bytes. Reliable and in order for each sender; receivers may interleave senders
// differently.
//
//   +----------------+------------------+----------------+-- ...
//   | length, 4 bytes | bytes of message | length, 4 bytes |
//   +----------------+------------------+----------------+-- ...

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import {
  type ChannelAdapter,
  type ChannelReceiver,
  type ChannelSender,
  DELIVERED_IN_ORDER,
} from '../domain/channel.ts';
import { channelError, lengthOf, refuseLarger } from './channel-error.ts';

const LENGTH_BYTES = 4;
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;
const LOOPBACK = '127.0.0.1';

export const tcpChannel: ChannelAdapter = {
  scheme: 'tcp',
  about: 'a connection to each receiver, each message with its length before it',
  fallback: 'tcp:',
  options: {},
  promises: () => ({
    ...DELIVERED_IN_ORDER,
    totalOrder: false,
    maxBytes: MESSAGE_BYTES_MAX,
  }),
  async openReceiver({ url }, { deliver, failed }): Promise<ChannelReceiver> {
    const host = new URL(url).hostname || LOOPBACK;
    const sockets = new Set<Socket>();
    let open = true;
    const server = createServer((socket) => {
      sockets.add(socket);
      const frames = new FrameReader((message) => open && deliver(message));
      const fail = (error: Error) => open && failed(error);
      socket.on('data', (chunk) => frames.add(chunk, fail));
      socket.on('error', fail);
      socket.on('close', () => {
        sockets.delete(socket);
        if (frames.isInside) fail(channelError('ECONNRESET', 'it ended inside a message'));
      });
    });
    const port = await listening(server, host);
    server.on('error', (error) => open && failed(error));
    return {
      endpoint: `${host}:${port}`,
      async close() {
        open = false;
        for (const socket of sockets) socket.destroy();
        if (server.listening) await new Promise((resolve) => server.close(resolve));
      },
    };
  },
  async openSender(_setting, endpoints): Promise<ChannelSender> {
    const links = await Promise.all(endpoints.map(linkTo));
    return {
      send: async (vectors) => {
        await Promise.all(links.map((link) => link.send(vectors)));
      },
      close: async () => {
        await Promise.all(links.map((link) => link.close()));
      },
    };
  },
};

function listening(server: Server, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

async function linkTo(endpoint: string): Promise<ChannelSender> {
  const at = endpoint.lastIndexOf(':');
  const socket = connect(Number(endpoint.slice(at + 1)), endpoint.slice(0, at));
  socket.setNoDelay(true);
  let broken: Error | null = null;
  const opened = once(socket, 'connect');
  socket.on('error', (error) => {
    broken ??= error;
  });
  await opened;
  return {
    async send(vectors) {
      const lengthBytes = lengthOf(vectors);
      refuseLarger(lengthBytes, MESSAGE_BYTES_MAX);
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32LE(lengthBytes);
      socket.cork();
      let more = socket.write(length);
      // Copied, because the socket keeps what the kernel does not take at once.
      for (const vector of vectors) more = socket.write(Buffer.from(vector));
      socket.uncork();
      if (!more && !broken && !socket.destroyed) {
        await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined);
      }
      if (broken) throw broken;
      if (socket.destroyed) throw channelError('ECONNRESET', 'the receiver closed the connection');
    },
    close: () =>
      new Promise((resolve) => {
        if (socket.destroyed) resolve();
        else socket.once('close', () => resolve()).end();
      }),
  };
}

/** Cuts what a connection brings into messages. */
class FrameReader {
  private readonly deliver: (message: Uint8Array) => void;
  private kept: Buffer[] = [];
  private keptBytes = 0;
  private wantedBytes = LENGTH_BYTES;
  private readsLength = true;

  constructor(deliver: (message: Uint8Array) => void) {
    this.deliver = deliver;
  }

  /** True where a message has begun and not ended. */
  get isInside(): boolean {
    return this.keptBytes > 0 || !this.readsLength;
  }

  add(chunk: Buffer, fail: (error: Error) => void): void {
    this.kept.push(chunk);
    this.keptBytes += chunk.length;
    if (this.keptBytes < this.wantedBytes) return;
    const all = this.kept.length === 1 ? chunk : Buffer.concat(this.kept);
    let at = 0;
    while (all.length - at >= this.wantedBytes) {
      const from = at;
      at += this.wantedBytes;
      if (!this.readsLength) {
        this.deliver(all.subarray(from, at));
        this.wantedBytes = LENGTH_BYTES;
      } else {
        this.wantedBytes = all.readUInt32LE(from);
      }
      this.readsLength = !this.readsLength;
      if (this.wantedBytes > MESSAGE_BYTES_MAX) {
        fail(channelError('EBADMSG', `a length of ${this.wantedBytes} bytes`));
        this.wantedBytes = Number.POSITIVE_INFINITY;
      }
    }
    this.kept = at === all.length ? [] : [all.subarray(at)];
    this.keptBytes = all.length - at;
  }
}
