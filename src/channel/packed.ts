// Messages packed into frames over UDP, in the manner of totempg: a frame is acknowledged and sent
// again until it is, so that all arrive and each sender's in their order. It is here for the case
// `lost-fragment`, whose mistake it has unless it is told to leave out empty vectors.
//
//   sender                                   receiver
//     | frame 0 [parts of messages]            |
//     |--------------------------------------->|  in order: parts are joined and delivered
//     |<---------------------------------------|  the number of the next frame that is wanted
//     | frame 1 ...                            |

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  type ChannelAdapter,
  type ChannelReceiver,
  type ChannelSender,
  DELIVERED_IN_ORDER,
} from '../domain/channel.ts';
import { channelError, numberOption } from './channel-error.ts';
import {
  FRAME_BYTES_MAX,
  FRAME_BYTES_MIN,
  FramePacker,
  FrameUnpacker,
  frameNumber,
} from './packing.ts';

const LOOPBACK = '127.0.0.1';
/** Of Ethernet, less the headers of IPv4 and UDP. */
const FRAME_BYTES = 1472;
const MESSAGE_BYTES_MAX = 1024 * 1024;
const ACK_BYTES = 4;
/** Frames under way: a socket's buffer holds more than these. */
const WINDOW = 32;
const AGAIN_MS = 20;
/** A receiver that is silent for so long is given up. */
const SILENT_MS_MAX = 5000;

export const packedChannel: ChannelAdapter = {
  scheme: 'packed',
  about: 'several messages in a frame, large ones in several, over UDP with acknowledgements',
  fallback: 'packed:',
  options: {
    frame: `bytes of a frame, ${FRAME_BYTES_MIN} to ${FRAME_BYTES_MAX}, ${FRAME_BYTES} unless said`,
    empty: 'drop leaves out empty vectors before messages are packed; keep is the mistake',
  },
  promises: () => ({
    ...DELIVERED_IN_ORDER,
    totalOrder: false,
    maxBytes: MESSAGE_BYTES_MAX,
  }),
  async openReceiver(_setting, { deliver, failed }): Promise<ChannelReceiver> {
    const socket = await boundSocket();
    const senders = new Map<string, FrameOrder>();
    socket.on('error', failed);
    socket.on('message', (frame, { address, port }) => {
      const from = `${address}:${port}`;
      const order = senders.get(from) ?? new FrameOrder(new FrameUnpacker(deliver));
      senders.set(from, order);
      try {
        socket.send(order.take(frame), port, address);
      } catch (error) {
        failed(channelError('EBADMSG', (error as Error).message));
      }
    });
    return { endpoint: `${LOOPBACK}:${socket.address().port}`, close: closerOf(socket) };
  },
  async openSender({ url }, endpoints): Promise<ChannelSender> {
    const asked = new URL(url);
    const frameBytes = numberOption(asked, 'frame') ?? FRAME_BYTES;
    if (frameBytes < FRAME_BYTES_MIN || frameBytes > FRAME_BYTES_MAX) {
      throw channelError('EINVAL', `frame=${frameBytes} is not ${FRAME_BYTES_MIN} to 65507`);
    }
    const empty = asked.searchParams.get('empty') ?? 'keep';
    if (empty !== 'keep' && empty !== 'drop') {
      throw channelError('EINVAL', `empty=${empty} is neither keep nor drop`);
    }
    const links = await Promise.all(endpoints.map(linkTo));
    return new PackedSender({ frameBytes, dropsEmpty: empty === 'drop' }, links);
  },
};

/** Frames of one sender in their order; others are asked for again. */
class FrameOrder {
  readonly #unpacker: FrameUnpacker;
  #wanted = 0;

  constructor(unpacker: FrameUnpacker) {
    this.#unpacker = unpacker;
  }

  /** Returns the acknowledgement. @throws Error where it is no frame */
  take(frame: Buffer): Buffer {
    if (frameNumber(frame) === this.#wanted) {
      this.#wanted++;
      this.#unpacker.add(frame);
    }
    const acknowledgement = Buffer.alloc(ACK_BYTES);
    acknowledgement.writeUInt32LE(this.#wanted);
    return acknowledgement;
  }
}

class PackedSender implements ChannelSender {
  readonly #packer: FramePacker;
  readonly #links: readonly FrameLink[];
  #flushing: NodeJS.Immediate | null = null;

