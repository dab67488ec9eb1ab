// A file of a block device that is being written. Others see its length with sync and close; what
// of it was never written is then filled with zeros, since the blocks had another content before.

import type { FileHandle } from 'node:fs/promises';
import type { MediumFile } from '../domain/medium.ts';
import { BLOCK_BYTES, type BlockEntry, type BlockTable, type Extent } from './block-layout.ts';
import { capacityBytes, placesOf, resize } from './block-space.ts';
import type { SharedTable } from './block-table.ts';
import { ByteRanges } from './byte-ranges.ts';
import type { ClientCalls } from './client-calls.ts';
import { all, type DirectIo } from './direct-io.ts';
import { OperationError } from './operation-error.ts';

export interface OpenDevice {
  readonly handle: FileHandle;
  readonly io: DirectIo;
  readonly table: SharedTable;
  readonly calls: ClientCalls;
}

const ZEROS = new Uint8Array(256 * 1024);

export class BlockFile implements MediumFile {
  private readonly device: OpenDevice;
  private readonly path: string;
  private readonly id: number;
  private extents: readonly Extent[];
  private length: number;
  private isCut = false;
  private isClosed = false;
  private readonly written = new ByteRanges();

  constructor(device: OpenDevice, path: string, entry: BlockEntry) {
    this.device = device;
    this.path = path;
    this.id = entry.id;
    this.extents = entry.extents;
    this.length = entry.bytes;
    this.written.add(0, entry.bytes);
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    const act = async () => {
      const end = offset + bytes.length;
      await this.reserve('write', end, offset);
      await this.writeAt(offset, bytes);
      this.written.add(offset, end);
      this.length = Math.max(this.length, end);
    };
    return this.run('write', act, offset);
  }

  truncate(lengthBytes: number): Promise<void> {
    return this.run('truncate', async () => {
      await this.reserve('truncate', lengthBytes);
      this.written.cutAt(lengthBytes);
      this.length = lengthBytes;
      this.isCut = true;
    });
  }

  sync(): Promise<void> {
    return this.run('fdatasync', async () => {
      await this.publish('fdatasync');
      await this.device.handle.datasync();
    });
  }

  close(): Promise<void> {
    return this.run('close', async () => {
      this.isClosed = true;
      await this.publish('close');
    });
  }

  private run(operation: string, act: () => Promise<void>, offset?: number): Promise<void> {
    const once = async () => {
      if (!this.isClosed) return act();
      throw new OperationError(operation, this.path, 'EBADF', 'the file is closed', offset);
    };
    return this.device.calls.run(operation, this.path, once, offset);
  }

  /** More blocks where the file had fewer; another writer may have brought them already. */
  private async reserve(operation: string, bytes: number, offset?: number): Promise<void> {
    if (bytes <= capacityBytes(this.extents)) return;
    const { table } = this.device;
    const blocks = Math.ceil(bytes / BLOCK_BYTES);
    this.extents = await table.change((now) => {
      const entry = this.entryIn(now, operation);
      if (bytes <= capacityBytes(entry.extents)) return { table: null, result: entry.extents };
      const space = resize(now, table.totalBlocks, entry.extents, blocks);
      if (!space) throw noSpace(operation, this.path, bytes, offset);
      const files = new Map(now.files).set(this.path, { ...entry, extents: space.extents });
      return { table: { files, nextBlock: space.nextBlock }, result: space.extents };
    });
  }

  private async writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    const places = placesOf(this.extents, offset, bytes.length);
    await all(
      places.map(({ at, from, bytes: part }) =>
        this.device.io.write(at, bytes.subarray(from, from + part)),
      ),
    );
  }

  private async publish(operation: string): Promise<void> {
    for (const [from, to] of this.written.gaps(this.length)) {
      for (let at = from; at < to; at += ZEROS.length) {
        await this.writeAt(at, ZEROS.subarray(0, Math.min(ZEROS.length, to - at)));
      }
    }
    this.written.add(0, this.length);
    await this.device.table.change((now) => {
      const entry = this.entryIn(now, operation);
      const bytes = this.isCut ? this.length : Math.max(entry.bytes, this.length);
      if (bytes === entry.bytes) return { table: null, result: undefined };
      const files = new Map(now.files).set(this.path, { ...entry, bytes });
      return { table: { ...now, files }, result: undefined };
    });
  }

  private entryIn(table: BlockTable, operation: string): BlockEntry {
    const entry = table.files.get(this.path);
    if (entry?.id === this.id) return entry;
    const words = `${this.path} was removed or created anew while it was written`;
    throw new OperationError(operation, this.path, 'ESTALE', words);
  }
}

export function noSpace(
  operation: string,
  path: string,
  bytes: number,
  offset?: number,
): OperationError {
  const words = `the device has no free blocks for ${bytes} bytes of ${path}`;
  return new OperationError(operation, path, 'ENOSPC', words, offset);
}
