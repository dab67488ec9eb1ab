// A file in memory with a storage below it that fails as real ones do: a write is acknowledged in a
// volatile cache, a sync makes it durable or drops it, a restart forgets what was not durable and
// makes handles stale. Which call fails and how is drawn by the test.

import type { OpenWritable, WritableFile } from '../../../src/medium/writable-file.ts';

/** What happens to one call: nothing, or an error before or after its effect. */
export type Fault =
  | { readonly kind: 'none' }
  | { readonly kind: 'refused' | 'done' | 'partly'; readonly code: string }
  /** What is not durable is gone; the handle is stale, or only the verifier another. */
  | { readonly kind: 'restart'; readonly stale: boolean };

export class FaultyStorage {
  durable = new Uint8Array(0);
  opened = 0;
  calls = 0;
  #cache = new Uint8Array(0);
  #epoch = 0;
  readonly #faults: Fault[];

  constructor(faults: readonly Fault[]) {
    this.#faults = [...faults];
  }

  /** No further call fails. */
  heal(): void {
    this.#faults.length = 0;
  }

  readonly open: OpenWritable = async (again) => {
    await this.#meet(() => {
      if (!again) [this.durable, this.#cache] = [new Uint8Array(0), new Uint8Array(0)];
    });
    this.opened++;
    return this.#file();
  };

  #file(): WritableFile {
    const handle = { epoch: this.#epoch, written: this.#epoch, isClosed: false };
    const check = () => {
      if (handle.isClosed) throw failure('EBADF');
      if (handle.epoch < 0) throw failure('ESTALE');
    };
    return {
      write: (offset, bytes) =>
        this.#meet(
          (share) => {
            check();
            this.#cache = laid(this.#cache, offset, bytes.subarray(0, share * bytes.length));
          },
          (stale) => {
            if (stale) handle.epoch = -1;
          },
        ),
      sync: () =>
        this.#meet(
          () => {
            check();
            const changed = handle.written !== this.#epoch;
            handle.written = this.#epoch;
            this.durable = this.#cache.slice();
            if (changed) throw failure('NFS3ERR_VERIFIER');
          },
          (stale) => {
            if (stale) handle.epoch = -1;
          },
          // As fsync(2) of Linux: after an error the pages are clean, and gone.
          () => {
            this.#cache = this.durable.slice();
          },
        ),
      close: () =>
        this.#meet(() => {
          check();
          handle.isClosed = true;
        }),
    };
  }

  async #meet(
    act: (share: number) => void,
    onRestart: (stale: boolean) => void = () => {},
    onRefused: () => void = () => {},
  ): Promise<void> {
    this.calls++;
    const fault = this.#faults.shift() ?? { kind: 'none' };
    await Promise.resolve();
    if (fault.kind === 'restart') {
      this.#epoch++;
      this.#cache = this.durable.slice();
      onRestart(fault.stale);
      if (fault.stale) throw failure('ECONNRESET');
      return act(1);
    }
    if (fault.kind === 'refused') {
      onRefused();
      throw failure(fault.code);
    }
    act(fault.kind === 'partly' ? 0.5 : 1);
    if (fault.kind !== 'none') throw failure(fault.code);
  }
}

export function failure(code: string): Error {
  return Object.assign(new Error(`${code}: planted`), { code });
}

function laid(content: Uint8Array, offset: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const longer = new Uint8Array(Math.max(content.length, offset + bytes.length));
  longer.set(content);
  longer.set(bytes, offset);
  return longer;
}
