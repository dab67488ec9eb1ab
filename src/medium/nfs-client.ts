// The port of media over NFSv3. Nothing is cached but handles of directories, and several requests
// are under way where a call is larger than the server takes at a time.

import { setTimeout as sleep } from 'node:timers/promises';
import { freshHuntNumber } from '../base/rng.ts';
import type {
  FileStatus,
  MediumClient,
  MediumFile,
  PutCondition,
  WriteManner,
} from '../domain/medium.ts';
import { ClientCalls, PUT_PREFIX, unsupported } from './client-calls.ts';
import { NfsError, saidOf } from './nfs-error.ts';
import { NfsFile } from './nfs-file.ts';
import { ignore, type NfsPaths } from './nfs-paths.ts';
import {
  create,
  fsstat,
  getattr,
  link,
  lookup,
  type Place,
  read,
  readdir,
  remove,
  rename,
} from './nfs-procedures.ts';
import type { NfsSpans } from './nfs-session.ts';
import type { Handle, NfsCalls } from './nfs-transport.ts';
import { OperationError } from './operation-error.ts';

const STALE_TRIES = 100;
/** Of these the first come at once, the others after 1 to 7 ms, to fall out of step. */
const STALE_AT_ONCE = 5;
const STALE_PAUSES = 7;
const ABSENT = ['NFS3ERR_NOENT', 'NFS3ERR_NOTDIR'] as const;

export interface NfsSizes {
  /** Bytes that one READ and one WRITE may carry. */
  readonly readMax: number;
  readonly writeMax: number;
}

export class NfsClient implements MediumClient {
  private readonly session: NfsSpans;
  private readonly paths: NfsPaths;
  private readonly sizes: NfsSizes;
  private readonly calls: ClientCalls;

  constructor(session: NfsSpans, paths: NfsPaths, sizes: NfsSizes, limitMs: number) {
    this.session = session;
    this.paths = paths;
    this.sizes = sizes;
    this.calls = new ClientCalls({ limitMs });
  }

  makeDirectory(path: string): Promise<void> {
    return this.run('MKDIR', path, (calls) => this.paths.make(calls, path));
  }

  removeTree(path: string): Promise<void> {
    return this.run('REMOVE', path, async (calls) => {
      const place = await this.paths.place(calls, path).catch(ignore(...ABSENT));
      if (place) await removeBelow(calls, place);
      this.paths.forget();
    });
  }

  names(path: string): Promise<readonly string[]> {
    return this.run('READDIR', path, async (calls) => {
      const handle = await this.paths.handle(calls, path).catch(ignore(...ABSENT));
      const names = handle ? await readdir(calls, handle) : [];
      return names.filter((name) => !name.startsWith(PUT_PREFIX)).toSorted();
    });
  }

  create(path: string, manner: WriteManner): Promise<MediumFile> {
    return this.run('CREATE', path, async (calls) => {
      refuseParts(path, manner);
      const handle = await create(calls, await this.paths.place(calls, path), false, manner.mode);
      return this.fileOn(handle, path, manner);
    });
  }

  open(path: string, manner: WriteManner): Promise<MediumFile> {
    return this.run('LOOKUP', path, async (calls) => {
      refuseParts(path, manner);
      return this.fileOn(await this.paths.handle(calls, path), path, manner);
    });
  }

  put(path: string, bytes: Uint8Array, condition?: PutCondition): Promise<null> {
    return this.run('RENAME', path, async (calls) => {
      if (condition) throw unsupported('put', path, `a put when ${condition.when}`);
      const content = bytes.slice();
      const place = await this.paths.place(calls, path);
      const temporary = { ...place, name: PUT_PREFIX + freshHuntNumber() };
      try {
        const handle = await create(calls, temporary, true);
        const manner = { stability: 'any', upload: 'any', totalBytes: content.length } as const;
        const file = this.fileOn(handle, path, manner);
        await file.write(0, content);
        await file.close();
        await rename(calls, temporary, place);
      } catch (error) {
        await remove(calls, 'REMOVE', temporary).catch(() => undefined);
        throw error;
      }
      return null;
    });
  }

  read(path: string, offset: number, into: Uint8Array): Promise<number> {
    const act = async (calls: NfsCalls) => {
      const handle = await this.paths.handle(calls, path);
      return readPieces(calls, handle, offset, into, this.sizes.readMax);
    };
    return this.run('READ', path, act, offset);
  }

