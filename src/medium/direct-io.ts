// Reads and writes of any offset and length through a descriptor that may be O_DIRECT, which takes
// whole sectors from aligned memory only (open(2), NOTES). What is aligned goes through as it is,
// one system call for one write; the rest goes through aligned memory of our own.

import type { FileHandle } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { assert } from '../base/assert.ts';
import { HeisenwriteError } from '../domain/errors.ts';

/** Enough for every device: its logical block is at most a page. */
const MEMORY_ALIGNMENT_BYTES = 4096;
const SPARE_BUFFERS = 8;
const SPARE_BYTES_MAX = 4 * 2 ** 20;

/** @throws HeisenwriteError `missing-component` */
export function nativeCalls(): typeof import('koffi') {
  try {
    return createRequire(import.meta.url)('koffi');
  } catch (error) {
    throw new HeisenwriteError('missing-component', 'koffi, for calls of the system, is missing', {
      remedy: 'npm install koffi',
      cause: error,
    });
  }
}

/** A call that moved fewer bytes than asked, where the device has more. */
export class ShortTransferError extends Error {
  override name = 'ShortTransferError';
}

export class DirectIo {
  private readonly handle: FileHandle;
  /** Of offsets and lengths that the descriptor takes; bytes. */
  private readonly unitBytes: number;
  private readonly address: (view: Uint8Array) => bigint;
  private readonly spare: Uint8Array[] = [];
  /** Ends when the last write to a part of a unit has. */
  private partWrites: Promise<unknown> = Promise.resolve();

  constructor(handle: FileHandle, unitBytes: number) {
    this.handle = handle;
    this.unitBytes = unitBytes;
    const { address } = nativeCalls();
    this.address = (view) => address(view);
  }

  /** Returns the bytes that came, fewer only at the end of the device. */
  async read(at: number, into: Uint8Array): Promise<number> {
    if (into.length === 0) return 0;
    if (this.isAligned(at, into)) {
      return (await this.handle.read(into, 0, into.length, at)).bytesRead;
    }
    const first = this.floor(at);
    const bytes = this.floor(at + into.length + this.unitBytes - 1) - first;
    return this.withMemory(bytes, async (memory) => {
      const { bytesRead } = await this.handle.read(memory, 0, bytes, first);
      const came = Math.max(0, Math.min(into.length, bytesRead - (at - first)));
      into.set(memory.subarray(at - first, at - first + came));
      return came;
    });
  }

  /**
   * All of it or it rejects. The parts of units at both ends are read, changed and written, one
   * after the other; whole units are written at once.
   */
  async write(at: number, bytes: Uint8Array): Promise<void> {
    const end = at + bytes.length;
    const from = Math.min(this.floor(at + this.unitBytes - 1), end);
    const to = Math.max(this.floor(end), from);
    const parts = [];
    if (from > at) parts.push(this.queuePart(at, bytes.subarray(0, from - at)));
    if (to > from) parts.push(this.writeWhole(from, bytes.subarray(from - at, to - at)));
    if (end > to) parts.push(this.queuePart(to, bytes.subarray(to - at)));
    await all(parts);
  }

  private queuePart(at: number, bytes: Uint8Array): Promise<void> {
    const turn = this.partWrites.then(() => this.writePart(at, bytes));
    this.partWrites = turn.catch(() => undefined);
    return turn;
  }

  private writePart(at: number, bytes: Uint8Array): Promise<void> {
    const first = this.floor(at);
    return this.withMemory(this.unitBytes, async (memory) => {
      const { bytesRead } = await this.handle.read(memory, 0, this.unitBytes, first);
      assert(bytesRead === this.unitBytes, 'a unit of the device can be read whole');
      memory.set(bytes, at - first);
      await this.writeOnce(first, memory);
    });
  }

  private async writeWhole(at: number, bytes: Uint8Array): Promise<void> {
    if (this.isAligned(at, bytes)) return this.writeOnce(at, bytes);
    await this.withMemory(bytes.length, (memory) => {
      memory.set(bytes);
      return this.writeOnce(at, memory);
    });
  }

  private async writeOnce(at: number, bytes: Uint8Array): Promise<void> {
    const { bytesWritten } = await this.handle.write(bytes, 0, bytes.length, at);
    if (bytesWritten === bytes.length) return;
    throw new ShortTransferError(`write returned ${bytesWritten} of ${bytes.length} bytes`);
  }

  private isAligned(at: number, view: Uint8Array): boolean {
    const isUnit = at % this.unitBytes === 0 && view.length % this.unitBytes === 0;
    return isUnit && this.address(view) % BigInt(this.unitBytes) === 0n;
  }

  private floor(at: number): number {
    return at - (at % this.unitBytes);
  }

  /** Aligned memory of exactly this length, used again later. */
  private async withMemory<Result>(
    bytes: number,
    use: (memory: Uint8Array) => Promise<Result>,
  ): Promise<Result> {
    const found = this.spare.findIndex((each) => each.length >= bytes);
    const memory =
      found < 0 ? this.makeMemory(bytes) : (this.spare.splice(found, 1)[0] as Uint8Array);
    try {
      return await use(memory.subarray(0, bytes));
    } finally {
      const isKept = this.spare.length < SPARE_BUFFERS && memory.length <= SPARE_BYTES_MAX;
      if (isKept) this.spare.push(memory);
    }
  }

  private makeMemory(bytes: number): Uint8Array {
    const raw = new Uint8Array(bytes + MEMORY_ALIGNMENT_BYTES);
    const beyond = Number(this.address(raw) % BigInt(MEMORY_ALIGNMENT_BYTES));
    return raw.subarray(MEMORY_ALIGNMENT_BYTES - beyond).subarray(0, bytes);
  }
}

/** Waits for all, also when one fails: none may go on in memory that is used again. */
export async function all(calls: readonly Promise<unknown>[]): Promise<void> {
  const ended = await Promise.allSettled(calls);
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed) throw (failed as PromiseRejectedResult).reason;
}
