// A plain directory behind the port of media: asynchronous calls of node:fs, for the workloads that
// speak that port alone. It has no conditional put: link(2) makes a name if it is absent, but no
// call of a file system replaces a name only if its content is still that of a version, and a look
// before a rename would lose an update in between and let a hunt accuse the file system of it.

import type { Stats } from 'node:fs';
import {
  access,
  constants,
  type FileHandle,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  statfs,
} from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freshHuntNumber } from '../base/rng.ts';
import { errnoOf, HeisenwriteError } from '../domain/errors.ts';
import {
  type ConnectOptions,
  DIRECTORY_CAPABILITIES,
  type FileStatus,
  type MediumAdapter,
  type MediumClient,
  type MediumConnection,
  type MediumFile,
  type PutCondition,
  type WriteManner,
} from '../domain/medium.ts';
import { ClientCalls, PUT_PREFIX, refuseManners, unsupported } from './client-calls.ts';
import { OperationError } from './operation-error.ts';
import { renameNew } from './rename-new.ts';

const EXAMPLE = 'file:///mnt/x';

export const fileAdapter: MediumAdapter = {
  scheme: 'file',
  about: 'a directory, by the calls of its file system',
  example: EXAMPLE,
  async connect(url: string, options?: ConnectOptions): Promise<MediumConnection> {
    const root = rootOf(url);
    await checkRoot(root);
    return {
      client: new FileClient(root, new ClientCalls(options)),
      capabilities: DIRECTORY_CAPABILITIES,
      facts: { protocol: 'file system calls', directory: root },
      async freeBytes() {
        const { bavail, bsize } = await statfs(root);
        return bavail * bsize;
      },
    };
  },
};

/** @throws HeisenwriteError `invalid-place` */
function rootOf(url: string): string {
  try {
    const { username, password, search, hash } = new URL(url);
    if (username || password) throw new Error('a directory has no user');
    if (search || hash) throw new Error('a ? or # of a name is written as %3F or %23');
    return fileURLToPath(url);
  } catch (error) {
    const because = (error as Error).message;
    throw new HeisenwriteError('invalid-place', `${url}: ${because}; write it as ${EXAMPLE}`);
  }
}

/** @throws HeisenwriteError `no-such-place`, `place-not-writable` */
async function checkRoot(root: string): Promise<void> {
  const found = await statOrNull(root);
  if (!found?.isDirectory()) {
    throw new HeisenwriteError('no-such-place', `there is no directory ${root}`);
  }
  await access(root, constants.W_OK | constants.X_OK).catch((error: unknown) => {
    throw new HeisenwriteError('place-not-writable', (error as Error).message, { cause: error });
  });
}

class FileClient implements MediumClient {
  private readonly root: string;
  private readonly calls: ClientCalls;
  private readonly handles = new Set<FileHandle>();

  constructor(root: string, calls: ClientCalls) {
    this.root = root;
    this.calls = calls;
  }

  async makeDirectory(path: string): Promise<void> {
    await this.calls.run('mkdir', path, () => mkdir(this.at(path), { recursive: true }));
  }

  async removeTree(path: string): Promise<void> {
    await this.calls.run('remove', path, () =>
      rm(this.at(path), { recursive: true, force: true }).catch(ignoreAbsence),
    );
  }

  names(path: string): Promise<readonly string[]> {
    return this.calls.run('readdir', path, async () => {
      const names = (await readdir(this.at(path)).catch(ignoreAbsence)) ?? [];
      return names.filter((name) => !name.startsWith(PUT_PREFIX)).toSorted();
    });
  }

  create(path: string, manner: WriteManner): Promise<MediumFile> {
    return this.opened(path, manner, constants.O_CREAT | constants.O_TRUNC);
  }

  open(path: string, manner: WriteManner): Promise<MediumFile> {
    return this.opened(path, manner, 0);
  }