  async length(path: string): Promise<number | null> {
    return (await this.status(path))?.bytes ?? null;
  }

  status(path: string): Promise<FileStatus | null> {
    return this.run('GETATTR', path, async (calls) => {
      const handle = await this.paths.handle(calls, path).catch(ignore(...ABSENT));
      if (handle === null) return null;
      const { isDirectory, size: bytes, ...rest } = await getattr(calls, handle);
      return isDirectory ? null : { bytes, ...rest };
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.run('RENAME', from, async (calls) => {
      const source = await this.paths.place(calls, from);
      await rename(calls, source, await this.paths.place(calls, to));
      this.paths.forget();
    });
  }

  renameNew(from: string, to: string): Promise<void> {
    return this.run('LINK', from, async (calls) => {
      const source = await this.paths.place(calls, from);
      await link(calls, await lookup(calls, source), await this.paths.place(calls, to));
      await remove(calls, 'REMOVE', source);
    }).catch(namedExisting);
  }

  async freeBytes(): Promise<number> {
    return this.run('FSSTAT', '/', async (calls) => fsstat(calls, await this.paths.root(calls)));
  }

  async close(): Promise<void> {
    if (this.calls.close()) this.session.close();
  }

  private run<Result>(
    procedure: string,
    path: string,
    act: (calls: NfsCalls) => Promise<Result>,
    offset?: number,
  ): Promise<Result> {
    return this.session.during(
      (calls) => this.withFreshHandles(() => act(calls)).catch(saidOf(path, offset)),
      (limited) => this.calls.run(procedure, path, limited, offset),
    );
  }

  /**
   * A stale handle is looked up anew. It says nothing of the name, which may only have been given
   * to another file between LOOKUP and READ, and again, by a client that replaces it all the time.
   */
  private async withFreshHandles<Result>(act: () => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries++) {
      try {
        return await act();
      } catch (error) {
        const isStale = error instanceof NfsError && error.code === 'NFS3ERR_STALE';
        if (!isStale || tries === STALE_TRIES) throw error;
        this.paths.forget();
        if (tries > STALE_AT_ONCE) await sleep(1 + (tries % STALE_PAUSES));
      }
    }
  }

  private fileOn(handle: Handle, path: string, { stability }: WriteManner): NfsFile {
    const { session, calls } = this;
    const { writeMax } = this.sizes;
    return new NfsFile({ calls, session, handle, path, stability, writeMax });
  }
}

/** The one error of `renameNew` that the port has a name for. */
function namedExisting(error: unknown): never {
  if (!(error instanceof OperationError) || error.errno !== 'NFS3ERR_EXIST') throw error;
  throw new OperationError(error.operation, error.path, 'EEXIST', error.message);
}

async function removeBelow(calls: NfsCalls, place: Place): Promise<void> {
  const handle = await lookup(calls, place).catch(ignore(...ABSENT));
  if (handle === null) return;
  const { isDirectory } = await getattr(calls, handle);
  if (isDirectory) {
    for (const name of await readdir(calls, handle)) {
      await removeBelow(calls, { directory: handle, name });
    }
  }
  await remove(calls, isDirectory ? 'RMDIR' : 'REMOVE', place).catch(ignore(...ABSENT));
}

/** In pieces that the server takes, all at once; ends at the first that is short. */
async function readPieces(
  calls: NfsCalls,
  handle: Handle,
  offset: number,
  into: Uint8Array,
  readMax: number,
): Promise<number> {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < into.length; at += readMax) pieces.push(into.subarray(at, at + readMax));
  const counts = await Promise.all(
    pieces.map((piece, index) => readPiece(calls, handle, offset + index * readMax, piece)),
  );
  const short = pieces.findIndex((piece, index) => (counts[index] as number) < piece.length);
  return short < 0 ? into.length : short * readMax + (counts[short] as number);
}

/** A server may return less than was asked before the end: the rest is asked for again. */
async function readPiece(
  calls: NfsCalls,
  handle: Handle,
  offset: number,
  piece: Uint8Array,
): Promise<number> {
  let done = 0;
  while (done < piece.length) {
    const { count, isEnd } = await read(calls, handle, offset + done, piece.subarray(done));
    done += count;
    if (isEnd || count === 0) break;
  }
  return done;
}

function refuseParts(path: string, { upload }: WriteManner): void {
  if (upload === 'multipart') throw unsupported('CREATE', path, 'an upload in parts');
}
