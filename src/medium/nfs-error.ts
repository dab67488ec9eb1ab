// What went wrong below the port, before it is an OperationError of the call it belongs to.

import { OperationError } from './operation-error.ts';

/** A procedure that was answered with an error, or not at all. */
export class NfsError extends Error {
  override name = 'NfsError';
  /** `NFS3ERR_NOENT`, `MNT3ERR_ACCES`, `ECONNRESET`, `ECONNREFUSED`. */
  readonly code: string;
  readonly procedure: string;

  constructor(procedure: string, code: string, message: string) {
    super(message);
    this.procedure = procedure;
    this.code = code;
  }
}

/** For `catch`: names the procedure that failed, which may be another than the call's own. */
export function saidOf(path: string, offset?: number): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof NfsError)) throw error;
    throw new OperationError(error.procedure, path, error.code, error.message, offset);
  };
}
