// Requests that the proxy makes itself, among those of the client and with numbers of its own: of
// their replies the client must see nothing.

import { withId } from './call-plan.ts';

/** Numbers of our own requests begin here, far from where clients begin. */
const FIRST_ID = 0xf000_0000;
const LAST_ID = 0xffff_ffff;

/** @param reply null where there will be none, since the session has ended */
export type Answered = (reply: Buffer | null) => void;

export class OwnRequests {
  readonly #send: (packet: Buffer) => void;
  readonly #isTaken: (id: number) => boolean;
  readonly #awaited = new Map<number, Answered>();
  #id = FIRST_ID;
  #isOver = false;

  /** @param isTaken whether a client awaits a reply of that number */
  constructor(send: (packet: Buffer) => void, isTaken: (id: number) => boolean) {
    this.#send = send;
    this.#isTaken = isTaken;
  }

  get areAwaited(): boolean {
    return this.#awaited.size > 0;
  }

  /** @param packet whole, with any number */
  send(packet: Buffer, answered: Answered = NOTHING): void {
    if (this.#isOver) {
      answered(null);
      return;
    }
    do this.#id = this.#id === LAST_ID ? FIRST_ID : this.#id + 1;
    while (this.#isTaken(this.#id) || this.#awaited.has(this.#id));
    this.#awaited.set(this.#id, answered);
    this.#send(withId(packet, this.#id));
  }

  ask(packet: Buffer): Promise<Buffer | null> {
    return new Promise((resolve) => this.send(packet, resolve));
  }

  /** Whether this was the reply to one of them. */
  answered(id: number, reply: Buffer): boolean {
    const answered = this.#awaited.get(id);
    if (!answered) return false;
    this.#awaited.delete(id);
    answered(reply);
    return true;
  }

  close(): void {
    this.#isOver = true;
    for (const answered of this.#awaited.values()) answered(null);
    this.#awaited.clear();
  }
}

const NOTHING = () => undefined;