  put(path: string, bytes: Uint8Array, condition?: PutCondition): Promise<null> {
    return this.calls.run('put', path, async () => {
      if (condition) throw unsupported('put', path, `a put when ${condition.when}`);
      const temporary = join(this.at(path), '..', PUT_PREFIX + freshHuntNumber());
      try {
        const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
        const handle = await open(temporary, flags, 0o600);
        try {
          await writeAll(handle, path, 0, bytes);
        } finally {
          await handle.close();
        }
        await rename(temporary, this.at(path));
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw error;
      }
      return null;
    });
  }

  read(path: string, offset: number, into: Uint8Array): Promise<number> {
    const act = async () => {
      const handle = await open(this.at(path), constants.O_RDONLY | constants.O_NOFOLLOW);
      try {
        return (await handle.read(into, 0, into.length, offset)).bytesRead;
      } finally {
        await handle.close();
      }
    };
    return this.calls.run('read', path, act, offset);
  }

  async length(path: string): Promise<number | null> {
    return (await this.status(path))?.bytes ?? null;
  }

  status(path: string): Promise<FileStatus | null> {
    return this.calls.run('stat', path, async () => {
      const found = await statOrNull(this.at(path));
      if (!found?.isFile()) return null;
      // stat(2): blocks are counted in 512 bytes, whatever the block size.
      const { size: bytes, mtimeMs: modifiedMs, blocks, mode } = found;
      return { bytes, modifiedMs, allocatedBytes: 512 * blocks, permissions: mode & 0o777 };
    });
  }

  async rename(from: string, to: string): Promise<void> {
    await this.calls.run('rename', from, () => rename(this.at(from), this.at(to)));
  }

  async renameNew(from: string, to: string): Promise<void> {
    await this.calls.run('link', from, () => renameNew(this.at(from), this.at(to)));
  }

  syncDirectory(path: string): Promise<void> {
    return this.calls.run('fsync', path, async () => {
      const handle = await open(this.at(path), constants.O_RDONLY | constants.O_DIRECTORY);
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    });
  }

  async close(): Promise<void> {
    if (!this.calls.close()) return;
    await this.calls.settled();
    await Promise.allSettled([...this.handles].map((handle) => handle.close()));
  }

  private opened(path: string, manner: WriteManner, flags: number): Promise<MediumFile> {
    return this.calls.run('open', path, async () => {
      refuseManners(path, manner);
      const always = constants.O_RDWR | constants.O_NOFOLLOW;
      const handle = await open(this.at(path), always | flags, manner.mode ?? 0o600);
      this.handles.add(handle);
      return this.fileOn(handle, path);
    });
  }

  private fileOn(handle: FileHandle, path: string): MediumFile {
    const { calls, handles } = this;
    return {
      write: (at, bytes) => calls.run('write', path, () => writeAll(handle, path, at, bytes), at),
      truncate: (bytes) => calls.run('ftruncate', path, () => handle.truncate(bytes)),
      sync: () => calls.run('fsync', path, () => handle.sync()),
      close: () =>
        calls.run('close', path, async () => {
          if (!handles.delete(handle)) throw new OperationError('close', path, 'EBADF', 'closed');
          await handle.close();
        }),
    };
  }

  private at(path: string): string {
    return join(this.root, path);
  }
}

async function writeAll(
  handle: FileHandle,
  path: string,
  offset: number,
  bytes: Uint8Array,
): Promise<void> {
  const { bytesWritten } = await handle.write(bytes, 0, bytes.length, offset);
  if (bytesWritten === bytes.length) return;
  const words = `write returned ${bytesWritten} of ${bytes.length} bytes`;
  throw new OperationError('write', path, 'SHORT', words, offset);
}

function statOrNull(path: string): Promise<Stats | null> {
  return stat(path)
    .catch(ignoreAbsence)
    .then((found) => found ?? null);
}

function ignoreAbsence(error: unknown): undefined {
  const errno = errnoOf(error);
  if (errno !== 'ENOENT' && errno !== 'ENOTDIR') throw error;
}
