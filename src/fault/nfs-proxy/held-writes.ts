// WRITEs of NFSv3 that were acknowledged and are not carried out yet: those of `delayed` wait for a
// COMMIT of their file, those of `unsynced`, as in the memory of a server, for whatever is asked of
// the file next. A crash loses the latter.

import type { ArmedFault, FaultCall } from '../armed-faults.ts';
import type { Dialect, NfsCall } from './called-operation.ts';

/** Beyond this all are carried out. */
const HELD_BYTES_MAX = 64 * 1024 * 1024;

export interface HeldWrite {
  /** Key of its file. */
  readonly file: string;
  /** Of this one WRITE, as it is to be carried out. */
  readonly nfsCall: NfsCall;
  readonly dialect: Dialect;
  readonly call: FaultCall;
  readonly armed: ArmedFault;
}

export class HeldWrites {
  #held: readonly HeldWrite[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  get isFull(): boolean {
    return this.#bytes > HELD_BYTES_MAX;
  }

  add(write: HeldWrite): void {
    this.#keep([...this.#held, write]);
  }

  /** Those that come before a call about `file`, in the order in which they are carried out. */
  takeBefore(isCommit: boolean, file: string): readonly HeldWrite[] {
    return this.take((write) => write.file === file && (isCommit || isCache(write)));
  }

  take(isTaken: (write: HeldWrite) => boolean): readonly HeldWrite[] {
    const taken = this.#held.filter(isTaken);
    if (taken.length > 0) this.#keep(this.#held.filter((write) => !taken.includes(write)));
    const isReversed = ({ armed }: HeldWrite) => armed.fault.values.until === 'reversed';
    const reversed = taken.filter(isReversed).reverse();
    return [...taken.filter((write) => !isReversed(write)), ...reversed];
  }

  /** Those that this fault holds, by file. */
  by(armed: ArmedFault): ReadonlyMap<string, readonly HeldWrite[]> {
    return Map.groupBy(
      this.#held.filter((write) => write.armed === armed),
      ({ file }) => file,
    );
  }

  #keep(held: readonly HeldWrite[]): void {
    this.#held = held;
    this.#bytes = held.reduce((sum, { call }) => sum + call.length, 0);
  }
}

function isCache({ armed }: HeldWrite): boolean {
  return armed.fault.kind === 'unsynced';
}
