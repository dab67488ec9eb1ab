// The faults `unsynced`: at a signal or after a time the server has as good as crashed and come
// back. What was written and neither committed nor looked at is gone, and its write verifier is
// another, by which a client that keeps to the protocol learns of it (RFC 1813, section 4.8).

import type { ArmedFault, ArmedFaults } from '../armed-faults.ts';
import { CrashMoments } from '../crash-moments.ts';
import type { HeldWrites } from './held-writes.ts';
import type { ServerState } from './server-state.ts';

export class ServerCrashes {
  readonly #faults: ArmedFaults;
  readonly #held: HeldWrites;
  readonly #state: ServerState;
  readonly #moments: CrashMoments;

  constructor(faults: ArmedFaults, held: HeldWrites, state: ServerState) {
    this.#faults = faults;
    this.#held = held;
    this.#state = state;
    this.#moments = new CrashMoments(faults, (armed) => this.#crash(armed));
  }

  close(): void {
    this.#moments.close();
  }

  #crash(armed: ArmedFault): void {
    let isLost = false;
    for (const [file, writes] of this.#held.by(armed)) {
      const offset = Math.min(...writes.map(({ call }) => call.offset));
      const end = Math.max(...writes.map(({ call }) => call.offset + call.length));
      const path = writes[0]?.call.path ?? '';
      const call = { operation: 'write', path, offset, length: end - offset } as const;
      if (this.#faults.firing(call, (fault) => fault === armed.fault).length === 0) continue;
      this.#held.take((write) => write.armed === armed && write.file === file);
      const what = `${writes.length} WRITEs lost that were not committed; another write verifier`;
      this.#faults.receipt(armed, call, what);
      isLost = true;
    }
    if (isLost) this.#state.changeVerifier();
  }
}
