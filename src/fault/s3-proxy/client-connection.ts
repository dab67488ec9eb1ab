// One connection of a client, joined to one of its own to the server. What no fault can be about
// passes between the two as it is, so that a proxy without faults costs little more than the way
// through it; what one may be about leaves this way at its head, and is attended to. Answers keep
// the order of their requests, also where a client does not wait for them.

import type { Socket } from 'node:net';
import { LentChunk } from '../pooled-reads.ts';
import type { Joint } from '../relay.ts';
import { AttendedStream } from './attended-stream.ts';
import { type MessageHead, MessageSplitter } from './message-splitter.ts';

const SPACE = 0x20;
const SLASH = 0x2f;

/** Where requests go. */
export interface Routes {
  /** Whether all requests may pass. */
  isQuiet(): boolean;
  /** Told of every request: whether it may pass unseen. */
  mayPass(head: MessageHead): boolean;
  /** A stream of requests that may not. */
  attend(stream: AttendedStream): void;
  /** Told of every answer that passed. */
  answered(): void;
  note(text: string): void;
}

export class ClientConnection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #routes: Routes;
  /** Methods of the requests that passed and have no whole answer yet. */
  readonly #passed: string[] = [];
  #attended: AttendedStream | null = null;
  #isPassing = true;
  /** The answer that comes is one before the real one: 100 Continue. */
  #isInterim = false;
  /** The server's side has ended: it takes nothing more on this connection. */
  #isServerOver = false;
  /** The chunk of the client that is being passed on. */
  #lent = new LentChunk(() => undefined);
  readonly #requests = new MessageSplitter('REQUEST', {
    head: (head) => this.#requested(head),
    bytes: (bytes) => this.#forward(bytes),
    end: () => undefined,
  });
  readonly #answers = new MessageSplitter('RESPONSE', {
    head: (head) => this.#answering(head),
    bytes: () => undefined,
    end: () => this.#answered(),
  });

  constructor({ client, server, fromClient, fromServer }: Joint, routes: Routes) {
    this.#client = client;
    this.#server = server;
    this.#routes = routes;
    fromClient.take = (chunk, release) => this.#sent(chunk, release);
    fromServer.take = (chunk, release) => this.#came(chunk, release);
    client.on('drain', () => server.resume());
    server.on('drain', () => this.#resume());
    client.on('end', () => {
      server.end();
      this.#attended?.finish();
    });
    server.on('end', () => this.#serverOver());
  }

  #sent(chunk: Buffer, release: () => void): void {
    this.#lent = new LentChunk(release);
    // What needs no decision is on its way before anybody looks at it.
    const isOut = this.#routes.isQuiet() && this.#isWayFree(chunk);
    if (isOut) this.#toServer(chunk);
    if (!this.#requests.take(chunk, isOut)) this.#client.destroy();
    this.#lent.returned();
  }

  #isWayFree(chunk: Buffer): boolean {
    if (this.#isServerOver || this.#attended?.isBusy || this.#requests.isHolding) return false;
    if (!this.#requests.isBetween) return this.#isPassing;
    // A client that takes this for its HTTP proxy names a whole URL.
    return chunk[chunk.indexOf(SPACE) + 1] === SLASH;
  }

  #requested(head: MessageHead): boolean {
    const mayPass = this.#routes.mayPass(head) && !this.#isServerOver && !this.#attended?.isBusy;
    this.#isPassing = head.isOut || mayPass;
    if (this.#isPassing) this.#passed.push(head.method);
    else {
      if (!this.#attended) {
        this.#attended = new AttendedStream(this.#client, () => this.#resume());
        this.#routes.attend(this.#attended);
      }
      this.#attended.begin(this.#passed.length > 0);
    }
    return false;
  }

  #forward(bytes: Buffer): void {
    if (this.#isPassing) this.#toServer(bytes);
    else if (this.#attended) {
      this.#attended.give(Buffer.from(bytes));
      if (this.#attended.isFull) this.#client.pause();
    }
  }

  #toServer(bytes: Buffer): void {
    if (!this.#server.write(bytes, this.#lent.lend())) this.#client.pause();
  }

  #came(chunk: Buffer, release: () => void): void {
    // What nobody asked for is the server's word at the end of an idle connection.
    const isAsked = this.#passed.length > 0 || !this.#attended?.isBusy;
    if (!isAsked) release();
    else if (!this.#client.write(chunk, release)) this.#server.pause();
    if (isAsked && !this.#answers.take(chunk, true)) this.#unreadable();
  }

  #answering({ status }: MessageHead): boolean {
    this.#isInterim = status < 200 && status !== 101;
    return this.#passed[0] === 'HEAD';
  }

  #answered(): void {
    if (this.#isInterim) return;
    this.#passed.shift();
    this.#routes.answered();
    if (this.#passed.length === 0) this.#attended?.release();
  }

  #resume(): void {
    if (!this.#server.writableNeedDrain && !this.#attended?.isFull) this.#client.resume();
  }

  #serverOver(): void {
    this.#isServerOver = true;
    this.#server.end();
    // It saw nothing of the requests that were attended to: of those another connection knows.
    if (this.#passed.length > 0 || !this.#attended?.isBusy) this.#client.end();
  }

  #unreadable(): void {
    this.#routes.note("what the server answers is not HTTP/1.1: a client's connection was reset");
    this.#client.resetAndDestroy();
  }
}
