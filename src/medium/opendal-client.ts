// The calls of the port on an OpenDAL operator. Its paths have no leading `/`, a directory's ends
// with one, and its errors are read by their text, since the binding gives them no code.

import type { Operator } from 'opendal';
import type {
  FileStatus,
  MediumClient,
  MediumFile,
  PutCondition,
  WriteManner,
} from '../domain/medium.ts';
import { type ClientCalls, refuseManners, unsupported } from './client-calls.ts';
import { GatheredContent } from './gathered-content.ts';
import { OperationError } from './operation-error.ts';

/** Reads of an object that becomes shorter between the look at its length and the read. */
const READS = 5;

export interface OpendalSetting {
  readonly operator: Operator;
  readonly calls: ClientCalls;
  readonly isAtomic: boolean;
  /** Without secrets. */
  readonly redact: (text: string) => string;
}

export class OpendalClient implements MediumClient {
  private readonly operator: Operator;
  private readonly setting: OpendalSetting;

  constructor(setting: OpendalSetting) {
    this.operator = setting.operator;
    this.setting = setting;
  }

  makeDirectory(path: string): Promise<void> {
    return this.run('mkdir', path, async () => {
      if (this.operator.capability().createDir) await this.operator.createDir(directoryOf(path));
    });
  }

  removeTree(path: string): Promise<void> {
    return this.run('remove', path, async () => {
      // A service may have an object and names below it at the same time.
      const found = path === '/' ? null : await unlessAbsent(this.operator.stat(objectOf(path)));
      if (found?.isFile()) await this.operator.delete(objectOf(path));
      await unlessAbsent(this.operator.removeAll(directoryOf(path)));
    });
  }

  names(path: string): Promise<readonly string[]> {
    return this.run('list', path, async () => {
      const directory = directoryOf(path);
      const below = directory === '/' ? '' : directory;
      const entries = (await unlessAbsent(this.operator.list(directory))) ?? [];
      return entries
        .map((entry) => entry.path())
        .filter((found) => found !== directory && found.startsWith(below))
        .map((found) => found.slice(below.length).replace(/\/$/, ''))
        .toSorted();
    });
  }

  create(path: string, manner: WriteManner): Promise<MediumFile> {
    return this.run('create', path, async () => {
      refuseManners(path, manner);
      return this.fileAt(path, new GatheredContent(path, manner.totalBytes));
    });
  }

  open(path: string): Promise<never> {
    return this.run('open', path, async () => {
      throw unsupported('open', path, 'writing into an object');
    });
  }

  put(path: string, bytes: Uint8Array, condition?: PutCondition): Promise<string | null> {
    return this.run('put', path, async () => {
      if (!this.setting.isAtomic) throw unsupported('put', path, 'replacing in one operation');
      if (condition) throw unsupported('put', path, `a put when ${condition.when}`);
      const written = await this.operator.write(objectOf(path), bufferOf(bytes));
      return written.version ?? written.etag;
    });
  }

  read(path: string, offset: number, into: Uint8Array): Promise<number> {
    const act = async () => {
      for (let reads = 1; ; reads++) {
        const length = Number((await this.operator.stat(objectOf(path))).contentLength ?? 0);
        const size = Math.min(into.length, Math.max(0, length - offset));
        if (size === 0) return 0;
        try {
          const range = { offset: BigInt(offset), size: BigInt(size) };
          const bytes = await this.operator.read(objectOf(path), range);
          into.set(bytes);
          return bytes.length;
        } catch (error) {
          if (reads === READS || kindOf(error) !== 'Unexpected') throw error;
        }
      }
    };
    return this.run('read', path, act, offset);
  }

  async length(path: string): Promise<number | null> {
    return (await this.status(path))?.bytes ?? null;
  }

  status(path: string): Promise<FileStatus | null> {
    return this.run('stat', path, async () => {
      const found = await unlessAbsent(this.operator.stat(objectOf(path)));
      if (!found?.isFile()) return null;
      const modifiedMs = Date.parse(found.lastModified ?? '');
      return {
        bytes: Number(found.contentLength ?? 0),
        modifiedMs: Number.isNaN(modifiedMs) ? null : modifiedMs,
        allocatedBytes: null,
        permissions: null,
      };
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.run('rename', from, () => {
      if (!this.operator.capability().rename) throw unsupported('rename', from, 'rename');
      return this.operator.rename(objectOf(from), objectOf(to));
    });
  }

  async close(): Promise<void> {
    if (this.setting.calls.close()) await this.setting.calls.settled();
  }

  private fileAt(path: string, content: GatheredContent): MediumFile {
    const unlessClosed = (operation: string, act: () => void | Promise<void>, offset?: number) =>
      this.run(operation, path, async () => act(), offset);
    return {
      write: (at, bytes) => unlessClosed('write', () => content.add(at, bytes), at),
      truncate: () =>
        unlessClosed('truncate', () => {
          throw unsupported('truncate', path, 'cutting an object');
        }),
      sync: () => unlessClosed('sync', () => content.refuseClosed('sync')),
      close: () =>
        unlessClosed('close', async () => {
          await this.operator.write(objectOf(path), bufferOf(content.close()));
        }),
    };
  }

  /** Names the errors of OpenDAL, and takes secrets out of what they say. */
  private run<Result>(
    operation: string,
    path: string,
    act: () => Promise<Result>,
    offset?: number,
  ): Promise<Result> {
    const named = async () => {
      try {
        return await act();
      } catch (error) {
        const kind = kindOf(error);
        if (kind === null || error instanceof OperationError) throw error;
        const words = this.setting.redact((error as Error).message);
        throw new OperationError(operation, path, kind, words, offset);
      }
    };
    return this.setting.calls.run(operation, path, named, offset);
  }
}

/** OpenDAL's errors begin `NotFound (permanent) at stat, context: ...`; null for other errors. */
export function kindOf(error: unknown): string | null {
  const words = error instanceof Error ? error.message : '';
  const kind = /^(\w+) \((permanent|temporary|persistent)\)/.exec(words)?.[1] ?? null;
  const isRefused = kind === 'Unexpected' && /\bstatus: 40[13]\b/.test(words);
  return isRefused ? 'PermissionDenied' : kind;
}

/** @throws OperationError `EINVAL` where OpenDAL would take another path than this one */
function objectOf(path: string): string {
  const object = path.slice(1);
  if (object.trim() === object) return object;
  const words = `OpenDAL drops the spaces at the ends of "${path}"`;
  throw new OperationError('name', path, 'EINVAL', words);
}

function directoryOf(path: string): string {
  return path === '/' ? '/' : `${objectOf(path).replace(/\/$/, '')}/`;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function unlessAbsent<Result>(call: Promise<Result>): Promise<Result | null> {
  try {
    return await call;
  } catch (error) {
    const kind = kindOf(error);
    if (kind === 'NotFound' || kind === 'NotADirectory') return null;
    throw error;
  }
}