  constructor(options: ConstructorParameters<typeof FramePacker>[0], links: readonly FrameLink[]) {
    this.#links = links;
    this.#packer = new FramePacker(options, (frame) => {
      for (const link of links) link.push(frame);
    });
  }

  async send(vectors: readonly Uint8Array[]): Promise<void> {
    const lengthBytes = vectors.reduce((sum, { length }) => sum + length, 0);
    if (lengthBytes > MESSAGE_BYTES_MAX) {
      throw channelError('EMSGSIZE', `a message of ${lengthBytes} bytes`);
    }
    this.#packer.add(vectors);
    // Messages that are sent in the same turn of the event loop share frames.
    this.#flushing ??= setImmediate(() => this.#flush());
    await Promise.all(this.#links.map((link) => link.room()));
  }

  async close(): Promise<void> {
    this.#flush();
    await Promise.all(this.#links.map((link) => link.close()));
  }

  #flush(): void {
    if (this.#flushing) clearImmediate(this.#flushing);
    this.#flushing = null;
    this.#packer.flush();
  }
}

/** To one receiver: a window of frames that it has not acknowledged, and those that wait. */
class FrameLink {
  readonly #socket: Socket;
  readonly #frames: Uint8Array[] = [];
  /** The number of the first of them, and how many have been sent. */
  #first = 0;
  #sent = 0;
  #heard: () => void = () => undefined;
  #silentMs = 0;
  #broken: Error | null = null;
  #closing: Promise<void> | null = null;
  readonly #again: NodeJS.Timeout;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (bytes) => this.#acknowledged(bytes));
    socket.on('error', (error) => this.#break(error));
    this.#again = setInterval(() => this.#sendAgain(), AGAIN_MS);
  }

  push(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#sendMore();
  }

  /** Resolves when not much waits. @throws Error with a code when the receiver is silent */
  async room(): Promise<void> {
    while (this.#frames.length > 2 * WINDOW && !this.#broken) await this.#hearing();
    if (this.#broken) throw this.#broken;
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    while (this.#frames.length > 0 && !this.#broken) await this.#hearing();
    clearInterval(this.#again);
    await closerOf(this.#socket)();
  }

  #hearing(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.#heard;
      this.#heard = () => {
        before();
        resolve();
      };
    });
  }

  #acknowledged(bytes: Buffer): void {
    if (bytes.length !== ACK_BYTES) return;
    const done = bytes.readUInt32LE(0) - this.#first;
    if (done <= 0 || done > this.#frames.length) return;
    this.#frames.splice(0, done);
    this.#first += done;
    this.#sent = Math.max(0, this.#sent - done);
    this.#silentMs = 0;
    this.#sendMore();
    this.#wake();
  }

  #sendMore(): void {
    for (; this.#sent < Math.min(WINDOW, this.#frames.length); this.#sent++) {
      this.#socket.send(this.#frames[this.#sent] as Uint8Array);
    }
  }

  #sendAgain(): void {
    if (this.#sent === 0) return;
    this.#silentMs += AGAIN_MS;
    if (this.#silentMs >= SILENT_MS_MAX) {
      this.#break(channelError('ETIMEDOUT', `no acknowledgement in ${SILENT_MS_MAX} ms`));
      return;
    }
    this.#sent = 0;
    this.#sendMore();
  }

  #break(error: Error): void {
    this.#broken ??= error;
    this.#wake();
  }

  #wake(): void {
    const heard = this.#heard;
    this.#heard = () => undefined;
    heard();
  }
}

async function boundSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, LOOPBACK);
  await once(socket, 'listening');
  return socket;
}

async function linkTo(endpoint: string): Promise<FrameLink> {
  const at = endpoint.lastIndexOf(':');
  const socket = await boundSocket();
  socket.connect(Number(endpoint.slice(at + 1)), endpoint.slice(0, at));
  await once(socket, 'connect');
  return new FrameLink(socket);
}

function closerOf(socket: Socket): () => Promise<void> {
  let closed: Promise<void> | null = null;
  return () => {
    closed ??= new Promise((resolve) => {
      // An acknowledgement that is still on its way may be refused by who is gone.
      socket
        .removeAllListeners('message')
        .removeAllListeners('error')
        .on('error', () => undefined);
      socket.close(() => resolve());
    });
    return closed;
  };
}
