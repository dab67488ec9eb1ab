// The way out to one of the two ends. Bytes that pass go as they come; what the proxy itself sends,
// such as a reply that was late, waits for the end of the record that is passing.

import type { Socket } from 'node:net';

export class Outlet {
  readonly #socket: Socket;
  readonly #isBetween: () => boolean;
  #waiting: Buffer[] = [];

  /** @param isBetween whether what has passed so far is whole records */
  constructor(socket: Socket, isBetween: () => boolean) {
    this.#socket = socket;
    this.#isBetween = isBetween;
  }

  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  /** @param done called when the bytes are no longer needed */
  pass(bytes: Buffer, done: () => void): void {
    this.#socket.write(bytes, done);
  }

  /** A whole record, with its marks. */
  insert(parts: readonly Buffer[]): void {
    if (this.waits || !this.#isBetween()) {
      this.#waiting.push(...parts);
      return;
    }
    this.#socket.cork();
    for (const part of parts) this.#socket.write(part);
    this.#socket.uncork();
  }

  /** To be called between two records. */
  between(): void {
    if (!this.waits) return;
    const parts = this.#waiting;
    this.#waiting = [];
    for (const part of parts) this.#socket.write(part);
  }
}
