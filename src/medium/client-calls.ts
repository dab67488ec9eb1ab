// The frame of a client's calls: none after close, none for longer than the limit, and each that
// fails says which call it was. Kept in one place so that no adapter forgets one of the three.

import { assert } from '../base/assert.ts';
import { errnoOf } from '../domain/errors.ts';
import type { ConnectOptions, WriteManner } from '../domain/medium.ts';
import { OperationError } from './operation-error.ts';

export const CALL_LIMIT_MS = 10_000;

/** Of the temporary that a put renames; it is ours and not listed. */
export const PUT_PREFIX = '.heisenwrite-put-';

/** Names the errors of a library: an errno for what it knows, null for what is a bug of ours. */
export type ErrorReader = (error: unknown) => string | null;

export class ClientCalls {
  private isClosed = false;
  /** Calls whose limit is over, and that still go on: the system does not take them back. */
  private readonly late = new Set<Promise<unknown>>();
  private readonly limitMs: number;
  private readonly readError: ErrorReader;

  constructor(options: ConnectOptions = {}, readError: ErrorReader = errnoOf) {
    this.limitMs = options.limitMs ?? CALL_LIMIT_MS;
    this.readError = readError;
  }

  /** True the first time. Calls under way go on, calls from now on are refused. */
  close(): boolean {
    const isFirst = !this.isClosed;
    this.isClosed = true;
    return isFirst;
  }

  /**
   * Resolves when no late call is under way any more. Until then one may still write to the medium,
   * or into memory that it was lent: who asks for it again would be accused of what it does.
   */
  async settled(): Promise<void> {
    while (this.late.size > 0) await Promise.allSettled(this.late);
  }

  /** @throws OperationError also `ENOTCONN` after close, `ETIMEDOUT` when the limit is over */
  async run<Result>(
    operation: string,
    path: string,
    act: () => Promise<Result>,
    offset?: number,
  ): Promise<Result> {
    if (this.isClosed) {
      throw new OperationError(operation, path, 'ENOTCONN', 'the connection is closed', offset);
    }
    assert(isAbsolute(path), `"${path}" is an absolute path without . and ..`);
    let timer: NodeJS.Timeout | undefined;
    const acting = (async () => act())();
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.late.add(acting);
        const ended = () => void this.late.delete(acting);
        acting.then(ended, ended);
        const words = `no answer to ${operation} in ${this.limitMs} ms`;
        reject(new OperationError(operation, path, 'ETIMEDOUT', words, offset));
      }, this.limitMs);
    });
    try {
      return await Promise.race([acting, limit]);
    } catch (error) {
      if (error instanceof OperationError) throw error;
      const errno = this.readError(error);
      if (errno === null) throw error;
      throw new OperationError(operation, path, errno, (error as Error).message, offset);
    } finally {
      clearTimeout(timer);
    }
  }
}

function isAbsolute(path: string): boolean {
  return path.startsWith('/') && !/\/\.\.?(\/|$)|\0/.test(path);
}

/** For what a medium cannot do. */
export function unsupported(operation: string, path: string, what: string): OperationError {
  return new OperationError(operation, path, 'UNSUPPORTED', `${what} is not possible here`);
}

/**
 * Where a medium leaves no choice. `single` passes: without parts there is nothing else.
 * @throws OperationError `UNSUPPORTED`
 */
export function refuseManners(path: string, { stability, upload }: WriteManner): void {
  if (stability !== 'any') throw unsupported('create', path, `stability ${stability}`);
  if (upload === 'multipart') throw unsupported('create', path, 'an upload in parts');
}
