// What the proxy pretends of the server, for all connections: a server has one write verifier, and
// remembers for which files an error is still to be told.

import type { Rng } from '../../base/rng.ts';

const VERIFIER_BYTES = 8;

export class ServerState {
  readonly #rng: Rng;
  /** What the server's verifier is combined with; null while it is the server's own. */
  #verifierMask: Buffer | null = null;
  /** Statuses that are told at the next COMMIT, by file. */
  readonly #late = new Map<string, number>();

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** As a restart does. Until the proxy ends: a server never takes an old verifier again. */
  changeVerifier(): void {
    const bytes = Array.from({ length: VERIFIER_BYTES }, () => this.#rng.integer(1, 255));
    this.#verifierMask = Buffer.from(bytes);
  }

  /** Whether verifiers must be changed on their way. */
  get hasOtherVerifier(): boolean {
    return this.#verifierMask !== null;
  }

  /** What the client is told for a verifier of the server, if it is told as of this moment. */
  verifierNow(): (real: Buffer) => Buffer {
    const mask = this.#verifierMask;
    if (mask === null) return (real) => real;
    return (real) => Buffer.from(real.map((byte, at) => byte ^ (mask[at] as number)));
  }

  failLater(file: string, status: number): void {
    this.#late.set(file, status);
  }

  /** The status that is due for this file, once. */
  takeFailure(file: string): number | null {
    const status = this.#late.get(file) ?? null;
    this.#late.delete(file);
    return status;
  }

  get hasLateFailures(): boolean {
    return this.#late.size > 0;
  }
}
