// The requests of a connection that are attended to: to Node's HTTP server it is a connection with
// nothing but these, while what it answers, and what becomes of the connection, is the client's.

import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

export class AttendedStream extends Duplex {
  readonly #client: Socket;
  readonly #wanted: () => void;
  /** What waits for the answers to earlier requests, which pass beside this; null: none do. */
  #held: Buffer[] | null = null;
  #outstanding = 0;
  #isFull = false;

  /** @param wanted told when more of the requests can be taken */
  constructor(client: Socket, wanted: () => void) {
    super();
    this.#client = client;
    this.#wanted = wanted;
    client.once('close', () => this.destroy());
  }

  /** Whether a request is under way here: later ones must follow it. */
  get isBusy(): boolean {
    return this.#outstanding > 0;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  begin(isHeld: boolean): void {
    this.#outstanding++;
    if (isHeld) this.#held ??= [];
  }

  answered(): void {
    this.#outstanding--;
  }

  /** @param bytes of a request; kept */
  give(bytes: Buffer): void {
    if (this.#held) this.#held.push(bytes);
    else if (!this.push(bytes)) this.#isFull = true;
  }

  /** All earlier requests have been answered. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const bytes of held) this.give(bytes);
  }

  /** The client sends nothing more. */
  finish(): void {
    this.release();
    if (!this.destroyed) this.push(null);
  }

  /** As of a socket: what was written goes out, then the connection ends. */
  destroySoon(): void {
    if (this.writableFinished) this.#client.destroySoon();
    else this.once('finish', () => this.#client.destroySoon()).end();
  }

  /** As of a socket. */
  resetAndDestroy(): void {
    this.#client.resetAndDestroy();
    this.destroy();
  }

  override _read(): void {
    this.#isFull = false;
    this.#wanted();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#client.write(chunk, () => done());
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    // The head of an answer and its body leave as one packet.
    this.#client.cork();
    for (const { chunk } of chunks.slice(0, -1)) this.#client.write(chunk);
    this.#client.write((chunks.at(-1) as { chunk: Buffer }).chunk, () => done());
    this.#client.uncork();
  }

  override _final(done: () => void): void {
    this.#client.end(() => done());
  }

  override _destroy(_error: Error | null, done: (error: null) => void): void {
    this.#client.destroy();
    done(null);
  }
}
