// The connection under one side of SSH: read into buffers that are used again, encrypted and
// decrypted where the bytes lie. Whoever passes on what was read borrows it until it is sent. A
// channel that nobody passes on yet keeps what it gets, so that until then it gets copies.

import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client, Connection } from 'ssh2';
import { takeOverGcm } from '../../medium/sftp-gcm.ts';
import { convertCipherKeys, type PackedSocket, packing } from '../../medium/sftp-socket.ts';
import { acceptPooled, connectPooled, LentChunk, PooledReads } from '../pooled-reads.ts';

/** Less than this is copied, or a whole buffer would be held by it. */
const SMALL_BYTES = 4 * 1024;
/** What waits for the window of the other side is held: two windows of 2 MiB. */
const SPARE_BUFFERS_MAX = 32;

export class SshLine implements PackedSocket {
  readonly socket: Socket;
  readonly pack: () => void;
  /** Channels whose data come by this line and are kept. */
  readonly #keeping = new Set<Duplex>();
  /** Whether it is decrypted by us: the library keeps what it is given. */
  #isOurs = false;
  /** What is being looked at. */
  #loan: LentChunk | null = null;

  static connect(host: string, port: number): SshLine {
    const reads = new PooledReads(SPARE_BUFFERS_MAX);
    return new SshLine(connectPooled({ host, port, noDelay: true }, reads), reads);
  }

  /** A connection of a client that nobody has read from yet. */
  static accept(accepted: Socket): SshLine {
    const reads = new PooledReads(SPARE_BUFFERS_MAX);
    const line = new SshLine(acceptPooled(accepted, reads), reads);
    line.socket.on('end', () => line.socket.end());
    return line;
  }

  private constructor(socket: Socket, reads: PooledReads) {
    this.socket = socket;
    this.pack = packing(socket);
    reads.take = (chunk, release) => {
      if (chunk.length >= SMALL_BYTES && this.isLending()) {
        this.lending(release, () => socket.emit('data', chunk));
        return;
      }
      const copy = Buffer.from(chunk);
      release();
      socket.emit('data', copy);
    };
  }

  secured(ssh: Client | Connection): void {
    this.#isOurs = takeOverGcm(ssh, this);
    if (!this.#isOurs) convertCipherKeys(ssh);
  }

  send(packet: Buffer, sent: () => void): void {
    if (!this.socket.writable) return;
    this.pack();
    this.socket.write(packet, sent);
  }

  /** A channel keeps what comes for it by this line, until `borrows` is said of it. */
  keeps(channel: Duplex): void {
    this.#keeping.add(channel.once('close', () => this.#keeping.delete(channel)));
  }

  /** What comes for a channel is from now on borrowed, and passed on or dropped. */
  borrows(channel: Duplex): void {
    this.#keeping.delete(channel);
  }

  /** Of what is given out at this moment: to be called, and what it returns once it is sent. */
  readonly lend = (): (() => void) => this.#loan?.lend() ?? NOTHING;

  isLending(): boolean {
    return this.#isOurs && this.#keeping.size === 0;
  }

  lending<Result>(done: () => void, act: () => Result): Result {
    const before = this.#loan;
    const loan = new LentChunk(done);
    this.#loan = loan;
    try {
      return act();
    } finally {
      this.#loan = before;
      loan.returned();
    }
  }
}

/** What is looked at was copied. */
const NOTHING = () => undefined;
