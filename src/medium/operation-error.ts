// A call on a medium that failed. It names the call, since "EACCES" alone does not say whether open
// or write refused, and that difference has decided cases.

import { monotonicNs } from '../base/clock.ts';
import type { OperationFailure } from '../domain/observation.ts';

/** A call that returned an error, or that moved fewer bytes than asked. */
export class OperationError extends Error {
  override name = 'OperationError';
  readonly operation: string;
  readonly path: string;
  readonly errno: string;
  readonly offset: number | undefined;

  /** @param errno as errno(3) names it, or the protocol's own: `NFS3ERR_STALE`, `NoSuchKey` */
  constructor(operation: string, path: string, errno: string, message: string, offset?: number) {
    super(message);
    this.operation = operation;
    this.path = path;
    this.errno = errno;
    this.offset = offset;
  }
}

/**
 * The medium could not be reached at all, so nothing was tried: the environment broke, and a trial
 * that meets this before its first operation is unknown.
 */
export class UnreachableError extends Error {
  override name = 'UnreachableError';
}

/** As the evidence keeps it. `file` is the path relative to the trial's directory. */
export function operationFailure(error: unknown, actor: string, file: string): OperationFailure {
  if (!(error instanceof OperationError)) throw error;
  return {
    actor,
    operation: error.operation,
    file,
    errno: error.errno,
    message: error.message,
    ...(error.offset === undefined ? {} : { offset: error.offset }),
    atNs: String(monotonicNs()),
  };
}

/** What media call a name that holds nothing. A stale handle says nothing about the name. */
const ABSENT: ReadonlySet<string> = new Set([
  'ENOENT',
  'NFS3ERR_NOENT',
  'SSH_FX_NO_SUCH_FILE',
  'NoSuchKey',
  'NotFound',
]);

export function isAbsent(error: unknown): boolean {
  return error instanceof OperationError && ABSENT.has(error.errno);
}
