// Sockets that are read into large buffers that are used again. Left alone, Node reads at most
// 64 KiB at a time, each into a buffer of its own: of a proxy through which a GiB passes in seconds
// their collection takes a third of the time, and the many small reads another.

import {
  connect,
  type OnReadOpts,
  Socket,
  type SocketConstructorOpts,
  type TcpNetConnectOpts,
} from 'node:net';
import { sendUnpaced } from './unpaced-sending.ts';

/** Larger is no faster: the kernel seldom has more at a time. */
const BUFFER_BYTES = 256 * 1024;
/** Buffers of a socket that are kept for the next reads, unless it is said otherwise. */
const SPARE_MAX = 4;

/** @param release to be called once the bytes are done with; they change after that */
type Take = (chunk: Buffer, release: () => void) => void;

/** What is read from one socket. Pausing and resuming are those of the socket. */
export class PooledReads {
  /** What takes the bytes; to be set before the socket is resumed. */
  take: Take = (_chunk, release) => release();
  /** Of the buffers from here on: at most so much is read at a time. */
  bufferBytes = BUFFER_BYTES;
  readonly #spare: Buffer[] = [];
  readonly #spareMax: number;

  /** @param spareMax as many are kept; more where they are not given back at once */
  constructor(spareMax = SPARE_MAX) {
    this.#spareMax = spareMax;
  }

  /** For the `onread` of a socket. */
  get options(): OnReadOpts {
    return {
      buffer: () => this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.bufferBytes),
      callback: (bytes, buffer) => {
        const whole = buffer as Buffer;
        this.take(whole.subarray(0, bytes), () => {
          const isWanted = whole.length === this.bufferBytes;
          if (isWanted && this.#spare.length < this.#spareMax) this.#spare.push(whole);
        });
        return true;
      },
    };
  }
}

export function connectPooled(options: TcpNetConnectOpts, reads: PooledReads): Socket {
  const socket = connect({ ...options, onread: reads.options });
  return socket.once('connect', () => sendUnpaced(socket));
}

/**
 * The same connection, read into buffers of `reads`. A server's sockets cannot be told so when they
 * are made; so the handle of one that was not read from yet is given to another. Where Node has no
 * such handle it is read as Node does.
 */
export function acceptPooled(socket: Socket, reads: PooledReads): Socket {
  const owner = socket as unknown as { _handle?: object | null };
  const handle = owner._handle;
  if (typeof handle !== 'object' || handle === null) {
    return socket.on('data', (chunk) => reads.take(chunk, () => undefined)).pause();
  }
  owner._handle = null;
  // Without its handle it is nothing any more, and its server shall not wait for it.
  socket.destroy();
  const options = { handle, onread: reads.options, allowHalfOpen: true, pauseOnCreate: true };
  const taken = new Socket(options as SocketConstructorOpts);
  sendUnpaced(taken);
  return taken;
}

/** A chunk whose pieces are written one by one: it is released when the last of them is out. */
export class LentChunk {
  readonly #release: () => void;
  #outstanding = 1;

  constructor(release: () => void) {
    this.#release = release;
  }

  /** For one piece more; what it returns is to be called when that is out. */
  lend(): () => void {
    this.#outstanding++;
    return this.returned;
  }

  readonly returned = (): void => {
    if (--this.#outstanding === 0) this.#release();
  };
}
