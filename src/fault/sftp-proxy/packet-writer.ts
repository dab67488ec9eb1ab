// Writes packets and pieces of packets to a channel. A packet of our own must wait while one that
// passes in pieces is in its middle, or it would end up inside it.

import type { Duplex } from 'node:stream';

export class PacketWriter {
  readonly #channel: Duplex;
  readonly #pack: () => void;
  readonly #lend: () => () => void;
  readonly #waiting: Buffer[] = [];
  #isInside = false;

  /**
   * @param pack called before each write, so that those of one turn leave together
   * @param lend called for each piece that passes; what it returns, once that is out
   */
  constructor(channel: Duplex, pack: () => void, lend: () => () => void) {
    this.#channel = channel;
    this.#pack = pack;
    this.#lend = lend;
  }

  packet(packet: Buffer): void {
    if (this.#isInside) this.#waiting.push(packet);
    else this.#write(packet);
  }

  pass(bytes: Buffer, isWhole: boolean): void {
    this.#write(bytes, this.#lend());
    this.#isInside = !isWhole;
    if (!isWhole) return;
    for (const packet of this.#waiting.splice(0)) this.#write(packet);
  }

  #write(bytes: Buffer, written?: () => void): void {
    if (!this.#channel.writable) return;
    this.#pack();
    this.#channel.write(bytes, written);
  }
}
