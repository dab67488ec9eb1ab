// Files on a block device: names and extents are in the table that its clients share, content goes
// straight to its blocks. A file that is created again keeps its blocks, so that a write that the
// device loses shows as the content that was there before. There are no directories, and a rename
// would only try our own table; a name's new content is seen with close, never a part of it.

import type {
  FileStatus,
  MediumClient,
  MediumFile,
  PutCondition,
  WriteManner,
} from '../domain/medium.ts';
import { BlockFile, noSpace, type OpenDevice } from './block-file.ts';
import { BLOCK_BYTES, type BlockEntry, type BlockTable } from './block-layout.ts';
import { placesOf, resize } from './block-space.ts';
import type { SharedTable } from './block-table.ts';
import { type ClientCalls, refuseManners, unsupported } from './client-calls.ts';
import { all, ShortTransferError } from './direct-io.ts';
import { OperationError } from './operation-error.ts';

/** Reads of a name that is created again and again, before the last one counts. */
const READS = 10;

export class BlockClient implements MediumClient {
  private readonly device: OpenDevice;
  private readonly table: SharedTable;
  private readonly calls: ClientCalls;

  constructor(device: OpenDevice) {
    this.device = device;
    this.table = device.table;
    this.calls = device.calls;
  }

  async makeDirectory(path: string): Promise<void> {
    await this.calls.run('mkdir', path, () => this.table.now());
  }

  removeTree(path: string): Promise<void> {
    return this.calls.run('remove', path, () =>
      this.table.change((table) => {
        const below = prefixOf(path);
        const left = [...table.files].filter(([name]) => name !== path && !name.startsWith(below));
        const isChanged = left.length < table.files.size;
        return { table: isChanged ? { ...table, files: new Map(left) } : null, result: undefined };
      }),
    );
  }

  names(path: string): Promise<readonly string[]> {
    return this.calls.run('list', path, async () => {
      const below = prefixOf(path);
      const names = [...(await this.table.now()).files.keys()]
        .filter((name) => name.startsWith(below))
        .map((name) => name.slice(below.length).split('/')[0] as string);
      return [...new Set(names)].toSorted();
    });
  }

  create(path: string, manner: WriteManner): Promise<MediumFile> {
    return this.calls.run('create', path, async () => {
      refuseManners(path, manner);
      const blocks = Math.ceil(manner.totalBytes / BLOCK_BYTES);
      const entry = await this.table.change((table) => {
        const extents = table.files.get(path)?.extents ?? [];
        const space = resize(table, this.table.totalBlocks, extents, blocks);
        if (!space) throw noSpace('create', path, manner.totalBytes);
        const created = { id: table.sequence + 1, bytes: 0, extents: space.extents };
        const files = new Map(table.files).set(path, created);
        return { table: { files, nextBlock: space.nextBlock }, result: created };
      });
      return new BlockFile(this.device, path, entry);
    });
  }

  open(path: string, manner: WriteManner): Promise<MediumFile> {
    return this.calls.run('open', path, async () => {
      refuseManners(path, manner);
      return new BlockFile(this.device, path, entryOf(await this.table.now(), 'open', path));
    });
  }

  put(path: string, _bytes: Uint8Array, _condition?: PutCondition): Promise<never> {
    return this.calls.run('put', path, async () => {
      throw unsupported('put', path, 'replacing in one operation');
    });
  }

  read(path: string, offset: number, into: Uint8Array): Promise<number> {
    const act = async () => {
      let came = 0;
      // Blocks may be given to another file while they are read: then what was read is not ours.
      for (let reads = 0; reads < READS; reads++) {
        const entry = entryOf(await this.table.now(), 'read', path);
        came = await this.readOnce(entry, offset, into);
        if ((await this.table.now()).files.get(path)?.id === entry.id) break;
      }
      return came;
    };
    return this.calls.run('read', path, act, offset);
  }

  async length(path: string): Promise<number | null> {
    return (await this.status(path))?.bytes ?? null;
  }

  status(path: string): Promise<FileStatus | null> {
    return this.calls.run('stat', path, async () => {
      const bytes = (await this.table.now()).files.get(path)?.bytes;
      if (bytes === undefined) return null;
      return { bytes, modifiedMs: null, allocatedBytes: null, permissions: null };
    });
  }

  rename(from: string): Promise<never> {
    return this.calls.run('rename', from, async () => {
      throw unsupported('rename', from, 'rename');
    });
  }

  async close(): Promise<void> {
    if (!this.calls.close()) return;
    await this.calls.settled();
    await this.device.handle.close().catch(() => undefined);
  }

  private async readOnce(entry: BlockEntry, offset: number, into: Uint8Array): Promise<number> {
    const bytes = Math.min(into.length, Math.max(0, entry.bytes - offset));
    const places = placesOf(entry.extents, offset, bytes);
    const reads = places.map(async ({ at, from, bytes: part }) => {
      const came = await this.device.io.read(at, into.subarray(from, from + part));
      if (came === part) return;
      throw new ShortTransferError(`read returned ${came} of ${part} bytes at ${at} of the device`);
    });
    await all(reads);
    return bytes;
  }
}

function entryOf(table: BlockTable, operation: string, path: string): BlockEntry {
  const entry = table.files.get(path);
  if (entry) return entry;
  throw new OperationError(operation, path, 'ENOENT', `there is no ${path} on the device`);
}

function prefixOf(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}
