// The port of media over NFSv3. Nothing is cached but handles of directories, and several requests
// are under way where a call is larger than the server takes at a time.

import { freshHuntNumber } from '../base/rng.ts';
import type { MediumClient, MediumFile, PutCondition, WriteManner } from '../domain/medium.ts';
import { ClientCalls, unsupported } from './client-calls.ts';
import { NfsFile } from './nfs-file.ts';
import { ignore, type NfsPaths } from './nfs-paths.ts';
import {
  create,
  fsstat,
  getattr,
  lookup,
  type Place,
  read,
  readdir,
  remove,
  rename,
} from './nfs-procedures.ts';
import { type Handle, NfsError, type NfsTransport } from './nfs-transport.ts';

/** Of the temporary that a put renames; it is ours and not listed. */
const PUT_PREFIX = '.heisenwrite-put-';
const ABSENT = ['NFS3ERR_NOENT', 'NFS3ERR_NOTDIR'] as const;

export interface NfsSizes {
  /** Bytes that one READ and one WRITE may carry. */
  readonly readMax: number;
  readonly writeMax: number;
}

export class NfsClient implements MediumClient {
  private readonly transport: NfsTransport;
  private readonly paths: NfsPaths;
  private readonly sizes: NfsSizes;
  private readonly calls: ClientCalls;

  constructor(transport: NfsTransport, paths: NfsPaths, sizes: NfsSizes, limitMs: number) {
    this.transport = transport;
    this.paths = paths;
    this.sizes = sizes;
    const codeOf = (error: unknown) => (error instanceof NfsError ? error.code : null);
    this.calls = new ClientCalls({ limitMs }, codeOf);
  }

  makeDirectory(path: string): Promise<void> {
    return this.run('MKDIR', path, () => this.paths.make(path));
  }

  removeTree(path: string): Promise<void> {
    return this.run('REMOVE', path, async () => {
      const place = await this.paths.place(path).catch(ignore(...ABSENT));
      if (place) await this.removeBelow(place);
      this.paths.forget();
    });
  }

  names(path: string): Promise<readonly string[]> {
    return this.run('READDIR', path, async () => {
      const handle = await this.paths.handle(path).catch(ignore(...ABSENT));
      const names = handle ? await readdir(this.transport, handle) : [];
      return names.filter((name) => !name.startsWith(PUT_PREFIX)).toSorted();
    });
  }

  create(path: string, manner: WriteManner): Promise<MediumFile> {
    return this.run('CREATE', path, async () => {
      refuseParts(path, manner);
      const handle = await create(this.transport, await this.paths.place(path), false);
      return this.fileOn(handle, path, manner);
    });
  }

  open(path: string, manner: WriteManner): Promise<MediumFile> {
    return this.run('LOOKUP', path, async () => {
      refuseParts(path, manner);
      return this.fileOn(await this.paths.handle(path), path, manner);
    });
  }

  put(path: string, bytes: Uint8Array, condition?: PutCondition): Promise<null> {
    return this.run('RENAME', path, async () => {
      if (condition) throw unsupported('put', path, `a put when ${condition.when}`);
      const place = await this.paths.place(path);
      const temporary = { ...place, name: PUT_PREFIX + freshHuntNumber() };
      try {
        const handle = await create(this.transport, temporary, true);
        const manner = { stability: 'any', upload: 'any', totalBytes: bytes.length } as const;
        const file = this.fileOn(handle, path, manner);
        await file.write(0, bytes);
        await file.close();
        await rename(this.transport, temporary, place);
      } catch (error) {
        await remove(this.transport, 'REMOVE', temporary).catch(() => undefined);
        throw error;
      }
      return null;
    });
  }

  read(path: string, offset: number, into: Uint8Array): Promise<number> {
    const act = async () => {
      const handle = await this.paths.handle(path);
      return readPieces(this.transport, handle, offset, into, this.sizes.readMax);
    };
    return this.run('READ', path, act, offset);
  }

  length(path: string): Promise<number | null> {
    return this.run('GETATTR', path, async () => {
      const handle = await this.paths.handle(path).catch(ignore(...ABSENT));
      if (handle === null) return null;
      const { isDirectory, size } = await getattr(this.transport, handle);
      return isDirectory ? null : size;
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.run('RENAME', from, async () => {
      const [source, target] = [await this.paths.place(from), await this.paths.place(to)];
      await rename(this.transport, source, target);
      this.paths.forget();
    });
  }

  async freeBytes(): Promise<number> {
    return this.run('FSSTAT', '/', async () => fsstat(this.transport, await this.paths.root()));
  }

  async close(): Promise<void> {
    if (this.calls.close()) this.transport.close();
  }

  /** A handle of a directory that is stale is looked up anew, once. */
  private run<Result>(
    procedure: string,
    path: string,
    act: () => Promise<Result>,
    offset?: number,
  ): Promise<Result> {
    const again = async (error: unknown) => {
      if (!(error instanceof NfsError) || error.code !== 'NFS3ERR_STALE') throw error;
      this.paths.forget();
      return act();
    };
    return this.calls.run(procedure, path, () => act().catch(again), offset);
  }

  private fileOn(handle: Handle, path: string, { stability }: WriteManner): NfsFile {
    const { transport, calls } = this;
    const { writeMax } = this.sizes;
    return new NfsFile({ calls, transport, handle, path, stability, writeMax });
  }

  private async removeBelow(place: Place): Promise<void> {
    const handle = await lookup(this.transport, place).catch(ignore(...ABSENT));
    if (handle === null) return;
    const { isDirectory } = await getattr(this.transport, handle);
    if (isDirectory) {
      for (const name of await readdir(this.transport, handle)) {
        await this.removeBelow({ directory: handle, name });
      }
    }
    const procedure = isDirectory ? 'RMDIR' : 'REMOVE';
    await remove(this.transport, procedure, place).catch(ignore(...ABSENT));
  }
}

/** In pieces that the server takes, all at once; ends at the first that is short. */
async function readPieces(
  transport: NfsTransport,
  handle: Handle,
  offset: number,
  into: Uint8Array,
  readMax: number,
): Promise<number> {
  const pieces: Promise<{ count: number }>[] = [];
  for (let at = 0; at < into.length; at += readMax) {
    pieces.push(read(transport, handle, offset + at, into.subarray(at, at + readMax)));
  }
  const replies = await Promise.all(pieces);
  let got = 0;
  for (const [index, { count }] of replies.entries()) {
    got += count;
    if (count < Math.min(readMax, into.length - index * readMax)) break;
  }
  return got;
}

function refuseParts(path: string, { upload }: WriteManner): void {
  if (upload === 'multipart') throw unsupported('CREATE', path, 'an upload in parts');
}
