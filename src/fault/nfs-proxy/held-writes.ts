// WRITEs that were acknowledged and are not carried out yet: those of `delayed` wait for a COMMIT
// or CLOSE of their file, those of `unsynced`, as in the memory of a server, for whatever is asked
// of the file next. A crash loses the latter.

import type { ArmedFault, FaultCall } from '../armed-faults.ts';
import type { CalledOperation, Dialect, NfsCall } from './called-operation.ts';
import { NFS4 } from './nfs4-operations.ts';
import { sequenceOf } from './session-slots.ts';

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

  /**
   * Those that come before `call`, which asks for `file`, in the order in which they are carried
   * out.
   * @param isEnd whether it is a COMMIT or CLOSE
   */
  takeBefore(call: NfsCall, file: string, isEnd: boolean): readonly HeldWrite[] {
    return this.take(
      (write) => write.file === file && (isEnd || isCache(write)) && isCarriedBy(write, call),
    );
  }

  /** All that can be carried out before `call`. */
  takeAll(call: NfsCall): readonly HeldWrite[] {
    return this.take((write) => isCarriedBy(write, call));
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

/** What came in a session goes in one: that of the call before which it is carried out. */
function isCarriedBy({ nfsCall }: HeldWrite, call: NfsCall): boolean {
  return sequenceOf(nfsCall) === null || sequenceOf(call) !== null;
}

/** Of a COMPOUND: what makes `sent` a call of its own. */
export function operationsToHold(
  call: NfsCall,
  asked: CalledOperation,
  sent: CalledOperation,
): readonly CalledOperation[] {
  if (call.version === 3) return [sent];
  const before = call.operations.slice(0, call.operations.indexOf(asked));
  const named = before.findLast(
    ({ code, subject }) => code === NFS4.PUTFH && subject.handle === asked.subject.handle,
  );
  return [sequenceOf(call), named, sent].filter((each) => each != null);
}

function isCache({ armed }: HeldWrite): boolean {
  return armed.fault.kind === 'unsynced';
}
