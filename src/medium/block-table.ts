// The table of a block device as its clients share it, also those of other processes: a change is
// made under flock(2) of the device, and a look takes no lock, since one of two copies is whole at
// any moment (src/medium/block-layout.ts).

import type { FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../base/clock.ts';
import {
  BLOCK_BYTES,
  type BlockEntry,
  type BlockHeader,
  type BlockTable,
  copyOf,
  decodeHeader,
  decodeTable,
  ENTRIES_BYTES_MAX,
  encodeTable,
  entriesAt,
  FIRST_DATA_BLOCK,
  HEADERS_BYTES,
} from './block-layout.ts';
import { type DirectIo, nativeCalls } from './direct-io.ts';
import { OperationError } from './operation-error.ts';

const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;
const LOCK_PAUSE_MS = 2;
/** Looks at a table that changes all the time, before it counts as damaged. */
const LOOKS = 20;

/** At both ends: file systems at the beginning, RAID and GPT at the end. */
const SIGNATURE_BLOCKS = FIRST_DATA_BLOCK;

/** A change: what it makes of the table, null for nothing, and what it found out. */
export interface TableChange<Result> {
  readonly table: Omit<BlockTable, 'sequence'> | null;
  readonly result: Result;
}

export class SharedTable {
  readonly totalBlocks: number;
  private readonly handle: FileHandle;
  private readonly io: DirectIo;
  private readonly limitMs: number;
  private readonly flock: (fd: number, operation: number) => number;
  private latest: { readonly table: BlockTable; readonly crc: number } | null = null;
  /** Ends with the last change: flock does not part changes of one descriptor. */
  private changes: Promise<unknown> = Promise.resolve();

  constructor(handle: FileHandle, io: DirectIo, totalBlocks: number, limitMs: number) {
    this.handle = handle;
    this.io = io;
    this.totalBlocks = totalBlocks;
    this.limitMs = limitMs;
    this.flock = nativeCalls().load(null).func('int flock(int fd, int operation)');
  }

  /** An empty table where there is none; one that is there stays, with all its files. */
  makeIfAbsent(): Promise<'made' | 'found'> {
    return this.alone(async () => {
      if (await this.look()) return 'found';
      await this.clearSignatures();
      const empty = { nextBlock: FIRST_DATA_BLOCK, files: new Map<string, BlockEntry>() };
      await this.write({ ...empty, sequence: 1 });
      await this.write({ ...empty, sequence: 2 });
      return 'made';
    });
  }

  /** Of what was there before, or others would still take the device for it and repair it. */
  private async clearSignatures(): Promise<void> {
    const zeros = new Uint8Array(SIGNATURE_BLOCKS * BLOCK_BYTES);
    for (const block of [0, this.totalBlocks - SIGNATURE_BLOCKS]) {
      await this.io.write(block * BLOCK_BYTES, zeros);
    }
    await this.handle.datasync();
  }

  /** As of now. @throws OperationError */
  async now(): Promise<BlockTable> {
    const table = await this.look();
    if (table) return table;
    const words = 'the table at the beginning of the device is damaged in both copies';
    throw new OperationError('read', '/', 'EIO', words, 0);
  }

  /** @throws OperationError also `ENOSPC` where the table is full, and what `edit` throws */
  change<Result>(edit: (table: BlockTable) => TableChange<Result>): Promise<Result> {
    return this.alone(async () => {
      const before = await this.now();
      const { table, result } = edit(before);
      if (table) await this.write({ ...table, sequence: before.sequence + 1 });
      return result;
    });
  }

  private alone<Result>(act: () => Promise<Result>): Promise<Result> {
    const turn = this.changes.then(async () => {
      await this.lock();
      try {
        return await act();
      } finally {
        this.flock(this.handle.fd, LOCK_UN);
      }
    });
    this.changes = turn.catch(() => undefined);
    return turn;
  }

  /** Without waiting in the kernel: that would take a thread which the holder may need. */
  private async lock(): Promise<void> {
    const begunMs = monotonicMs();
    while (this.flock(this.handle.fd, LOCK_EX | LOCK_NB) !== 0) {
      if (this.handle.fd < 0) throw new OperationError('flock', '/', 'ENOTCONN', 'closed');
      if (monotonicMs() - begunMs > this.limitMs) {
        const words = `another program held the lock of the device for ${this.limitMs} ms`;
        throw new OperationError('flock', '/', 'ETIMEDOUT', words);
      }
      await sleep(LOCK_PAUSE_MS);
    }
  }

  private async look(): Promise<BlockTable | null> {
    for (let looks = 0; looks < LOOKS; looks++) {
      const headers = await this.readHeaders();
      for (const header of headers) {
        const table = await this.read(header);
        if (table) return table;
      }
      if (headers.length === 0) return null;
      await sleep(1);
    }
    return null;
  }

  /** The newer one first. */
  private async readHeaders(): Promise<BlockHeader[]> {
    const bytes = new Uint8Array(HEADERS_BYTES);
    await this.io.read(0, bytes);
    return [0, BLOCK_BYTES]
      .map((at) => decodeHeader(bytes.subarray(at, at + BLOCK_BYTES)))
      .filter((header) => header !== null)
      .toSorted((a, b) => b.sequence - a.sequence);
  }

  private async read(header: BlockHeader): Promise<BlockTable | null> {
    const { sequence, entriesBytes, entriesCrc } = header;
    if (this.latest?.table.sequence === sequence && this.latest.crc === entriesCrc) {
      return this.latest.table;
    }
    const entries = new Uint8Array(entriesBytes);
    await this.io.read(entriesAt(copyOf(sequence)), entries);
    const table = decodeTable(header, entries);
    if (table) this.latest = { table, crc: entriesCrc };
    return table;
  }

  private async write(table: BlockTable): Promise<void> {
    const encoded = encodeTable(table);
    if (!encoded) {
      const words = `the table of files is full (${ENTRIES_BYTES_MAX} bytes)`;
      throw new OperationError('write', '/', 'ENOSPC', words);
    }
    const copy = copyOf(table.sequence);
    await this.io.write(entriesAt(copy), encoded.entries);
    await this.io.write(copy * BLOCK_BYTES, encoded.header);
    // The other copy is overwritten next, so this one must be there by then.
    await this.handle.datasync();
  }
}
